"""The sign that an answer is being written, for as long as one is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from bot.errors import DeliveryError
from bot.turns.channel import Channel

TYPING_DELAY_SECONDS = 0.7
"""Seconds without an answer after which a person sees that one is being written; Teams asks for 2 at most."""
TYPING_INTERVAL_SECONDS = 4.0
"""Seconds that a typing indicator lasts in the clients, about."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def show_typing(channel: Channel, delay_seconds: float | None) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Show typing from `after` seconds on (None: never) until the yielded coroutine function is called."""
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

    # most turns are over before: they get by without a task
    timer = asyncio.get_running_loop().call_later(delay_seconds, begin) if delay_seconds is not None else None

    async def stop() -> None:
        """End it; an indicator that is on its way is awaited, so that it does not arrive after the answer."""
        done.set()
        if timer is not None:
            timer.cancel()
        if task is not None and not task.done():
            await asyncio.wait([task], timeout=1)
            task.cancel()

    try:
        yield stop
    finally:
        await stop()
