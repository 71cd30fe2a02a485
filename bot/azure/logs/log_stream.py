"""A whole build log, fetched from Storage part by part, for the thread that diagnoses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.azure.arm.read_only_policy import Deadline
from bot.azure.logs.log_blob import LogBlob

CHUNK_BYTES = 4 << 20
CHUNK_SECONDS = 60.0
"""How long one part may take; the whole has no limit but its size."""


class LogChunkReader:
    """The parts of a log in order, for `Pulled`. `progress` gets the bytes fetched and the size."""

    def __init__(self, blob: LogBlob, deadline: Deadline, progress: Callable[[int, int], None]) -> None:
        self._blob = blob
        self._deadline = deadline
        self._progress = progress
        self._position = 0

    async def fetch(self) -> bytes:
        """The next part; b"" at the end. Raises as `LogBlob.read` does."""
        start, end = self._position, min(self._position + CHUNK_BYTES, self._blob.size)
        if start >= end:
            return b""
        self._deadline.renew(CHUNK_SECONDS)
        async with asyncio.timeout(CHUNK_SECONDS):
            part = await self._blob.read(start, end)
        self._position = end
        self._progress(end, self._blob.size)
        return part
