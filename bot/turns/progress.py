"""Show a running job's progress: the typing indicator, and a line below the message that announced the job."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.cards.message_json import message_from_json
from bot.cards.messages import append_note
from bot.errors import BotError, DeliveryError
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.notices import render_notice
from bot.turns.pending import PendingTurn
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProgressIntervals:
    """How often progress is shown, in seconds.

    An update is at most two activities. That's far below what Teams accepts in a conversation: 60 in 30 seconds, 1800
    in an hour.

    Attributes:
        update_seconds: Between two updates.
        max_wait_seconds: Between two updates while Teams refuses them.
        typing_idle_seconds: Without progress for this long, the typing indicator stops: a job may wait for hours.
    """

    update_seconds: float = 5.0
    max_wait_seconds: float = 80.0
    typing_idle_seconds: float = 30.0


class ProgressReporter:
    """Shows the progress of the job `pending` while `show` runs. An update that fails is skipped."""

    def __init__(
        self, messenger: ProactiveMessenger, pending: PendingTurn, language: Language, intervals: ProgressIntervals
    ) -> None:
        self.pending = pending
        self._messenger, self._language, self._intervals = messenger, language, intervals
        self._advanced_at = time.monotonic()
        self._percent = self._shown_percent = 0

    def record_progress(self, completed: int, total: int) -> None:
        """Note how much of the job is done. It may be called from any thread."""
        percent = min(max(100 * completed // total, 0), 100) if total > 0 else 0
        if percent > self._percent:  # steps may be reported out of order
            self._percent, self._advanced_at = percent, time.monotonic()

    async def show(self) -> None:
        """Show the progress at intervals, until canceled."""
        wait = self._intervals.update_seconds
        while True:
            await asyncio.sleep(wait)
            is_advancing = time.monotonic() - self._advanced_at < self._intervals.typing_idle_seconds
            percent = self._percent
            try:
                # there's no activity until the announcement is sent; renewing the lease then finds its id
                if self.pending.progress_activity_id and percent > self._shown_percent:
                    await self._update_note(render_notice("so-far", self._language, percent=percent))
                    self._shown_percent = percent
                if is_advancing:
                    await self._resume_conversation(lambda channel: channel.send_typing())
                wait = self._intervals.update_seconds
            except BotError as error:
                _log.info("A job's progress could not be shown: %s", error)
                retry_after = error.retry_after if isinstance(error, DeliveryError) else None
                # progress must not use up what Teams accepts for the replies
                wait = min(max(2 * wait, retry_after or 0.0), self._intervals.max_wait_seconds)

    async def finish(self) -> None:
        """Replace the progress, if any was shown, with a note that the job is finished."""
        if self._shown_percent:
            try:
                await self._update_note(render_notice("so-far-ended", self._language))
            except BotError as error:
                _log.info("A job's end could not be shown: %s", error)

    async def _update_note(self, note: str) -> None:
        announcement = message_from_json(self.pending.progress_message)
        if announcement is None:
            return
        message = replace(append_note(announcement, note), replaced_activity_id=self.pending.progress_activity_id)

        async def update(channel: Channel) -> None:
            await channel.send(message)

        await self._resume_conversation(update)

    async def _resume_conversation(self, callback: Callable[[Channel], Awaitable[None]]) -> None:
        await self._messenger.resume_conversation(self.pending.conversation_reference, callback)
