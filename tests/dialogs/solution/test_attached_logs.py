"""Attached files in the conversation: announced, read, reported, chosen from, refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialogs.model.effects import AskFeedback, StartJob
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachedLog, AttachmentContents, FileRefusal, FileRefusalReason
from dialogs.model.job import Job, JobDone
from dialogs.model.turn import ConversationScope, MemberJoined, MessageSent, Person, Turn, TurnEvent
from dialogs.replies.plain_text import render_plain_text
from dialogs.solution.attached_logs import READ_FILE_JOB
from dialogs.state.codec import build_codec
from dialogs.state.conversation_json import MAX_STATE_BYTES, state_from_json, state_to_json
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import DIAGNOSIS_LAYOUTS
from dialogs.state.json_fields import DecodeError
from dialogs.state.logs import MAX_LOGS, StoredLogs, add_logs, build_display_name
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.fixtures import DIAGNOSES, FAILED, NOTHING, Chat
from tests.reporting import failures_together
from tests.shipped_texts import TEXTS

LINK = "https://contoso-my.sharepoint.com/personal/ada/_layouts/15/download.aspx?tempauth=SECRET-LINK"
LOG = AttachedFile("customization.log", LINK)
LATEST = DIAGNOSES["ONE.POSSIBLE"]


def log(diagnosis: Diagnosis = FAILED, name: str = "", size: int = 12_000_000) -> AttachedLog:
    return AttachedLog(name, size, diagnosis._replace(line_count=43_112))


class FakeAttachmentReader:
    """Returns the configured result for a file's name, or refuses; records the requests."""

    def __init__(self, **given: AttachmentContents | FileRefusal | Exception) -> None:
        self.given: dict[str, AttachmentContents | FileRefusal | Exception] = dict(given)
        self.asked: list[tuple[AttachedFile, Language]] = []

    async def read(
        self, file: AttachedFile, language: Language, progress: Callable[[int, int], None]
    ) -> AttachmentContents:
        self.asked.append((file, language))
        await asyncio.sleep(0)
        progress(5, 10)
        given = self.given.get(file.name, AttachmentContents(12_000_000, (log(),)))
        if isinstance(given, FileRefusal):
            raise FileRefusedError(given)
        if isinstance(given, Exception):
            raise given
        return given


class FileChat(Chat):
    """A chat in which files can be attached; the jobs that a turn leaves are performed on request."""

    def __init__(
        self, files: FakeAttachmentReader | None, locale: str = "en-US", scope: ConversationScope = "personal"
    ) -> None:
        super().__init__(locale, attachment_reader=files)
        self.scope = scope
        self.jobs: list[Job] = []
        self.progress: list[tuple[int, int]] = []

    async def turn(self, event: TurnEvent, **more: Any) -> str:
        turn = Turn(Person("tenant", "person"), "conversation", self.scope, locale=self.locale, event=event, **more)
        answer = await self.conversation.answer_turn(turn, self.state)
        self.state = json.loads(json.dumps(answer.state))
        self.replies, self.effects = answer.replies, answer.effects
        self.jobs += [Job(job.name, json.loads(json.dumps(job.args))) for job in self.started_jobs]
        assert "SECRET-LINK" not in json.dumps(self.state)
        assert "SECRET-LINK" not in repr(answer.replies)
        return self.shown

    async def attach(self, *files: AttachedFile, text: str = "") -> str:
        return await self.turn(MessageSent(text, files or (LOG,)))

    async def finish_job(self) -> str:
        """Perform the oldest job, and run the turn that reports it."""
        job = self.jobs.pop(0)
        language: Language = "it" if self.locale == "it-IT" else "en"
        done = await self.conversation.perform_job(
            Person("tenant", "person"), job, language, lambda at, all_of: self.progress.append((at, all_of))
        )
        result = json.loads(json.dumps(done))
        assert "SECRET-LINK" not in json.dumps(result)
        return await self.turn(JobDone(job, result))


async def test_a_log_is_announced_read_and_diagnosed() -> None:
    files = FakeAttachmentReader()
    chat = FileChat(files)
    assert await chat.attach() == "I'm reading customization.log. I'll post the answer here when I'm done."
    assert [reply.placement for reply in chat.replies] == ["stays"]
    shown = await chat.finish_job()
    assert shown.startswith("I read all of customization.log: 12 MB, 43,112 lines.")
    assert "Script ended with a non-zero exit code" in shown
    assert "11  The string is missing the terminator." in shown
    assert chat.effects == (AskFeedback(),)
    assert files.asked == [(LOG, "en")]
    assert chat.progress == [(5, 10)]
    assert "Step 2 of 3" in await chat.press("Done, next")


async def test_in_italian() -> None:
    chat = FileChat(FakeAttachmentReader(), "it-IT")
    assert (await chat.attach()).startswith("Sto leggendo customization.log.")
    assert (await chat.finish_job()).startswith("Ho letto per intero customization.log: 12 MB, 43.112 righe.")


async def test_a_text_beside_the_file_is_answered_too() -> None:
    chat = FileChat(FakeAttachmentReader(**{"customization.log": AttachmentContents(900, (log(LATEST),))}))
    shown = await chat.attach(text="FAILED.LOG")
    assert "Script ended with a non-zero exit code" in shown
    assert "I'm reading customization.log" in render_plain_text(chat.replies[-1])
    assert chat.effects == (AskFeedback(reply_index=0), StartJob(chat.jobs[0]))
    # the file is the later word
    shown = await chat.finish_job()
    assert "VMs from the image do not deploy" in shown
    assert "I've finished reading" not in shown


@pytest.mark.parametrize("text", ["here is the log", "why did it fail?", "what is this"])
async def test_a_few_words_beside_the_file_are_no_text_to_diagnose(text: str) -> None:
    chat = FileChat(FakeAttachmentReader())
    assert (await chat.attach(text=text)).startswith("I'm reading")


async def test_a_command_or_a_question_beside_the_file_is_answered_too() -> None:
    chat = FileChat(FakeAttachmentReader())
    shown = await chat.attach(text="help")
    assert "What I can do" in shown
    assert "I'm reading" in shown


async def test_when_the_conversation_has_gone_on_the_log_waits_to_be_chosen() -> None:
    chat = FileChat(FakeAttachmentReader())
    await chat.attach()
    await chat.say("ONE.POSSIBLE")
    shown = await chat.finish_job()
    assert "I've finished reading customization.log" in shown
    assert "Script ended with a non-zero exit code" in shown
    assert "11  The string is missing the terminator." in shown
    assert chat.state
    assert chat.state["walk"]["entry"] == LATEST.matches[0].entry, "what is under way stays"
    assert "I read all of customization.log" in await chat.press("Go on with customization.log")
    assert chat.state["walk"]["entry"] == "script-nonzero-exit"


async def test_several_files_are_read_one_after_the_other() -> None:
    chat = FileChat(FakeAttachmentReader(**{"b.log": AttachmentContents(900, (log(LATEST),))}))
    assert "I'm reading customization.log, b.log." in await chat.attach(LOG, AttachedFile("b.log", LINK))
    assert len(chat.jobs) == 2
    assert "Script ended" in await chat.finish_job()
    shown = await chat.finish_job()
    assert "I've finished reading b.log" in shown
    assert "VMs from the image do not deploy" in await chat.press("Go on with b.log")


SEVERAL = AttachmentContents(
    4_000_000,
    (log(DIAGNOSES["UNSURE"], "a/customization.log"), log(LATEST, "b/customization.log"), log(NOTHING, "notes.txt")),
    text_count=3,
    unread_count=7,
)


async def test_several_logs_in_an_archive_are_asked_about() -> None:
    chat = FileChat(FakeAttachmentReader(**{"logs.zip": SEVERAL}))
    await chat.attach(AttachedFile("logs.zip", LINK))
    shown = await chat.finish_job()
    assert "logs.zip holds several logs. Which one is it?" in shown
    assert "a/customization.log" in shown
    assert "notes.txt" not in shown, "nothing was found in it"
    assert "I skipped 7 other text files in it." in shown
    assert [button.label for button in chat.buttons] == [
        "Go on with a/customization.log",
        "Go on with b/customization.log",
    ]
    first, second = chat.buttons
    shown = await chat.act(second.action_id, dict(second.args))
    assert "b/customization.log" in shown
    assert "VMs from the image do not deploy" in shown
    # and back to the other one
    assert "a/customization.log" in await chat.act(first.action_id, dict(first.args))
    assert "I no longer have that log" in await chat.act("file-log", {"log": 5})
    await chat.say("restart")
    assert "I no longer have that log" in await chat.act(second.action_id, dict(second.args))


async def test_a_long_name_is_cut_to_its_end_on_a_button() -> None:
    long = AttachmentContents(9, (log(DIAGNOSES["UNSURE"], f"1/{'x' * 60}/customization.log"), log(LATEST, "b.log")))
    chat = FileChat(FakeAttachmentReader(**{"logs.zip": long}))
    await chat.attach(AttachedFile("logs.zip", LINK))
    await chat.finish_job()
    label = chat.buttons[0].label
    assert label.startswith("Go on with …xx")
    assert label.endswith("xx/customization.log")
    assert len(label) == 40


async def test_the_one_log_that_says_what_went_wrong_is_followed_and_the_others_offered() -> None:
    read = AttachmentContents(
        4_000_000, (log(DIAGNOSES["UNSURE"], "a.log"), log(FAILED, "b.log"), log(NOTHING, "c.log"))
    )
    chat = FileChat(FakeAttachmentReader(**{"logs.zip": read}))
    await chat.attach(AttachedFile("logs.zip", LINK))
    await chat.finish_job()
    first, second = map(render_plain_text, chat.replies)
    assert "Of the logs in logs.zip, b.log shows what went wrong. The others:" in first
    assert "a.log" in first
    assert "I read all of b.log" in second
    assert "Script ended with a non-zero exit code" in second
    assert "I read all of a.log" in await chat.press("Go on with a.log")


async def test_a_log_with_nothing_of_a_build_in_it() -> None:
    nothing = AttachmentContents(800, (log(NOTHING),))
    chat = FileChat(
        FakeAttachmentReader(
            **{
                "customization.log": nothing,
                "a.zip": AttachmentContents(9, SEVERAL.logs[2:] * 3, text_count=5, unread_count=2),
            }
        )
    )
    await chat.attach()
    assert "found nothing about an image build in it" in await chat.finish_job()
    await chat.attach(AttachedFile("a.zip", LINK))
    shown = await chat.finish_job()
    assert "I read the 5 text files in a.zip" in shown
    assert "I skipped 2 other text files in it." in shown
    await chat.say("FAILED.LOG")
    await chat.attach()
    shown = await chat.finish_job()
    assert "found nothing about an image build in it" in shown
    assert "We're still on this fix" in shown


@pytest.mark.parametrize("locale", ["en-US", "it-IT"])
async def test_every_refusal_has_its_words_and_a_way_on(locale: str) -> None:
    with failures_together() as failures:
        for reason in get_args(FileRefusalReason):
            chat = FileChat(FakeAttachmentReader(**{"customization.log": FileRefusal(reason, 200_000_000)}), locale)
            await chat.attach()
            with failures.check(reason):
                shown = await chat.finish_job()
                if reason != "off":
                    assert "customization.log" in shown
                assert ("200 MB" in shown) is (reason == "too-large")
                assert TEXTS["it" if locale == "it-IT" else "en"]["file.by-hand"] in shown
                assert chat.buttons


async def test_where_no_files_are_read_that_is_said_at_once() -> None:
    chat = FileChat(None)
    assert (await chat.attach()).startswith("I can't open files here.")
    assert chat.jobs == []


async def test_whatever_fails_the_person_is_told() -> None:
    chat = FileChat(FakeAttachmentReader(**{"customization.log": ValueError("SECRET-LINK")}))
    await chat.attach()
    (job,) = chat.jobs
    with pytest.raises(ValueError, match="SECRET-LINK"):  # the runtime catches it, and logs only its place
        await chat.finish_job()
    shown = await chat.turn(JobDone(job, {"failed": "broken", "reference": "1a2b3c4d"}))
    assert "failed on my side" in shown
    assert "SECRET-LINK" not in shown


async def test_a_work_that_was_given_up_is_told() -> None:
    chat = FileChat(FakeAttachmentReader())
    await chat.attach()
    assert "I was interrupted each time I tried" in await chat.turn(JobDone(chat.jobs[0], {"failed": "stopped"}))


@pytest.mark.parametrize(
    ("files", "scope"), [(FakeAttachmentReader(), "personal"), (None, "personal"), (FakeAttachmentReader(), "group")]
)
async def test_that_logs_can_be_attached_is_said_only_where_they_can(
    files: FakeAttachmentReader | None, scope: ConversationScope
) -> None:
    chat = FileChat(files, scope=scope)
    for event in (MemberJoined(), MessageSent("help")):
        shown = await chat.turn(event)
        assert ("Or attach the whole" in shown.replace("*", "")) is (files is not None and scope == "personal")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("customization.log", "customization.log"),
        ("C:\\logs\\customization.log", "logs/customization.log"),
        ("../../../etc/passwd", "etc/passwd"),
        ("a/b/c/d.log", "c/d.log"),
        ("nul\0 and\nlines\u0085.log", "nul and lines.log"),
        ("", ""),
        ("//./..", ""),
    ],
)
def test_a_name_is_shown_by_its_end(name: str, shown: str) -> None:
    assert build_display_name(name) == shown


def test_a_name_hides_a_secret_and_is_short() -> None:
    assert "hunter2" not in build_display_name("password=hunter2hunter2.log")
    assert len(build_display_name("x" * 5000)) <= 80


@given(
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(max_size=5),
        lambda inner: (
            some.lists(inner, max_size=3)
            | some.dictionaries(
                some.sampled_from(["size", "logs", "texts", "left", "name", "refused", "reason", "most", "diagnosis"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_a_result_of_any_shape_is_reported_in_words(result: Any) -> None:
    chat = FileChat(FakeAttachmentReader())
    work = Job(READ_FILE_JOB, {"name": 7, "reference": LINK})
    shown = asyncio.run(chat.turn(JobDone(work, {"size": result, "logs": result, "refused": result})))
    assert shown
    shown = asyncio.run(chat.turn(JobDone(work, result if isinstance(result, dict) else {})))
    assert shown


def test_held_logs_come_back_as_they_were_and_no_other() -> None:
    logs, new = add_logs((), "a.zip", [log(), log(LATEST, "b")], 20260301000000)
    assert [one.number for one in new] == [20260301000000, 20260301000001]
    codec = build_codec(StoredLogs, DIAGNOSIS_LAYOUTS)
    assert codec.decode(json.loads(json.dumps(codec.encode(logs)))) == logs
    for broken in (7, [7], [{}], [{**codec.encode(logs)[0], "number": -1}]):
        with pytest.raises(DecodeError):
            codec.decode(broken)
    later, newest = add_logs(logs, "c.zip", [log()] * 9, 20260301000000)
    assert len(later) == MAX_LOGS
    assert newest[0].number == 20260301000002


def test_a_state_that_is_too_large_lets_its_logs_go_first() -> None:
    wide = FAILED._replace(excerpt=tuple(FAILED.excerpt[0]._replace(text="é" * 400) for _ in range(16)))
    wide = wide._replace(matches=tuple(m._replace(evidence=wide.excerpt[:5]) for m in FAILED.matches * 2))
    logs, _ = add_logs((), "a.zip", [log(wide)] * 5, 1)
    state = ConversationState(diagnosis=wide, logs=logs)
    written = state_to_json(state)
    assert len(json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()) <= MAX_STATE_BYTES
    assert 0 < len(written["logs"]) < 5
    assert len(written["diagnosis"]["excerpt"]) == 16
    assert state_from_json({k: v for k, v in written.items() if k != "logs"}).logs == (), "a state from before"
