"""The typing indicator, shown while a person waits for an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from bot.errors import DeliveryError
from bot.turns.channel import Channel

TYPING_DELAY_SECONDS = 0.7
"""Seconds without an answer after which typing is shown; Teams asks for 2 at most."""
TYPING_INTERVAL_SECONDS = 4.0
"""About how many seconds clients show one typing activity."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def show_typing(channel: Channel, delay_seconds: float | None) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Show typing after `delay_seconds` (None: never), until the block ends or the yielded function is awaited."""
    done = asyncio.Event()
    task: asyncio.Task[None] | None = None

    async def show() -> None:
        while not done.is_set():
            try:
                await channel.send_typing()
            except DeliveryError as error:
                _log.info("Typing could not be shown: %s", error)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(TYPING_INTERVAL_SECONDS):
                    await done.wait()

    def begin() -> None:
        nonlocal task
        task = asyncio.create_task(show())

    # most turns end before the delay does: a timer costs them less than a task
    timer = asyncio.get_running_loop().call_later(delay_seconds, begin) if delay_seconds is not None else None

    async def stop() -> None:
        done.set()
        if timer is not None:
            timer.cancel()
        if task is not None and not task.done():
            # one that's being sent must not arrive after the answer
            await asyncio.wait([task], timeout=1)
            task.cancel()

    try:
        yield stop
    finally:
        await stop()
