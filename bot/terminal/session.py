"""A conversation with the dialogs in one process: its state, and the works that its turns leave to be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.terminal.files import append_file_text
from dialogs.conversation import Conversation
from dialogs.model.job import RETRY_AFTER_KEY, Job, JobDone
from dialogs.model.reply import Reply
from dialogs.model.turn import Turn
from knowledge.model.entry import Language


class TerminalSession:
    """Answers turns. What takes long is waited for; what is to be looked at now and then goes on between the turns.

    `arrivals` holds what comes of the latter: the replies to show, those of one report together.
    """

    def __init__(self, conversation: Conversation, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.background_replies: asyncio.Queue[Sequence[Reply]] = asyncio.Queue()
        self._conversation, self._sleep = conversation, sleep
        self._state: Mapping[str, Any] | None = None
        self._lock = asyncio.Lock()
        self._background_tasks: dict[asyncio.Task[None], object] = {}

    async def answer_turn(self, turn: Turn) -> Sequence[Reply]:
        """The replies to `turn` and to what it leaves to be done."""
        async with self._lock:
            replies: list[Reply] = []
            turns = [turn]
            while turns:
                now = turns.pop(0)
                given = await self._conversation.answer_turn(now, self._state)
                self._state = given.state
                for reply in given.replies:
                    self._cancel_tasks(reply)
                    replies.append(
                        append_file_text(
                            reply,
                            self._conversation.read_offered_file(self._state, reply.file.args) if reply.file else None,
                        )
                    )
                language = given.replies[-1].language if given.replies else "en"
                for work in given.jobs:
                    result = await self._perform_job(turn, work, language)
                    if RETRY_AFTER_KEY in result:
                        task = asyncio.create_task(self._continue_job(turn, work, result, language))
                        self._background_tasks[task] = work.args.get("id")
                        task.add_done_callback(lambda ended: self._background_tasks.pop(ended, None))
                    else:
                        turns.append(_build_report_turn(turn, work, result))
            return replies

    def end(self) -> None:
        """Ends what goes on between the turns; the person has left."""
        for task in self._background_tasks:
            task.cancel()

    async def _continue_job(self, turn: Turn, job: Job, result: Mapping[str, Any], language: Language) -> None:
        while RETRY_AFTER_KEY in result:
            await self._sleep(float(result[RETRY_AFTER_KEY]))
            job = replace(job, args=result.get("args", job.args))
            result = await self._perform_job(turn, job, language)
        self.background_replies.put_nowait(await self.answer_turn(_build_report_turn(turn, job, result)))

    def _perform_job(self, turn: Turn, job: Job, language: Language) -> Awaitable[Mapping[str, Any]]:
        return self._conversation.perform_job(turn.person, job, language, lambda done, total: None)

    def _cancel_tasks(self, reply: Reply) -> None:
        for task, identifier in self._background_tasks.items():
            if reply.forgets or identifier in reply.stops:
                task.cancel()


def _build_report_turn(turn: Turn, job: Job, result: Mapping[str, Any]) -> Turn:
    return replace(turn, text="", action=None, has_joined=False, job_done=JobDone(job, result))
