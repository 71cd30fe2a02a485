"""How far a work is, shown while it is done: the typing sign, and a line below the message that announced it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cards.cards import append_note
from bot.cards.messages import Message
from bot.errors import BotError, DeliveryError
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.notices import render_notice
from bot.turns.pending import PendingTurn
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProgressIntervals:
    """Seconds. `every`: between signs; at most two at a time, far below what Teams takes of a conversation (60 in 30 s,
    1800 in an hour). `longest`: between them when Teams refuses some. `quiet`: after so long without a step forward
    there is no typing sign: who watches something for hours is not typing.
    """

    update_seconds: float = 5.0
    max_wait_seconds: float = 80.0
    typing_idle_seconds: float = 30.0


class ProgressReporter:
    """Shows how far the work of `pending` is, for as long as `show` runs. What cannot be shown is left out."""

    def __init__(
        self, messenger: ProactiveMessenger, pending: PendingTurn, language: Language, intervals: ProgressIntervals
    ) -> None:
        self.pending = pending
        self._messenger, self._language, self._intervals = messenger, language, intervals
        self._advanced_at = time.monotonic()
        self._percent = self._shown_percent = 0

    def record_progress(self, completed: int, total: int) -> None:
        """Take how much is done of how much; from any thread."""
        percent = min(max(100 * completed // total, 0), 100) if total > 0 else 0
        if percent > self._percent:
            self._percent, self._advanced_at = percent, time.monotonic()

    async def show(self) -> None:
        """Show it, again and again."""
        wait = self._intervals.update_seconds
        while True:
            await asyncio.sleep(wait)
            typing, percent = time.monotonic() - self._advanced_at < self._intervals.typing_idle_seconds, self._percent
            try:
                if self.pending.progress_activity_id and percent > self._shown_percent:
                    await self._update_note(render_notice("so-far", self._language, percent=percent))
                    self._shown_percent = percent
                if typing:
                    await self._resume_conversation(lambda channel: channel.send_typing())
                wait = self._intervals.update_seconds
            except BotError as error:
                _log.info("How far a work is could not be shown: %s", error)
                asked = error.retry_after if isinstance(error, DeliveryError) else None
                wait = min(max(2 * wait, asked or 0.0), self._intervals.max_wait_seconds)

    async def finish(self) -> None:
        """Say that it is over, where it was said how far it is."""
        if self._shown_percent:
            try:
                await self._update_note(render_notice("so-far-ended", self._language))
            except BotError as error:
                _log.info("That a work is over could not be shown: %s", error)

    async def _update_note(self, note: str) -> None:
        message: Message = {
            **append_note(self.pending.progress_message, note),
            "replaces": self.pending.progress_activity_id,
        }

        async def update(channel: Channel) -> None:
            await channel.send(message)

        await self._resume_conversation(update)

    async def _resume_conversation(self, callback: Callable[[Channel], Awaitable[None]]) -> None:
        await self._messenger.resume_conversation(self.pending.conversation_reference, callback)
