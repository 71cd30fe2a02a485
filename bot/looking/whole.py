"""A whole build log as a stream: pulled from Storage part by part, by the thread that diagnoses it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING

from bot.looking.logblob import LogBlob
from bot.looking.wire import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PART = 4 << 20
PART_SECONDS = 60.0
"""How long one part may take; the whole has no limit but its size."""


class LogStream(io.RawIOBase):
    """A log for a reader in a thread of its own; the next part is fetched while it works on the one before.

    At most two parts are in memory. `progress` is called in the event loop, with the bytes read and the size.
    """

    def __init__(self, blob: LogBlob, deadline: Deadline, progress: Callable[[int, int], None]) -> None:
        super().__init__()
        self._blob = blob
        self._deadline = deadline
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self._at = 0
        self._part = memoryview(b"")
        self._next: Future[bytes] | None = None
        self._ended = False

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as the part at hand goes; 0 at the end. Called in the reader's thread.

        Raises:
            OSError: the look was ended.
            LookRefused, Replaced: as `LogBlob.read`.
        """
        if not self._part:
            following = self._next or self._fetch()
            try:
                self._part = memoryview(following.result())
            except CancelledError:
                raise OSError("The look was ended.") from None
            self._next = self._fetch() if self._part else None
        view = memoryview(buffer)
        count = min(len(view), len(self._part))
        view[:count] = self._part[:count]
        self._part = self._part[count:]
        return count

    def end(self) -> None:
        """Let the reader stop: nobody waits for its result any more."""
        self._ended = True
        if self._next:
            self._next.cancel()

    def _fetch(self) -> Future[bytes]:
        if self._ended:
            raise OSError("The look was ended.")
        return asyncio.run_coroutine_threadsafe(self._read(), self._loop)

    async def _read(self) -> bytes:
        if self._ended:
            raise OSError("The look was ended.")
        start, end = self._at, min(self._at + PART, self._blob.size)
        if start >= end:
            return b""
        self._deadline.renew(PART_SECONDS)
        async with asyncio.timeout(PART_SECONDS):
            part = await self._blob.read(start, end)
        self._at = end
        self._progress(end, self._blob.size)
        return part
