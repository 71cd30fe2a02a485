"""One conversation's document in the store, as the turn that holds its lane sees it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from bot.cards.messages import Message
from bot.errors import StateConflict
from bot.state.store import StateStore, state_key
from bot.turns.conversation_document import Back, Envelope, read_envelope
from bot.turns.pending import Pending

TRIES = 12
"""How often a change is made again when somebody else changes the document meanwhile: another instance that sends its
replies changes it with each of them.
"""

_log = logging.getLogger(__name__)


async def give_way(attempt: int) -> None:
    """Wait a little before a document is changed again that somebody else has just changed; longer each time."""
    await asyncio.sleep(random.uniform(0.0, min(0.005 * 2.0**attempt, 0.25)))  # noqa: S311 - it hides nothing


class Record:
    """A document that was loaded: `envelope` is changed in place, then committed under the ETag that it came with.

    `ready` says that the document's last commit began the send of its first reply. `answer` is what the turn's HTTP
    response is to say, where one waits.
    """

    def __init__(self, store: StateStore, key: str) -> None:
        self.key = key
        self.envelope = Envelope()
        self.ready = False
        self.answer: Message | None = None
        self._store = store
        self._etag: str | None = None

    @property
    def exists(self) -> bool:
        """Whether anything is kept."""
        return self._etag is not None

    async def load(self) -> Record:
        """Read the document anew."""
        stored = await self._store.load(self.key)
        self._etag = stored.etag if stored else None
        self.envelope = self._own(read_envelope(stored.value)) if stored else Envelope()
        self.ready = False
        return self

    async def commit(self) -> None:
        """Keep the envelope as it is now. After a StateConflict only a new `load` is of use."""
        envelope = self.envelope
        self._etag = await self._store.commit(self.key, self._etag, envelope.to_json(), waiting=envelope.waits)

    async def change(self, edit: Callable[[Envelope], None]) -> None:
        """Make a change of a document that is kept, again on the newest one when somebody else changed it."""
        for attempt in range(TRIES):
            edit(self.envelope)
            try:
                return await self.commit()
            except StateConflict:
                if attempt + 1 == TRIES:
                    raise
                await give_way(attempt)
                await self.load()
                if not self.exists:  # forgotten meanwhile
                    return None
        return None

    def _own(self, envelope: Envelope) -> Envelope:
        """The document without what leads elsewhere: an altered one must not show a person what is somebody else's."""
        waiting = len(envelope.outbox) + len(envelope.pending)
        if waiting:
            envelope.outbox = [row for row in envelope.outbox if self._leads_here(row.back)]
            envelope.pending = [one for one in envelope.pending if self._leads_here(one.back) and self._is_of_here(one)]
            if gone := waiting - len(envelope.outbox) - len(envelope.pending):
                _log.error("%d things that a document keeps lead out of its conversation; they are dropped.", gone)
        return envelope

    def _leads_here(self, back: Back) -> bool:
        conversation, person = back.get("conversation"), back.get("person")
        known = isinstance(conversation, str) and isinstance(person, str)
        return known and self.key.partition("|")[2] == state_key(str(conversation), str(person))

    def _is_of_here(self, pending: Pending) -> bool:
        turn = pending.who
        parts = (turn.person.tenant, turn.conversation, turn.person.id)
        return all(isinstance(part, str) for part in parts) and state_key(*parts) == self.key
