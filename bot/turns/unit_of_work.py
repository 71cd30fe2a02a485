"""One conversation's document in the store, as the turn that holds its lane sees it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from bot.cards.messages import Message
from bot.errors import StateConflictError
from bot.state.store import StateStore, build_state_key
from bot.turns.conversation_document import ConversationDocument, ConversationReference, read_conversation_document
from bot.turns.pending import PendingTurn

MAX_COMMIT_ATTEMPTS = 12
"""How often a change is made again when somebody else changes the document meanwhile: another instance that sends its
replies changes it with each of them.
"""

_log = logging.getLogger(__name__)


async def back_off(attempt: int) -> None:
    """Wait a little before a document is changed again that somebody else has just changed; longer each time."""
    await asyncio.sleep(random.uniform(0.0, min(0.005 * 2.0**attempt, 0.25)))  # noqa: S311 - it hides nothing


class UnitOfWork:
    """A document that was loaded: `envelope` is changed in place, then committed under the ETag that it came with.

    `ready` says that the document's last commit began the send of its first reply. `answer` is what the turn's HTTP
    response is to say, where one waits.
    """

    def __init__(self, store: StateStore, key: str) -> None:
        self.key = key
        self.document = ConversationDocument()
        self.is_sending = False
        self.response_message: Message | None = None
        self._store = store
        self._etag: str | None = None

    @property
    def is_stored(self) -> bool:
        """Whether anything is kept."""
        return self._etag is not None

    async def load(self) -> UnitOfWork:
        """Read the document anew."""
        stored = await self._store.load(self.key)
        self._etag = stored.etag if stored else None
        self.document = (
            self._drop_foreign_items(read_conversation_document(stored.value)) if stored else ConversationDocument()
        )
        self.is_sending = False
        return self

    async def commit(self) -> None:
        """Keep the envelope as it is now. After a StateConflict only a new `load` is of use."""
        envelope = self.document
        self._etag = await self._store.commit(
            self.key, self._etag, envelope.to_json(), waiting=envelope.has_pending_items
        )

    async def change(self, edit: Callable[[ConversationDocument], None]) -> None:
        """Make a change of a document that is kept, again on the newest one when somebody else changed it."""
        for attempt in range(MAX_COMMIT_ATTEMPTS):
            edit(self.document)
            try:
                return await self.commit()
            except StateConflictError:
                if attempt + 1 == MAX_COMMIT_ATTEMPTS:
                    raise
                await back_off(attempt)
                await self.load()
                if not self.is_stored:  # forgotten meanwhile
                    return None
        return None

    def _drop_foreign_items(self, document: ConversationDocument) -> ConversationDocument:
        """The document without what leads elsewhere: an altered one must not show a person what is somebody else's."""
        waiting = len(document.outbox) + len(document.pending_turns)
        if waiting:
            document.outbox = [row for row in document.outbox if self._is_own_reference(row.conversation_reference)]
            document.pending_turns = [
                one
                for one in document.pending_turns
                if self._is_own_reference(one.conversation_reference) and self._is_own_turn(one)
            ]
            if gone := waiting - len(document.outbox) - len(document.pending_turns):
                _log.error("%d things that a document keeps lead out of its conversation; they are dropped.", gone)
        return document

    def _is_own_reference(self, conversation_reference: ConversationReference) -> bool:
        conversation, person = conversation_reference.get("conversation"), conversation_reference.get("person")
        known = isinstance(conversation, str) and isinstance(person, str)
        return known and self.key.partition("|")[2] == build_state_key(str(conversation), str(person))

    def _is_own_turn(self, pending: PendingTurn) -> bool:
        turn = pending.parsed_turn
        parts = (turn.person.tenant, turn.conversation_id, turn.person.id)
        return all(isinstance(part, str) for part in parts) and build_state_key(*parts) == self.key
