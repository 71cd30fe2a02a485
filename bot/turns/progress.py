"""How far a work is, shown while it is done: the typing sign, and a line below the message that announced it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cards.cards import with_note
from bot.cards.messages import Message
from bot.errors import BotError, DeliveryFailed
from bot.turns.channel import Channel, Post
from bot.turns.notices import say
from bot.turns.pending import Pending
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signs:
    """Seconds. `every`: between signs; at most two at a time, far below what Teams takes of a conversation (60 in 30 s,
    1800 in an hour). `longest`: between them when Teams refuses some. `quiet`: after so long without a step forward
    there is no typing sign: who watches something for hours is not typing.
    """

    every: float = 5.0
    longest: float = 80.0
    quiet: float = 30.0


class Progress:
    """Shows how far the work of `pending` is, for as long as `show` runs. What cannot be shown is left out."""

    def __init__(self, post: Post, pending: Pending, language: Language, signs: Signs) -> None:
        self.pending = pending
        self._post, self._language, self._signs = post, language, signs
        self._moved = time.monotonic()
        self._percent = self._seen = 0

    def note(self, done: int, total: int) -> None:
        """Take how much is done of how much; from any thread."""
        percent = min(max(100 * done // total, 0), 100) if total > 0 else 0
        if percent > self._percent:
            self._percent, self._moved = percent, time.monotonic()

    async def show(self) -> None:
        """Show it, again and again."""
        wait = self._signs.every
        while True:
            await asyncio.sleep(wait)
            typing, percent = time.monotonic() - self._moved < self._signs.quiet, self._percent
            try:
                if self.pending.shown and percent > self._seen:
                    await self._note(say("so-far", self._language, percent=percent))
                    self._seen = percent
                if typing:
                    await self._reach(lambda channel: channel.typing())
                wait = self._signs.every
            except BotError as error:
                _log.info("How far a work is could not be shown: %s", error)
                asked = error.retry_after if isinstance(error, DeliveryFailed) else None
                wait = min(max(2 * wait, asked or 0.0), self._signs.longest)

    async def end(self) -> None:
        """Say that it is over, where it was said how far it is."""
        if self._seen:
            try:
                await self._note(say("so-far-ended", self._language))
            except BotError as error:
                _log.info("That a work is over could not be shown: %s", error)

    async def _note(self, note: str) -> None:
        message: Message = {**with_note(self.pending.message, note), "replaces": self.pending.shown}

        async def update(channel: Channel) -> None:
            await channel.send(message)

        await self._reach(update)

    async def _reach(self, show: Callable[[Channel], Awaitable[None]]) -> None:
        await self._post.reach(self.pending.back, show)
