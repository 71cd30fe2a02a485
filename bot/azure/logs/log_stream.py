"""Fetch a whole build log from Storage in chunks, for the thread that diagnoses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.azure.arm.request_policy import Deadline
from bot.azure.logs.log_blob import LogBlob

CHUNK_BYTES = 4 << 20
CHUNK_SECONDS = 60.0
"""How long one chunk may take."""


class LogChunkReader:
    """Fetches the chunks of a log in order. `progress` is called with the bytes fetched so far and the size."""

    def __init__(self, blob: LogBlob, deadline: Deadline, progress: Callable[[int, int], None]) -> None:
        self._blob = blob
        self._deadline = deadline
        self._progress = progress
        self._position = 0

    async def fetch(self) -> bytes:
        """Fetch the next chunk; return b"" at the end. Raise what `LogBlob.read` raises."""
        start, end = self._position, min(self._position + CHUNK_BYTES, self._blob.size)
        if start >= end:
            return b""
        self._deadline.renew(CHUNK_SECONDS)
        async with asyncio.timeout(CHUNK_SECONDS):
            chunk = await self._blob.read(start, end)
        self._position = end
        self._progress(end, self._blob.size)
        return chunk
