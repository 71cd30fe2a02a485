"""A conversation with the dialogs in one process: its state, and the works that its turns leave to be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.terminal.files import with_text
from dialogs.conversation import Medic
from dialogs.model.job import AGAIN, Done, Work
from dialogs.model.reply import Reply
from dialogs.model.turn import Turn
from knowledge.model.entry import Language


class Talk:
    """Answers turns. What takes long is waited for; what is to be looked at now and then goes on between the turns.

    `arrivals` holds what comes of the latter: the replies to show, those of one report together.
    """

    def __init__(self, medic: Medic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.arrivals: asyncio.Queue[Sequence[Reply]] = asyncio.Queue()
        self._medic, self._sleep = medic, sleep
        self._state: Mapping[str, Any] | None = None
        self._lock = asyncio.Lock()
        self._going_on: dict[asyncio.Task[None], object] = {}

    async def answer(self, turn: Turn) -> Sequence[Reply]:
        """The replies to `turn` and to what it leaves to be done."""
        async with self._lock:
            replies: list[Reply] = []
            turns = [turn]
            while turns:
                now = turns.pop(0)
                given = await self._medic.answer(now, self._state)
                self._state = given.state
                for reply in given.replies:
                    self._stop(reply)
                    replies.append(
                        with_text(reply, self._medic.file(self._state, reply.file.args) if reply.file else None)
                    )
                language = given.replies[-1].language if given.replies else "en"
                for work in given.work:
                    result = await self._perform(turn, work, language)
                    if AGAIN in result:
                        task = asyncio.create_task(self._go_on(turn, work, result, language))
                        self._going_on[task] = work.args.get("id")
                        task.add_done_callback(lambda ended: self._going_on.pop(ended, None))
                    else:
                        turns.append(_report(turn, work, result))
            return replies

    def end(self) -> None:
        """Ends what goes on between the turns; the person has left."""
        for task in self._going_on:
            task.cancel()

    async def _go_on(self, turn: Turn, work: Work, result: Mapping[str, Any], language: Language) -> None:
        while AGAIN in result:
            await self._sleep(float(result[AGAIN]))
            work = replace(work, args=result.get("args", work.args))
            result = await self._perform(turn, work, language)
        self.arrivals.put_nowait(await self.answer(_report(turn, work, result)))

    def _perform(self, turn: Turn, work: Work, language: Language) -> Awaitable[Mapping[str, Any]]:
        return self._medic.perform(turn.person, work, language, lambda done, total: None)

    def _stop(self, reply: Reply) -> None:
        for task, identifier in self._going_on.items():
            if reply.forgets or identifier in reply.stops:
                task.cancel()


def _report(turn: Turn, work: Work, result: Mapping[str, Any]) -> Turn:
    return replace(turn, text="", action=None, joined=False, done=Done(work, result))
