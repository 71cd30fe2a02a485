"""What takes long in the terminal: waited for, or gone on with between the turns until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.cli.serve import _locale
from bot.terminal.session import Talk
from dialogs.conversation import Answer
from dialogs.model.job import AGAIN, Work
from dialogs.model.reply import Paragraph, Reply, Run
from dialogs.model.turn import Person, Turn

WATCH = Work("watch", {"id": "one", "looks": 0})


def said(text: str, **more: Any) -> Reply:
    return Reply((Paragraph((Run(text),)),), **more)


class Medic:
    """Leaves a work to be done where it is asked to; the work is over after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks, self.performed = looks, 0

    async def answer(self, turn: Turn, state: Mapping[str, Any] | None) -> Answer:
        turns = (state or {"turns": 0})["turns"] + 1
        if turn.done:
            return Answer({"turns": turns}, (said(f"ended after {turn.done.result['looks']}, turn {turns}"),))
        work = (WATCH,) if turn.text == "watch" else ()
        stops = ("one",) if turn.text == "stop" else ()
        return Answer({"turns": turns}, (said(turn.text, stops=stops, forgets=turn.text == "forget me"),), work)

    async def perform(self, person: Person, work: Work, language: str, progress: object) -> Mapping[str, Any]:
        self.performed += 1
        looks = work.args["looks"] + 1
        if looks < self.looks:
            return {AGAIN: 60, "args": {**work.args, "looks": looks}}
        return {"looks": looks}

    def file(self, state: object, args: object) -> None:
        return None


class Sleep:
    """A pause that ends when it is told to."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        assert seconds == 60
        self.begun.set()
        await self.over.wait()


def turn(text: str) -> Turn:
    return Turn(Person("local", "terminal"), "terminal", text=text)


def shown(replies: Any) -> list[str]:
    return [run.text for reply in replies for block in reply.blocks for run in block.text]


async def test_what_ends_at_once_is_told_in_the_same_turn() -> None:
    talk = Talk(Medic(looks=1))  # type: ignore[arg-type]
    assert shown(await talk.answer(turn("watch"))) == ["watch", "ended after 1, turn 2"]


async def test_what_goes_on_is_told_when_it_ends_and_turns_are_answered_meanwhile() -> None:
    sleep = Sleep()
    talk = Talk(Medic(looks=3), sleep)  # type: ignore[arg-type]
    assert shown(await talk.answer(turn("watch"))) == ["watch"]
    assert shown(await talk.answer(turn("hello"))) == ["hello"]
    sleep.over.set()
    async with asyncio.timeout(10):
        assert shown(await talk.arrivals.get()) == ["ended after 3, turn 3"]


@pytest.mark.parametrize("word", ["stop", "forget me"])
async def test_what_was_stopped_is_not_gone_on_with(word: str) -> None:
    sleep, medic = Sleep(), Medic(looks=3)
    talk = Talk(medic, sleep)  # type: ignore[arg-type]
    await talk.answer(turn("watch"))
    await sleep.begun.wait()
    await talk.answer(turn(word))
    sleep.over.set()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
    assert medic.performed == 1
    assert talk.arrivals.empty()


async def test_who_leaves_ends_it() -> None:
    talk = Talk(Medic(looks=3), Sleep())  # type: ignore[arg-type]
    await talk.answer(turn("watch"))
    talk.end()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert [type(end) for end in await asyncio.gather(*others, return_exceptions=True)] == [asyncio.CancelledError]


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"LANG": "it_IT.UTF-8"}, "it_IT"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "it_IT"}, "it_IT"),
        ({"LANG": "Italian_Italy.1252"}, "it"),
        ({"LANG": "C.UTF-8", "LC_ALL": ""}, "C"),
    ],
)
def test_the_language_is_what_the_environment_names(environ: Mapping[str, str], found: str) -> None:
    assert _locale(environ) == found
