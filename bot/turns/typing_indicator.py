"""The typing indicator, shown while a person waits for an answer."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from bot.errors import DeliveryError
from bot.turns.channel import Channel

TYPING_DELAY_SECONDS = 0.7
"""Seconds without an answer after which typing is shown; Teams asks for 2 at most."""
TYPING_INTERVAL_SECONDS = 4.0
"""About how many seconds clients show one typing activity."""

_log = logging.getLogger(__name__)


class TypingIndicator:
    """Shows typing after `delay_seconds` (None: never), until the block ends or `stop` is awaited."""

    def __init__(self, channel: Channel, delay_seconds: float | None) -> None:
        self._channel, self._delay_seconds = channel, delay_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> TypingIndicator:
        if self._delay_seconds is not None:
            # most turns end before the delay does: a timer costs them less than a task
            self._timer = asyncio.get_running_loop().call_later(self._delay_seconds, self._begin)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop showing it, before an answer is sent."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None and not self._task.done():
            self._is_over.set()
            # one that's being sent must not arrive after the answer
            await asyncio.wait([self._task], timeout=1)
            self._task.cancel()

    def _begin(self) -> None:
        self._is_over = asyncio.Event()
        self._task = asyncio.create_task(self._show())

    async def _show(self) -> None:
        while not self._is_over.is_set():
            try:
                await self._channel.send_typing()
            except DeliveryError as error:
                _log.info("Typing could not be shown: %s", error)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(TYPING_INTERVAL_SECONDS):
                    await self._is_over.wait()
