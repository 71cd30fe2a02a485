"""What the event loop fetches, for a reader in a thread of its own: by and by, and never more than two parts ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

_OVER = "Nobody waits for this any more."


class Pulled:
    """Parts that `fetch` gives in the event loop, b"" at the end, read in another thread; a part is fetched while the
    reader works on the one before. Make it in the event loop.
    """

    def __init__(self, fetch: Callable[[], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._loop = asyncio.get_running_loop()
        self._part = memoryview(b"")
        self._next: Future[bytes] | None = None
        self._task: asyncio.Task[bytes] | None = None
        self._ended = False
        self.over = False
        """Whether nobody waits any more for what the reader makes of it."""

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them, and less than that only at the end.

        Raises:
            OSError: it is over; and whatever `fetch` raises.
        """
        taken = bytearray()
        while len(taken) < size:
            if self.over:
                raise OSError(_OVER)
            if not self._part and not self._pull():
                break
            found = self._part[: size - len(taken)]
            self._part = self._part[len(found) :]
            taken += found
        return bytes(taken)

    async def end(self) -> None:
        """Let the reader stop at its next read."""
        self.over = True
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _pull(self) -> bool:
        """Have the next part at hand; whether there was one."""
        if self._ended:
            return False
        self._part = memoryview((self._next or self._begin()).result())
        self._ended = not self._part
        self._next = None if self._ended else self._begin()
        return not self._ended

    def _begin(self) -> Future[bytes]:
        part: Future[bytes] = Future()
        self._loop.call_soon_threadsafe(self._launch, part)
        return part

    def _launch(self, part: Future[bytes]) -> None:
        if self.over:
            part.set_exception(OSError(_OVER))
        else:
            self._task = self._loop.create_task(self._one())
            # not in the task itself: one that is cancelled before it begins would leave the reader waiting for ever
            self._task.add_done_callback(lambda task: _settle(part, task))

    async def _one(self) -> bytes:
        return await self._fetch()


def _settle(part: Future[bytes], task: asyncio.Task[bytes]) -> None:
    """Give the reader what came of fetching a part."""
    error = OSError(_OVER) if task.cancelled() else task.exception()
    if error is None:
        part.set_result(task.result())
    else:
        part.set_exception(error)
