"""One lock per conversation: its turns run one after the other, turns of different conversations in parallel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import BotError

MAX_WAITING_TURNS = 50
"""How many turns of a conversation may run or wait at once; no one types that fast."""


class QueueFullError(BotError):
    """Too many turns of one conversation are already waiting."""


@dataclass(slots=True)
class _CountedLock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class ConversationLocks:
    """Locks by key, each kept only while a turn holds or awaits it, so that their number doesn't grow with time."""

    def __init__(self) -> None:
        self._locks: dict[str, _CountedLock] = {}

    def __len__(self) -> int:
        """Return how many conversations have a turn that runs or waits."""
        return len(self._locks)

    def is_busy(self, key: str) -> bool:
        """Return whether a turn of `key` runs or waits."""
        return key in self._locks

    @asynccontextmanager
    async def acquire(self, key: str) -> AsyncIterator[None]:
        """Hold the lock of `key` for the block; waiters get it in order of arrival.

        Raises:
            QueueFullError: Too many are already waiting for it.
        """
        counted_lock = self._locks.setdefault(key, _CountedLock())
        if counted_lock.users >= MAX_WAITING_TURNS:
            raise QueueFullError("Too many turns of this conversation are waiting.")
        counted_lock.users += 1
        try:
            async with counted_lock.lock:
                yield
        finally:
            counted_lock.users -= 1
            # waiters are counted too, so none can get a lock that was removed here
            if counted_lock.users == 0:
                del self._locks[key]
