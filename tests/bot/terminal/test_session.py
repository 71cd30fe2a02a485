"""Long work in the terminal: waited for, or continued between turns until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.cli.chat import _find_locale
from bot.terminal.session import TerminalSession
from dialogs.conversation import ConversationResult
from dialogs.model.effects import CancelJobs, Effect, Forget, StartJob
from dialogs.model.job import RETRY_AFTER_KEY, Job
from dialogs.model.reply import Paragraph, Reply, TextRun
from dialogs.model.turn import MessageSent, Person, Turn
from tests.turns import report_of, text_of

WATCH = Job("watch", {"id": "one", "looks": 0})


def said(text: str) -> Reply:
    return Reply((Paragraph((TextRun(text),)),))


class ScriptedConversation:
    """Leaves a job where it is asked to; the job is over after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks, self.performed = looks, 0

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ConversationResult:
        turns = (state or {"turns": 0})["turns"] + 1
        if report := report_of(turn):
            return ConversationResult({"turns": turns}, (said(f"ended after {report.result['looks']}, turn {turns}"),))
        text = text_of(turn)
        effects: dict[str, Effect] = {"watch": StartJob(WATCH), "stop": CancelJobs(("one",)), "forget me": Forget()}
        return ConversationResult({"turns": turns}, (said(text),), (effects[text],) if text in effects else ())

    async def perform_job(self, person: Person, job: Job, language: str, progress: object) -> Mapping[str, Any]:
        self.performed += 1
        looks = job.args["looks"] + 1
        if looks < self.looks:
            return {RETRY_AFTER_KEY: 60, "args": {**job.args, "looks": looks}}
        return {"looks": looks}

    def read_offered_file(self, state: object, args: object) -> None:
        return None


class FaultyConversation(ScriptedConversation):
    """Raises at one of its looks, or when it reports; a report of a failed job says its reference."""

    def __init__(self, looks: int, faulty_look: int = 0, is_report_faulty: bool = False) -> None:
        super().__init__(looks)
        self.faulty_look, self.is_report_faulty = faulty_look, is_report_faulty

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ConversationResult:
        report = report_of(turn)
        if report and self.is_report_faulty:
            raise RuntimeError("hunter2")
        if report and "reference" in report.result:
            assert report.result["failed"] == "broken"
            return ConversationResult({"turns": 0}, (said(report.result["reference"]),))
        return await super().answer_turn(turn, state)

    async def perform_job(self, person: Person, job: Job, language: str, progress: object) -> Mapping[str, Any]:
        result = await super().perform_job(person, job, language, progress)
        if self.performed == self.faulty_look:
            raise RuntimeError("hunter2")
        return result


class Sleep:
    """A pause that the test ends."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        assert seconds == 60
        self.begun.set()
        await self.over.wait()


def turn(text: str) -> Turn:
    return Turn(Person("local", "terminal"), "terminal", event=MessageSent(text))


def shown(replies: Any) -> list[str]:
    return [run.text for reply in replies for block in reply.blocks for run in block.text]


async def test_what_ends_at_once_is_told_in_the_same_turn() -> None:
    talk = TerminalSession(ScriptedConversation(looks=1))  # type: ignore[arg-type]
    assert shown(await talk.answer_turn(turn("watch"))) == ["watch", "ended after 1, turn 2"]


async def test_what_goes_on_is_told_when_it_ends_and_turns_are_answered_meanwhile() -> None:
    sleep = Sleep()
    talk = TerminalSession(ScriptedConversation(looks=3), sleep)  # type: ignore[arg-type]
    assert shown(await talk.answer_turn(turn("watch"))) == ["watch"]
    assert shown(await talk.answer_turn(turn("hello"))) == ["hello"]
    sleep.over.set()
    async with asyncio.timeout(10):
        assert shown(await talk.background_replies.get()) == ["ended after 3, turn 3"]


async def test_a_job_that_raises_is_reported_with_its_reference_and_loses_no_reply(
    caplog: pytest.LogCaptureFixture,
) -> None:
    talk = TerminalSession(FaultyConversation(looks=1, faulty_look=1))  # type: ignore[arg-type]
    first, report = shown(await talk.answer_turn(turn("watch")))
    assert first == "watch", "what the turn had said already"
    assert report in caplog.text, "the person gets the reference that the log has"
    assert "hunter2" not in caplog.text


async def test_a_job_that_raises_later_is_reported_too(caplog: pytest.LogCaptureFixture) -> None:
    sleep = Sleep()
    talk = TerminalSession(FaultyConversation(looks=3, faulty_look=2), sleep)  # type: ignore[arg-type]
    await talk.answer_turn(turn("watch"))
    sleep.over.set()
    async with asyncio.timeout(10):
        (report,) = shown(await talk.background_replies.get())
    assert report in caplog.text


async def test_a_report_that_raises_is_not_silence(caplog: pytest.LogCaptureFixture) -> None:
    sleep = Sleep()
    talk = TerminalSession(FaultyConversation(looks=2, is_report_faulty=True), sleep)  # type: ignore[arg-type]
    await talk.answer_turn(turn("watch"))
    sleep.over.set()
    async with asyncio.timeout(10):
        text = " ".join(shown(await talk.background_replies.get()))
    assert text.startswith("Something went wrong on my side")
    assert text.rstrip(".").split()[-1] in caplog.text


@pytest.mark.parametrize("word", ["stop", "forget me"])
async def test_what_was_stopped_is_not_gone_on_with(word: str) -> None:
    sleep, conversation = Sleep(), ScriptedConversation(looks=3)
    talk = TerminalSession(conversation, sleep)  # type: ignore[arg-type]
    await talk.answer_turn(turn("watch"))
    await sleep.begun.wait()
    await talk.answer_turn(turn(word))
    sleep.over.set()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
    assert conversation.performed == 1
    assert talk.background_replies.empty()


async def test_who_leaves_ends_it() -> None:
    talk = TerminalSession(ScriptedConversation(looks=3), Sleep())  # type: ignore[arg-type]
    await talk.answer_turn(turn("watch"))
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
    assert _find_locale(environ) == found
