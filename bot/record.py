"""One conversation's document in the store, as the turn that holds its lane sees it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from bot.envelope import Envelope, Message, read_envelope
from bot.errors import StateConflict
from bot.store import StateStore

TRIES = 12
"""How often a change is made again when somebody else changes the document meanwhile: another instance that sends its
replies changes it with each of them.
"""


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
        self.envelope = read_envelope(stored.value) if stored else Envelope()
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
