"""A conversation within the terminal's process: its state, and the jobs that its turns start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import log_failure
from bot.terminal.files import append_file_text
from bot.turns.job_runner import perform_safely
from bot.turns.notices import render_notice
from dialogs.conversation import Conversation
from dialogs.model.job import RETRY_AFTER_KEY, Job, JobDone
from dialogs.model.reply import Paragraph, Reply, parse_markup
from dialogs.model.turn import Turn
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)


class TerminalSession:
    """A conversation that keeps its state in memory and performs its own jobs.

    A turn waits for the jobs it starts. Only a job that asks to be repeated later continues between the turns; its
    replies arrive in `background_replies`, one item per report.
    """

    def __init__(self, conversation: Conversation, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Create a session without any state."""
        self.background_replies: asyncio.Queue[Sequence[Reply]] = asyncio.Queue()
        self._conversation, self._sleep = conversation, sleep
        self._state: Mapping[str, Any] | None = None
        self._lock = asyncio.Lock()
        self._background_tasks: dict[asyncio.Task[None], object] = {}

    async def answer_turn(self, turn: Turn) -> Sequence[Reply]:
        """Answer `turn` and the reports of the jobs it starts, and return all replies."""
        async with self._lock:
            replies: list[Reply] = []
            pending_turns = [turn]
            while pending_turns:
                result = await self._conversation.answer_turn(pending_turns.pop(0), self._state)
                self._state = result.state
                for reply in result.replies:
                    self._cancel_tasks(reply)
                    replies.append(self._append_offered_file(reply))
                language = result.replies[-1].language if result.replies else "en"
                for job in result.jobs:
                    job_result = await self._perform_job(turn, job, language)
                    if RETRY_AFTER_KEY in job_result:
                        self._start_background_task(turn, job, job_result, language)
                    else:
                        pending_turns.append(_build_report_turn(turn, job, job_result))
            return replies

    def end(self) -> None:
        """Cancel the jobs in the background, because the person has left."""
        for task in self._background_tasks:
            task.cancel()

    def _append_offered_file(self, reply: Reply) -> Reply:
        if reply.file is None:
            return reply
        return append_file_text(reply, self._conversation.read_offered_file(self._state, reply.file.args))

    def _start_background_task(self, turn: Turn, job: Job, result: Mapping[str, Any], language: Language) -> None:
        task = asyncio.create_task(self._continue_job(turn, job, result, language))
        self._background_tasks[task] = job.args.get("id")
        task.add_done_callback(lambda ended: self._background_tasks.pop(ended, None))

    async def _continue_job(self, turn: Turn, job: Job, result: Mapping[str, Any], language: Language) -> None:
        while RETRY_AFTER_KEY in result:
            await self._sleep(float(result[RETRY_AFTER_KEY]))
            job = replace(job, args=result.get("args", job.args))
            result = await self._perform_job(turn, job, language)
        try:
            replies = await self.answer_turn(_build_report_turn(turn, job, result))
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: without a net the person would never hear
            reference = log_failure(_log, error)
            text = render_notice("failed", language, reference)
            replies = [Reply((Paragraph(parse_markup(text), "warning"),), language=language)]
        self.background_replies.put_nowait(replies)

    def _perform_job(self, turn: Turn, job: Job, language: Language) -> Awaitable[Mapping[str, Any]]:
        return perform_safely(self._conversation, turn.person, job, language, lambda done, total: None)

    def _cancel_tasks(self, reply: Reply) -> None:
        for task, job_id in self._background_tasks.items():
            if reply.forgets or job_id in reply.stops:
                task.cancel()


def _build_report_turn(turn: Turn, job: Job, result: Mapping[str, Any]) -> Turn:
    return replace(turn, text="", action=None, has_joined=False, job_done=JobDone(job, result))
