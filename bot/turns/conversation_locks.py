"""Turns of one conversation run one after the other; turns of different ones run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MAX_WAITING_TURNS = 50
"""Turns of one conversation that may run or wait at once; nobody types so fast."""


class QueueFullError(Exception):
    """Too many turns of one conversation wait already."""


@dataclass(slots=True)
class _CountedLock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: int = 0


class ConversationLocks:
    """A lock a key, kept only while a turn of that key runs or waits: the map is as large as what is going on."""

    def __init__(self) -> None:
        self._locks: dict[str, _CountedLock] = {}

    def __len__(self) -> int:
        return len(self._locks)

    def is_busy(self, key: str) -> bool:
        """Whether a turn of `key` runs or waits."""
        return key in self._locks

    @asynccontextmanager
    async def acquire(self, key: str) -> AsyncIterator[None]:
        """Wait for the earlier turns of `key`, in order of arrival; raises LaneFull when there are too many."""
        lane = self._locks.setdefault(key, _CountedLock())
        if lane.turns >= MAX_WAITING_TURNS:
            raise QueueFullError
        lane.turns += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.turns -= 1
            if lane.turns == 0:
                del self._locks[key]
