"""What the event loop fetches, for a reader in a thread of its own: by and by, and never more than two parts ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

_ABANDONED = "Nobody waits for this any more."


class PrefetchingReader:
    """Parts that `fetch` gives in the event loop, b"" at the end, read in another thread; a part is fetched while the
    reader works on the one before. Make it in the event loop.
    """

    def __init__(self, fetch: Callable[[], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._loop = asyncio.get_running_loop()
        self._part = memoryview(b"")
        self._next: Future[bytes] | None = None
        self._task: asyncio.Task[bytes] | None = None
        self._has_ended = False
        self.is_abandoned = False
        """Whether nobody waits any more for what the reader makes of it."""

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them, and less than that only at the end.

        Raises:
            OSError: it is over; and whatever `fetch` raises.
        """
        taken = bytearray()
        while len(taken) < size:
            if self.is_abandoned:
                raise OSError(_ABANDONED)
            if not self._part and not self._load_next_part():
                break
            found = self._part[: size - len(taken)]
            self._part = self._part[len(found) :]
            taken += found
        return bytes(taken)

    async def end(self) -> None:
        """Let the reader stop at its next read."""
        self.is_abandoned = True
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _load_next_part(self) -> bool:
        """Have the next part at hand; whether there was one."""
        if self._has_ended:
            return False
        self._part = memoryview((self._next or self._start_fetch()).result())
        self._has_ended = not self._part
        self._next = None if self._has_ended else self._start_fetch()
        return not self._has_ended

    def _start_fetch(self) -> Future[bytes]:
        part: Future[bytes] = Future()
        self._loop.call_soon_threadsafe(self._launch_fetch, part)
        return part

    def _launch_fetch(self, part: Future[bytes]) -> None:
        if self.is_abandoned:
            part.set_exception(OSError(_ABANDONED))
        else:
            self._task = self._loop.create_task(self._fetch_part())
            # not in the task itself: one that is cancelled before it begins would leave the reader waiting for ever
            self._task.add_done_callback(lambda task: _set_result(part, task))

    async def _fetch_part(self) -> bytes:
        return await self._fetch()


def _set_result(part: Future[bytes], task: asyncio.Task[bytes]) -> None:
    """Give the reader what came of fetching a part."""
    error = OSError(_ABANDONED) if task.cancelled() else task.exception()
    if error is None:
        part.set_result(task.result())
    else:
        part.set_exception(error)
