"""A bridge that lets a worker thread read what the event loop downloads, at most two parts ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

_ABANDONED = "The file is no longer needed."


class PrefetchingReader:
    """A byte stream for a worker thread, whose parts the event loop fetches in advance.

    While the thread works on one part, the event loop fetches the next.
    """

    def __init__(self, fetch: Callable[[], Awaitable[bytes]]) -> None:
        """Create a reader in the running event loop. `fetch` returns the next part, b"" at the end."""
        self._fetch = fetch
        self._loop = asyncio.get_running_loop()
        self._part = memoryview(b"")
        self._next: Future[bytes] | None = None
        self._task: asyncio.Task[bytes] | None = None
        self._has_ended = False
        self.is_abandoned = False
        """Whether `end` was called, so that the worker thread should stop."""

    def read(self, size: int) -> bytes:
        """Read `size` bytes, or fewer at the end. Call it in the worker thread.

        Raises:
            OSError: `end` was called. Whatever `fetch` raises is raised here as well.
        """
        content = bytearray()
        while len(content) < size:
            if self.is_abandoned:
                raise OSError(_ABANDONED)
            if not self._part and not self._load_next_part():
                break
            chunk = self._part[: size - len(content)]
            self._part = self._part[len(chunk) :]
            content += chunk
        return bytes(content)

    async def end(self) -> None:
        """Make the next `read` fail, and cancel the fetch that is in progress."""
        self.is_abandoned = True
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _load_next_part(self) -> bool:
        """Wait for the next part, start to fetch the one after it, and return whether there was one."""
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
            # A callback, because a task that is canceled before it starts never runs its own code; the worker thread
            # would then wait forever.
            self._task.add_done_callback(lambda task: _set_result(part, task))

    async def _fetch_part(self) -> bytes:
        return await self._fetch()


def _set_result(part: Future[bytes], task: asyncio.Task[bytes]) -> None:
    """Pass the result of a fetch to the worker thread."""
    error = OSError(_ABANDONED) if task.cancelled() else task.exception()
    if error is None:
        part.set_result(task.result())
    else:
        part.set_exception(error)
