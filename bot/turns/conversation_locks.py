"""One lock per conversation: its turns run one after the other, turns of different conversations in parallel."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from bot.errors import BotError

MAX_WAITING_TURNS = 50
"""How many turns of a conversation may run or wait at once; no one types that fast."""


class QueueFullError(BotError):
    """Too many turns of one conversation are already waiting."""


class _ConversationLock:
    """One conversation's lock, in `locks` as long as a turn holds or awaits it."""

    __slots__ = ("_key", "_lock", "_locks", "_users")

    def __init__(self, key: str, locks: dict[str, _ConversationLock]) -> None:
        self._key, self._locks = key, locks
        self._lock = asyncio.Lock()
        self._users = 0

    async def __aenter__(self) -> None:
        if self._users >= MAX_WAITING_TURNS:
            raise QueueFullError("Too many turns of this conversation are waiting.")
        self._users += 1
        self._locks[self._key] = self
        try:
            await self._lock.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()
        self._leave()

    def _leave(self) -> None:
        self._users -= 1
        # waiters are counted too, so none can get a lock that was removed here
        if self._users == 0:
            del self._locks[self._key]


class ConversationLocks:
    """Locks by key, each kept only while a turn holds or awaits it, so that their number doesn't grow with time."""

    def __init__(self) -> None:
        self._locks: dict[str, _ConversationLock] = {}

    def __len__(self) -> int:
        """Return how many conversations have a turn that runs or waits."""
        return len(self._locks)

    def is_busy(self, key: str) -> bool:
        """Return whether a turn of `key` runs or waits."""
        return key in self._locks

    def acquire(self, key: str) -> AbstractAsyncContextManager[None]:
        """Return a context manager that holds the lock of `key`; waiters get it in order of arrival. Enter it at once.

        Entering raises `QueueFullError` if too many are already waiting for it.
        """
        return self._locks.get(key) or _ConversationLock(key, self._locks)
