"""Turns of one conversation run one after the other; turns of different ones run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST_WAITING = 50
"""Turns of one conversation that may run or wait at once; nobody types so fast."""


class LaneFull(Exception):
    """Too many turns of one conversation wait already."""


@dataclass(slots=True)
class _Lane:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: int = 0


class Lanes:
    """A lock a key, kept only while a turn of that key runs or waits: the map is as large as what is going on."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def busy(self, key: str) -> bool:
        """Whether a turn of `key` runs or waits."""
        return key in self._lanes

    @asynccontextmanager
    async def lane(self, key: str) -> AsyncIterator[None]:
        """Wait for the earlier turns of `key`, in order of arrival; raises LaneFull when there are too many."""
        lane = self._lanes.setdefault(key, _Lane())
        if lane.turns >= MOST_WAITING:
            raise LaneFull
        lane.turns += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.turns -= 1
            if lane.turns == 0:
                del self._lanes[key]
