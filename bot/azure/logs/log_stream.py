"""A whole build log, fetched from Storage part by part, for the thread that diagnoses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.azure.arm.read_only_policy import Deadline
from bot.azure.logs.log_blob import LogBlob

PART = 4 << 20
PART_SECONDS = 60.0
"""How long one part may take; the whole has no limit but its size."""


class LogParts:
    """The parts of a log in order, for `Pulled`. `progress` gets the bytes fetched and the size."""

    def __init__(self, blob: LogBlob, deadline: Deadline, progress: Callable[[int, int], None]) -> None:
        self._blob = blob
        self._deadline = deadline
        self._progress = progress
        self._at = 0

    async def fetch(self) -> bytes:
        """The next part; b"" at the end. Raises as `LogBlob.read` does."""
        start, end = self._at, min(self._at + PART, self._blob.size)
        if start >= end:
            return b""
        self._deadline.renew(PART_SECONDS)
        async with asyncio.timeout(PART_SECONDS):
            part = await self._blob.read(start, end)
        self._at = end
        self._progress(end, self._blob.size)
        return part
