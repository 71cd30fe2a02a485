"""A secret planted in Azure's answers, whole logs, files, tickets, or searches doesn't appear anywhere else."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.draft import render_draft
from bot.cli.report import format_report
from bot.host.conversation import build_dialog_services
from bot.state.blob_store import BlobStore
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StateStore
from bot.state.usage_counts import UsageCounter, read_daily_counts
from bot.turns.conversation_document import ConversationDocument
from bot.turns.pending import MAX_TEXT_CHARS, turn_to_json
from dialogs.model.azure import FailedTemplates, LogTail, RunOutput, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import OfferFile, StartJob
from dialogs.model.files import AttachedFile, AttachedLog, AttachmentContents
from dialogs.model.job import Job, JobDone
from dialogs.model.reply import FormField
from dialogs.model.turn import ActionPressed, MessageSent, Person, Turn, TurnEvent
from tests.azurite.service import AnybodyCredential, azurite
from tests.bot.scripted import KNOWLEDGE, build_in_process_workers
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, FakeAzure
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.sharing.sharing_chat import FakeSharer
from tests.dialogs.solution.test_attached_logs import FakeAttachmentReader
from tests.dialogs.support.ticket.office import FakeTicketFiler
from tests.dialogs.support.ticket.test_flow import CONTACT
from tests.knowledge.redaction.test_redact import PIECE, SHAPES
from tests.reporting import failures_together
from tests.test_outlets import assert_unseen, planted, shown_by, windows

__all__ = ["azurite"]

pytestmark = pytest.mark.property

ADA = Person("tenant", "29:ada", "Ada Rossi", "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10")


class WatchedChat:
    """A conversation, and all that it shows, stores, counts, offers as a file, and leaves to a job."""

    def __init__(
        self,
        azure: FakeAzure | None = None,
        filing: FakeTicketFiler | None = None,
        files: Any = None,
        sharer: FakeSharer | None = None,
    ) -> None:
        self.conversation = build_dialog_services(
            KNOWLEDGE, None, azure, filing, files, sharer, workers=build_in_process_workers()
        ).conversation
        self.state: Mapping[str, Any] | None = None
        self.seen: list[str] = []
        self.jobs: list[Job] = []
        self.form: dict[str, str] = {}
        self.buttons: list[Any] = []

    async def turn(self, event: TurnEvent) -> None:
        turn = Turn(ADA, "chat", event=event)
        given = await self.conversation.answer_turn(turn, self.state)
        self.state = json.loads(json.dumps(given.state))
        self.jobs += [effect.job for effect in given.effects if isinstance(effect, StartJob)]
        self.buttons = [button for reply in given.replies for button in reply.buttons]
        self.form = {b.id: b.value for reply in given.replies for b in reply.blocks if isinstance(b, FormField)}
        self.seen += [*shown_by(given.replies), json.dumps(self.state, ensure_ascii=False), repr(given.usage_events)]
        self.seen += [button.url for button in self.buttons]
        for effect in given.effects:
            if isinstance(effect, OfferFile):
                content = self.conversation.read_offered_file(self.state, effect.args)
                self.seen += [effect.name, content.decode() if content else ""]
        self.seen.append(
            json.dumps(
                turn_to_json(turn, should_include_content=not (isinstance(event, MessageSent) and event.files)),
                ensure_ascii=False,
            )
        )

    async def press(self, do: str, args: Mapping[str, Any] | None = None, **fields: str) -> None:
        await self.turn(ActionPressed(do, args or {}, {**self.form, **fields}, 1))

    async def done(self) -> None:
        """Perform the jobs and report them; what a store would keep of them is seen too."""
        while self.jobs:
            job = self.jobs.pop(0)
            result = await self.conversation.perform_job(ADA, job, "en", lambda done, total: None)
            args = {key: value for key, value in job.args.items() if key != "reference"}
            self.seen += [json.dumps(args, ensure_ascii=False), json.dumps(result, ensure_ascii=False)]
            await self.turn(JobDone(job, json.loads(json.dumps(dict(result)))))

    async def case(self) -> None:
        """Go on to a ticket: draft, ways out, contact, preview, yes."""
        await self.press("draft")
        await self.press("post", product="linux")
        for kind in ("text", "json"):
            await self.press("file-case", {"as": kind})
        await self.press("ticket")
        await self.press("ticket-preview", **CONTACT)
        (seal,) = [button.args["seal"] for button in self.buttons if button.action_id == "ticket-yes"]
        await self.press("ticket-yes", {"seal": seal})
        await self.done()


def status_with(line: str) -> TemplateStatus:
    return with_values(
        STATUS,
        region=line, provisioning_code=line, provisioning_message=line, run_sub_state=line, vm_size=line, source=line,
        message=f"{'x ' * 1200}{line}{' y' * 1200}", staging_group=line, on_error=line,
        customizers=(("PowerShell", line), (line,)), outputs=(RunOutput(line, line, line),),
    )  # fmt: skip


async def azure_answers(line: str) -> str:
    """What Azure says of a template, the end of its log and the whole of it, then what becomes of a case of that."""
    azure, filing = FakeAzure("user", status_with(line)), FakeTicketFiler()
    azure.tails[GOLDEN] = LogTail("customization.log", windows(line), 100_000, 200_000)
    azure.seen = FailedTemplates((status_with(line),), (line,), (line,))
    chat = WatchedChat(azure, filing)
    await chat.turn(MessageSent("look at win11-golden"))
    await chat.press("look-yes")
    await chat.press("failing")
    await chat.press("whole-log", {"sub": GOLDEN.subscription, "rg": GOLDEN.resource_group, "name": GOLDEN.name})
    await chat.done()
    await chat.case()
    azure.refusals = {"status": AzureRefusal("denied", line, line, line, line, line, subscriptions=(line,))}
    await chat.press("look", {"sub": GOLDEN.subscription, "rg": GOLDEN.resource_group, "name": GOLDEN.name})
    assert filing.filed
    return "\n".join([*chat.seen, repr(filing.filed)])


async def shared_look(line: str) -> str:
    """What's shared of a lookup, and what's stored for that."""
    azure, sharer = FakeAzure("user", status_with(line)), FakeSharer()
    azure.tails[GOLDEN] = LogTail("customization.log", windows(line), 100_000, 100_000)
    chat = WatchedChat(azure, sharer=sharer)
    thread = Turn(ADA, "19:room", "group", event=MessageSent("look at win11-golden"))
    asked = await chat.conversation.answer_turn(thread, None)
    moved, _ = await chat.conversation.hand_off(Turn(ADA, "chat"), None, thread, asked.state, "look")
    chat.state = moved.state
    await chat.press("look-yes")
    await chat.turn(MessageSent("share it"))
    await chat.press("share-yes", {"post": next(b.args["post"] for b in chat.buttons if b.action_id == "share-yes")})
    assert len(sharer.posts) == 1
    return "\n".join([*chat.seen, repr(sharer.posts)])


async def attached_files(line: str) -> str:
    """A file that has the secret in its name, in its members' names, and in its content."""
    name = f"{line}.log"
    diagnosis = KNOWLEDGE.diagnoser.diagnose(windows(line))
    logs = tuple(AttachedLog(f"logs/{line}/{n}.log", 9, diagnosis._replace(file=line)) for n in range(2))
    chat = WatchedChat(files=FakeAttachmentReader(**{name: AttachmentContents(9, logs)}))
    await chat.turn(MessageSent(files=(AttachedFile(name, "reference"),)))
    await chat.done()
    await chat.turn(MessageSent("help"))
    return "\n".join(chat.seen)


async def contact_form(line: str) -> str:
    """What a person types into the form of a ticket."""
    filing = FakeTicketFiler()
    chat = WatchedChat(filing=filing)
    await chat.turn(MessageSent(windows("x")))
    await chat.press("draft")
    await chat.press("post", product="linux")
    await chat.press("ticket")
    await chat.press("ticket-preview", **dict.fromkeys(CONTACT, line))
    await chat.press("ticket-preview", **{**CONTACT, "first": line, "last": line})
    return "\n".join([*chat.seen, repr(filing.asked)])


async def message_extension(line: str) -> str:
    """What is searched for in a message box, and a colleague's message."""
    extension = build_dialog_services(KNOWLEDGE).message_extension
    found = [one for query in (line, f"packer {line}") for one in await extension.search(query, "en")]
    replies = (*(one.reply for one in found), await extension.diagnose_message(windows(line), "it"))
    return "\n".join([repr(found), *shown_by(replies)])


async def drafted_cases(line: str) -> str:
    """What the command line drafts."""
    diagnosis = KNOWLEDGE.diagnoser.diagnose(windows(line))
    return "\n".join(render_draft(diagnosis, KNOWLEDGE.diagnoser, form, "en") for form in ("text", "markdown", "json"))


@pytest.mark.parametrize(
    "outlet",
    [azure_answers, shared_look, attached_files, contact_form, message_extension, drafted_cases],
    ids=lambda outlet: outlet.__name__,
)
def test_no_outlet_shows_what_was_planted(outlet: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with failures_together(at_least=101) as failures:
        for name, secret, line in planted():
            with failures.check(name):
                assert_unseen(secret, asyncio.run(outlet(line)))
                assert_unseen(secret, caplog.text)
            caplog.clear()


@asynccontextmanager
async def opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[tuple[StateStore, Any]]:
    """A store, and a function that returns every byte in it."""
    if kind == "sqlite":
        sqlite = await SqliteStore(folder / "state.sqlite3").open()

        files = [folder / f"state.sqlite3{ending}" for ending in ("", "-wal")]

        async def in_files() -> bytes:
            return b"".join([one.read_bytes() for one in files])

        yield sqlite, in_files
        await sqlite.close()
        return
    service = request.getfixturevalue("azurite")
    url = f"{service.url}/outlets{random.randrange(10**9)}"
    blobs = await BlobStore(url, AnybodyCredential(), str(service.authority)).open()

    async def in_blobs() -> bytes:
        found = [blob.name async for blob in blobs._container.list_blobs()]
        read = [await (await blobs._container.download_blob(name)).readall() for name in found]
        assert not any("29:ada" in name for name in found)
        return b"".join(read)

    yield blobs, in_blobs
    await blobs.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("blob", marks=pytest.mark.real)])
async def test_no_store_keeps_what_was_planted(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with opened(kind, tmp_path, request) as (store, everything):
        for number, (_, secret, line) in enumerate(planted()):
            if number % 16:
                continue
            azure = FakeAzure("user", status_with(line))
            azure.tails[GOLDEN] = LogTail("customization.log", windows(line), 100_000, 200_000)
            chat = WatchedChat(azure)
            await chat.turn(MessageSent(windows(line)))
            await chat.turn(MessageSent("look at win11-golden"))
            await chat.press("look-yes")
            counter = UsageCounter(store)
            counter.count_events(
                (
                    await chat.conversation.answer_turn(Turn(ADA, "c", event=MessageSent(windows(line))), None)
                ).usage_events
            )
            await counter.save()
            document = ConversationDocument(dialog_state=dict(chat.state or {})).to_json()
            await store.commit(f"tenant|chat|29:ada{number}", None, document, waiting=True)
            kept = (await everything()).decode("utf-8", "replace")
            assert "win11-golden" in kept
            assert_unseen(secret, kept)
            report = "\n".join(format_report(await read_daily_counts(store, 1, datetime.now(UTC)), 1))
            assert "failures recognized" in report
            assert_unseen(secret, report)


def test_no_half_of_a_secret_is_stored_when_a_text_is_cut() -> None:
    with failures_together(at_least=len(SHAPES)) as failures:
        for name, make in SHAPES.items():
            secret = make(random.Random(name))
            text = f"x {secret} y" + " z" * (MAX_TEXT_CHARS // 2)
            # the last characters that are kept begin in the middle of it
            text = text[: MAX_TEXT_CHARS + 2 + len(secret) // 2]
            with failures.check(name):
                kept = turn_to_json(Turn(ADA, "chat", event=MessageSent(text)))["text"]
                assert len(kept) <= MAX_TEXT_CHARS
                assert secret[-PIECE:] not in kept
