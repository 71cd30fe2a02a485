"""A secret planted beyond a paste is seen nowhere outside it: in Azure's answers, whole logs, files, tickets, searches."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.draft import render_draft
from bot.cli.report import format_report
from bot.host.conversation import build_dialog_services, load_knowledge
from bot.state.blob_store import BlobStore
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StateStore
from bot.state.usage_counts import UsageCounter, read_daily_counts
from bot.turns.conversation_document import ConversationDocument
from bot.turns.pending import MAX_TEXT_CHARS, turn_to_json
from dialogs.model.azure import AzureRefusal, CustomizerSummary, FailedTemplates, LogTail, RunOutput, TemplateStatus
from dialogs.model.files import AttachedFile, AttachedLog, AttachmentContents
from dialogs.model.job import Job, JobDone
from dialogs.model.reply import FormField
from dialogs.model.turn import ActionPressed, Person, Turn
from tests.azurite.service import AnybodyCredential, azurite
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, FakeAzure
from tests.dialogs.solution.test_attached_logs import FakeAttachmentReader
from tests.dialogs.support.ticket.office import FakeTicketFiler
from tests.dialogs.support.ticket.test_flow import CONTACT
from tests.knowledge.redaction.test_redact import PIECE, SHAPES
from tests.test_outlets import assert_unseen, planted, shown_by, windows

__all__ = ["azurite"]

KNOWN = load_knowledge()
ADA = Person("tenant", "29:ada", "Ada Rossi", "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10")


class Told:
    """A conversation: everything that it shows, stores, counts, gives as a file and leaves to be done."""

    def __init__(
        self, azure: FakeAzure | None = None, filing: FakeTicketFiler | None = None, files: Any = None
    ) -> None:
        self.medic = build_dialog_services(KNOWN, None, azure, filing, files).conversation
        self.state: Mapping[str, Any] | None = None
        self.seen: list[str] = []
        self.works: list[Job] = []
        self.form: dict[str, str] = {}
        self.buttons: list[Any] = []

    async def turn(self, **what: Any) -> None:
        turn = Turn(ADA, "chat", **what)
        given = await self.medic.answer_turn(turn, self.state)
        self.state = json.loads(json.dumps(given.state))
        self.works += given.jobs
        self.buttons = [button for reply in given.replies for button in reply.buttons]
        self.form = {b.id: b.value for reply in given.replies for b in reply.blocks if isinstance(b, FormField)}
        self.seen += [*shown_by(given.replies), json.dumps(self.state, ensure_ascii=False), repr(given.usage_events)]
        self.seen += [button.url for button in self.buttons]
        for reply in given.replies:
            if reply.file:
                content = self.medic.read_offered_file(self.state, reply.file.args)
                self.seen += [reply.file.name, content.decode() if content else ""]
        self.seen.append(json.dumps(turn_to_json(turn, should_include_content=not turn.files), ensure_ascii=False))

    async def press(self, do: str, args: Mapping[str, Any] | None = None, **fields: str) -> None:
        await self.turn(action=ActionPressed(do, args or {}, {**self.form, **fields}, 1))

    async def done(self) -> None:
        """Do and report what was left; what a store would keep of it is seen too."""
        while self.works:
            work = self.works.pop(0)
            result = await self.medic.perform_job(ADA, work, "en", lambda done, total: None)
            args = {key: value for key, value in work.args.items() if key != "reference"}
            self.seen += [json.dumps(args, ensure_ascii=False), json.dumps(result, ensure_ascii=False)]
            await self.turn(job_done=JobDone(work, json.loads(json.dumps(dict(result)))))

    async def case(self) -> None:
        """From where it is to a ticket: draft, ways out, contact, preview, yes."""
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
    return replace(
        STATUS,
        region=line, provisioning_code=line, provisioning_message=line, run_sub_state=line, vm_size=line, source=line,
        message=f"{'x ' * 1200}{line}{' y' * 1200}", staging_group=line, on_error=line,
        customizers=(CustomizerSummary("PowerShell", line), CustomizerSummary(line)), outputs=(RunOutput(line, line, line),),
    )  # fmt: skip


async def azures(line: str) -> str:
    """What Azure says of a template, the end of its log and the whole of it, then what becomes of a case of that."""
    azure, filing = FakeAzure("user", status_with(line)), FakeTicketFiler()
    azure.tails[GOLDEN] = LogTail("customization.log", windows(line), 100_000, 200_000)
    azure.seen = FailedTemplates((status_with(line),), (line,), (line,))
    told = Told(azure, filing)
    await told.turn(text="look at win11-golden")
    await told.press("look-yes")
    await told.press("failing")
    await told.press("whole-log", {"sub": GOLDEN.subscription, "rg": GOLDEN.resource_group, "name": GOLDEN.name})
    await told.done()
    await told.case()
    azure.refusals = {"status": AzureRefusal("denied", line, line, line, line, line, subscriptions=(line,))}
    await told.press("look", {"sub": GOLDEN.subscription, "rg": GOLDEN.resource_group, "name": GOLDEN.name})
    assert filing.filed
    return "\n".join([*told.seen, repr(filing.filed)])


async def attached(line: str) -> str:
    """A file whose name, whose members and whose content hold it."""
    name = f"{line}.log"
    diagnosis = KNOWN.diagnoser.diagnose(windows(line))
    logs = tuple(AttachedLog(f"logs/{line}/{n}.log", 9, replace(diagnosis, file=line)) for n in range(2))
    told = Told(files=FakeAttachmentReader(**{name: AttachmentContents(9, logs)}))
    await told.turn(files=(AttachedFile(name, "reference"),))
    await told.done()
    await told.turn(text="help")
    return "\n".join(told.seen)


async def contacts(line: str) -> str:
    """What a person types into the form of a ticket."""
    filing = FakeTicketFiler()
    told = Told(filing=filing)
    await told.turn(text=windows("x"))
    await told.press("draft")
    await told.press("post", product="linux")
    await told.press("ticket")
    await told.press("ticket-preview", **dict.fromkeys(CONTACT, line))
    await told.press("ticket-preview", **{**CONTACT, "first": line, "last": line})
    return "\n".join([*told.seen, repr(filing.asked)])


async def asides(line: str) -> str:
    """What is searched for in a message box, and a colleague's message."""
    both = build_dialog_services(KNOWN).message_extension
    found = [one for query in (line, f"packer {line}") for one in await both.search(query, "en")]
    replies = (*(one.reply for one in found), await both.diagnose_message(windows(line), "it"))
    return "\n".join([repr(found), *shown_by(replies)])


async def commands(line: str) -> str:
    """What the command line drafts."""
    diagnosis = KNOWN.diagnoser.diagnose(windows(line))
    return "\n".join(render_draft(diagnosis, KNOWN.diagnoser, form, "en") for form in ("text", "markdown", "json"))


@pytest.mark.parametrize("way", [azures, attached, contacts, asides, commands], ids=lambda way: way.__name__)
def test_no_outlet_shows_what_was_planted(way: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    count = 0
    for name, secret, line in planted():
        try:
            assert_unseen(secret, asyncio.run(way(line)))
            assert_unseen(secret, caplog.text)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
        count += 1
    assert count > 100


@asynccontextmanager
async def opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[tuple[StateStore, Any]]:
    """A store, and what gives every byte that it keeps."""
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


@pytest.mark.parametrize("kind", ["sqlite", "blob"])
async def test_no_store_keeps_what_was_planted(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with opened(kind, tmp_path, request) as (store, everything):
        for number, (_, secret, line) in enumerate(planted()):
            if number % 16:
                continue
            azure = FakeAzure("user", status_with(line))
            azure.tails[GOLDEN] = LogTail("customization.log", windows(line), 100_000, 200_000)
            told = Told(azure)
            await told.turn(text=windows(line))
            await told.turn(text="look at win11-golden")
            await told.press("look-yes")
            tally = UsageCounter(store)
            tally.count_events((await told.medic.answer_turn(Turn(ADA, "c", text=windows(line)), None)).usage_events)
            await tally.save()
            document = ConversationDocument(dialog_state=dict(told.state or {})).to_json()
            await store.commit(f"tenant|chat|29:ada{number}", None, document, waiting=True)
            kept = (await everything()).decode("utf-8", "replace")
            assert "win11-golden" in kept
            assert_unseen(secret, kept)
            report = "\n".join(format_report(await read_daily_counts(store, 1, datetime.now(UTC)), 1))
            assert "failures recognised" in report
            assert_unseen(secret, report)


def test_half_a_secret_is_not_kept_of_a_text_that_is_cut() -> None:
    for name, make in SHAPES.items():
        secret = make(random.Random(name))
        text = f"x {secret} y" + " z" * (MAX_TEXT_CHARS // 2)
        # the last characters that are kept begin in the middle of it
        text = text[: MAX_TEXT_CHARS + 2 + len(secret) // 2]
        kept = turn_to_json(Turn(ADA, "chat", text=text))["text"]
        assert len(kept) <= MAX_TEXT_CHARS
        assert secret[-PIECE:] not in kept, name
