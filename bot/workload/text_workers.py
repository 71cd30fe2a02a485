"""Threads for long texts: few, and in order, since they all share one interpreter.

Two kinds of work come here. A text is *run* when it's diagnosed. It's *kept* when it's only redacted and stored, so
that its request can be answered before it's run. Kept work has a separate thread and never waits for work that runs.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from bot.errors import OverloadedError

MAX_RUNNING = max(2, min(4, os.cpu_count() or 2))
"""How many texts are diagnosed at once. More threads would take turns and slow down the event loop."""
BACKLOG_SECONDS = 4.0
"""From this expected wait on, a text is kept right away, and not only once its request has waited."""
FIRST_CHECK_SECONDS = 0.5
"""How long a request waits before that is checked."""
MAX_WAIT_SECONDS = 50.0
"""How long a text may wait; one that would wait longer isn't accepted. A turn is abandoned after 60 seconds."""

_FIRST_ESTIMATE_SECONDS = 0.2
_ESTIMATE_WEIGHT = 0.2

T = TypeVar("T")


class TextWorkers:
    """Runs functions on texts in threads. It belongs to one event loop."""

    def __init__(self, max_running: int = MAX_RUNNING, max_wait_seconds: float = MAX_WAIT_SECONDS) -> None:
        self._max_running, self._max_wait_seconds = max_running, max_wait_seconds
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._keeping = 0
        self._seconds = _FIRST_ESTIMATE_SECONDS
        self._runners = ThreadPoolExecutor(max_running, thread_name_prefix="text")
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="keep")

    @property
    def is_backlogged(self) -> bool:
        """Whether what starts to wait now would wait for long."""
        return self._estimate_wait() > BACKLOG_SECONDS

    async def run(self, function: Callable[[], T]) -> T:
        """Return what `function` returns, after those that waited before it.

        Raises:
            OverloadedError: Too many wait already.
        """
        if self._estimate_wait() > self._max_wait_seconds:
            raise OverloadedError("Too many long texts are waiting to be diagnosed.")
        if self._running >= self._get_max_running():
            await self._wait_for_slot()
        else:
            self._running += 1
        loop, started_at = asyncio.get_running_loop(), time.monotonic()

        def release(_: Future[T]) -> None:
            # in the event loop; if that's closed, nothing waits anymore
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._end_run, time.monotonic() - started_at)

        future = self._runners.submit(function)
        # also if the waiting turn is canceled: the thread goes on
        future.add_done_callback(release)
        return await asyncio.wrap_future(future)

    async def wait_unless_backlogged(self, task: asyncio.Future[Any], timeout_seconds: float) -> float:
        """Wait for `task` until the timeout, and return what is left of that; sooner if many texts wait.

        What the task does is then better kept right away: keeping takes time, too.
        """
        first_wait, started_at = min(FIRST_CHECK_SECONDS, timeout_seconds), time.monotonic()
        await asyncio.wait([task], timeout=first_wait)
        if not task.done() and not self.is_backlogged:
            await asyncio.wait([task], timeout=timeout_seconds - first_wait)
        return max(timeout_seconds - (time.monotonic() - started_at), 0.0)

    async def keep(self, function: Callable[[], T]) -> T:
        """Return what `function` returns; at most one text is run as long as others have to be kept."""
        self._keeping += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._keeper, function)
        finally:
            self._keeping -= 1
            self._start_waiting()

    def _estimate_wait(self) -> float:
        """Return how many seconds a text that comes now would wait."""
        return len(self._waiting) * self._seconds / self._max_running

    def _get_max_running(self) -> int:
        return 1 if self._keeping else self._max_running

    async def _wait_for_slot(self) -> None:
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(slot)
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await slot
        except (asyncio.CancelledError, TimeoutError) as error:
            if slot.cancelled():
                self._waiting.remove(slot)
            else:  # it was given the slot just before
                self._running -= 1
                self._start_waiting()
            if isinstance(error, TimeoutError):
                raise OverloadedError("A long text has waited for too long.") from None
            raise

    def _end_run(self, seconds: float) -> None:
        self._running -= 1
        self._seconds += (seconds - self._seconds) * _ESTIMATE_WEIGHT
        self._start_waiting()

    def _start_waiting(self) -> None:
        while self._waiting and self._running < self._get_max_running():
            slot = self._waiting.popleft()
            if not slot.done():
                self._running += 1
                slot.set_result(None)
