"""A conversation within the terminal's process: its state, and the jobs that its turns start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from bot.errors import log_failure
from bot.terminal.files import append_file_text
from bot.turns.job_runner import perform_safely
from bot.turns.notices import render_notice
from dialogs.conversation import Conversation, ConversationResult
from dialogs.model.effects import AskFeedback, CancelJobs, Forget, HandOff, OfferFile, RequestSignIn, StartJob
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
                shown, jobs = self._apply_effects(result)
                replies += shown
                language = shown[-1].language if shown else "en"
                for job in jobs:
                    job_result = await self._perform_job(turn, job, language)
                    if RETRY_AFTER_KEY in job_result:
                        self._start_background_task(turn, job, job_result, language)
                    else:
                        pending_turns.append(replace(turn, event=JobDone(job, job_result)))
            return replies

    def end(self) -> None:
        """Cancel the jobs in the background: the person has left, or asked to forget them."""
        for task in self._background_tasks:
            task.cancel()

    def _apply_effects(self, result: ConversationResult) -> tuple[list[Reply], list[Job]]:
        """Apply the effects of `result`, and return its replies with their files, and the jobs to perform."""
        replies, jobs = list(result.replies), list[Job]()
        for effect in result.effects:
            match effect:
                case StartJob(job):
                    jobs.append(job)
                case CancelJobs(job_ids):
                    self._cancel_tasks(job_ids)
                case Forget():
                    self.end()
                case OfferFile(args=args, reply_index=index):
                    if (content := self._conversation.read_offered_file(self._state, args)) is not None:
                        replies[index] = append_file_text(replies[index], effect, content)
                case HandOff() | RequestSignIn() | AskFeedback():
                    pass  # the terminal is the person's own: there's no thread to leave, and no one to sign in
                case _:
                    assert_never(effect)
        return replies, jobs

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
            replies = await self.answer_turn(replace(turn, event=JobDone(job, result)))
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: without a net the person would never hear
            reference = log_failure(_log, error)
            text = render_notice("failed", language, reference)
            replies = [Reply((Paragraph(parse_markup(text), "warning"),), language=language)]
        self.background_replies.put_nowait(replies)

    def _perform_job(self, turn: Turn, job: Job, language: Language) -> Awaitable[Mapping[str, Any]]:
        return perform_safely(self._conversation, turn.person, job, language, lambda done, total: None)

    def _cancel_tasks(self, job_ids: Collection[str]) -> None:
        for task, job_id in self._background_tasks.items():
            if job_id in job_ids:
                task.cancel()
