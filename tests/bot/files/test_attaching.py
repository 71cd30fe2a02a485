"""Files attached in Teams, end to end: signed activities, a fake OneDrive over TLS, and the real conversation."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from bot.files.attachment_reader import TeamsAttachmentReader
from bot.host.conversation import build_dialog_services
from bot.state.sqlite_store import SqliteStore
from bot.state.store import build_state_key
from bot.turns.pending import turn_from_json, turn_to_json
from dialogs.model.files import AttachedFile
from dialogs.model.turn import MessageSent, Person, Turn
from tests.bot.auth.identity_service import TENANT, IdentityService
from tests.bot.files.drive import LINK, SECRET, Drive, attachment, gzipped, zipped
from tests.bot.guarded import Guarded, guarded
from tests.bot.local_server import serve
from tests.bot.scripted import KNOWLEDGE
from tests.bot.template_check.test_checker import ASKING, build_template
from tests.bot.template_check.test_checker import SECRET as PASSWORD
from tests.build_logs import begun, powershell, script_failed, succeeded

FAILED = script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text().encode()
GOOD = succeeded(powershell(begun(), ["fine"])).text().encode()
QUOTA = (
    "Code: QuotaExceeded Message: Operation could not be completed as it results in exceeding approved standardDSv2 "
    "Family Cores quota. Image Builder build failed in northeurope"
)
SECRET_STEP = {"type": "Shell", "inline": [f"export DB_PASSWORD={PASSWORD}"]}
FAILED_RUN = {"lastRunStatus": {"runState": "Failed", "runSubState": "Customizing", "message": "It broke."}}
TITLE = "Contoso install failed"


@dataclass
class Room:
    """Ada's chat with the bot, which reads what she attaches from `drive`."""

    bot: Guarded
    drive: Drive
    folder: Path
    posted: int = 0

    async def post(self, **more: Any) -> None:
        """Post an activity, and do all that comes of it."""
        self.posted += 1
        body = self.bot.activity(**{"id": str(1795382441918 + self.posted), "text": "", **more})
        assert await self.bot.post(self.bot.identity.token(), body) == 201

    async def attach(self, *attachments: dict[str, Any], **more: Any) -> None:
        await self.post(attachments=list(attachments or (attachment(),)), **more)

    async def messages(self, count: int) -> list[dict[str, Any]]:
        """The messages that were sent, once there are so many."""
        async with asyncio.timeout(60):
            return await self._messages(count)

    async def find(self, words: str) -> dict[str, Any]:
        """The message with these words, once it was sent; progress may be shown before it."""
        async with asyncio.timeout(60):
            count = 1
            while not (found := [one for one in await self._messages(count) if words in said(one)]):
                count = len(await self._messages(count)) + 1
        return found[0]

    async def _messages(self, count: int) -> list[dict[str, Any]]:
        while len(sent := [item for item in self.bot.teams.sent if item["type"] == "message"]) < count:
            self.bot.teams.arrived.clear()
            await self.bot.teams.arrived.wait()
        assert SECRET not in json.dumps(self.bot.teams.sent)
        return sent

    async def kept(self) -> str:
        """What the state store contains about the conversation."""
        store = await SqliteStore(self.folder / "state.sqlite3").open()
        try:
            found = await store.load(build_state_key(TENANT, "a:1", "29:ada"))
            return json.dumps(found.value if found else None)
        finally:
            await store.close()


def said(message: dict[str, Any]) -> str:
    if "attachments" not in message:
        return str(message["text"])
    return str(message["attachments"][0]["content"]["fallbackText"])


@pytest_asyncio.fixture
async def room(tmp_path: Path, drive: Drive, files: TeamsAttachmentReader) -> AsyncIterator[Room]:
    identity = IdentityService()
    runner, identity.url = await serve(identity.app())
    conversation = build_dialog_services(KNOWLEDGE, attachment_reader=files).conversation
    async with guarded(identity, trustme.CA(), tmp_path, conversation) as bot:
        yield Room(bot, drive, tmp_path)
        drive.stop.set()
    await runner.cleanup()


@pytest.mark.parametrize("content", [FAILED, gzipped(FAILED), zipped({"x/customization.log": FAILED})])
async def test_a_log_is_read_and_its_diagnosis_follows(room: Room, content: bytes) -> None:
    room.drive.content = content
    await room.attach()
    reading, diagnosis = await room.messages(2)
    assert said(reading).startswith("I'm reading customization.log.")
    assert "I read all of " in said(diagnosis)
    assert TITLE in said(diagnosis)
    [(_, headers)] = room.drive.seen
    assert "Authorization" not in headers


@pytest.mark.parametrize("pack", [bytes, gzipped])
@pytest.mark.parametrize(("locale", "words"), [("en-US", "▲ Might fail: "), ("it-IT", "▲ Potrebbe non riuscire: ")])
async def test_a_template_is_checked_and_its_text_is_not_kept(
    room: Room, pack: Callable[[bytes], bytes], locale: str, words: str
) -> None:
    room.drive.content = pack(build_template(ASKING, SECRET_STEP).encode())
    await room.attach(attachment("golden.json"), locale=locale)
    assert words in said(await room.find("golden.json: "))
    kept = await room.kept()
    assert PASSWORD not in kept
    assert json.loads(kept)["medic"]["preflight"]["check"]["file"]


async def test_bicep_gets_a_sentence_with_what_to_do(room: Room) -> None:
    room.drive.content = b"resource t 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {\n"
    await room.attach(attachment("main.bicep"))
    assert await room.find("bicep build FILE")


async def test_bicep_is_checked_as_far_as_it_can_be_read(room: Room) -> None:
    room.drive.content = b"resource t 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {\n}\n"
    await room.attach(attachment("main.bicep"))
    assert await room.find("main.bicep: ")


async def test_a_template_that_is_too_large_is_checked_on_the_command_line(room: Room) -> None:
    room.drive.content = build_template(ASKING, {"type": "Shell", "inline": ["#" * 300_000]}).encode()
    await room.attach(attachment("golden.json"))
    assert "app.py preflight FILE" in said(await room.find("golden.json is too large"))


async def test_a_printed_run_is_diagnosed_and_leads_to_the_check(room: Room) -> None:
    room.drive.content = build_template(ASKING, **FAILED_RUN).encode()
    await room.attach(attachment("golden.json"))
    diagnosis = await room.find("It broke")
    assert "Might fail" not in said(diagnosis)
    actions = diagnosis["attachments"][0]["content"]["actions"]
    [check] = [one["data"] for one in actions if one["title"] == "Check the template"]
    await room.post(text=None, value=check, replyToId="2")
    assert await room.find("▲ Might fail: ")


async def test_the_link_is_kept_while_the_file_waits_and_no_longer(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def give(request: web.Request) -> web.StreamResponse:
        asked.set()
        await go_on.wait()
        return web.Response(body=FAILED)

    room.drive.give = give
    await room.attach()
    await asked.wait()
    kept = json.loads(await room.kept())
    assert SECRET in json.dumps(kept["pending"])
    assert SECRET not in json.dumps({**kept, "pending": []})
    go_on.set()
    await room.messages(2)
    kept_now = await room.kept()
    assert json.loads(kept_now)["pending"] == [], "gone with the same commit that keeps what the file says"
    assert SECRET not in kept_now
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("bot", "dialogs"))]
    assert SECRET not in "".join(ours)


@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "its link no longer works"), ("it-IT", "il collegamento non funziona più")]
)
async def test_an_expired_link_is_told_with_a_way_on(room: Room, locale: str, words: str) -> None:
    room.drive.status = 404
    await room.attach(locale=locale)
    _, refused = await room.messages(2)
    assert words in said(refused)
    assert "customization.log" in said(refused)


async def test_a_text_beside_the_file_is_answered_too(room: Room) -> None:
    room.drive.content = FAILED
    await room.attach(text=QUOTA)
    quota, reading, diagnosis = await room.messages(3)
    assert "quota" in said(quota).lower()
    assert said(reading).startswith("I'm reading")
    assert TITLE in said(diagnosis)


async def test_of_several_logs_one_is_chosen_by_its_button(room: Room) -> None:
    room.drive.content = zipped({"monday/customization.log": FAILED, "tuesday/customization.log": FAILED + b"\n"})
    await room.attach(attachment("logs.zip", kind="zip"))
    _, choice = await room.messages(2)
    assert "logs.zip holds several logs" in said(choice)
    actions = choice["attachments"][0]["content"]["actions"]
    [monday] = [one["data"] for one in actions if one["title"] == "Go on with monday/customization.log"]
    await room.post(text=None, value=monday, replyToId="2")
    *_, diagnosis = await room.messages(3)
    assert "I read all of monday/customization.log" in said(diagnosis)
    assert TITLE in said(diagnosis)


async def test_more_files_than_are_read_and_what_is_no_file(room: Room) -> None:
    room.drive.content = GOOD
    await room.attach(*(attachment(f"{number}.log") for number in range(7)))
    sent = await room.messages(7)
    assert any(
        said(one) == "I'm reading the first five files of your message. Attach the others after that." for one in sent
    )
    assert len(room.drive.seen) == 5
    await room.attach(
        attachment("a.log"), {"contentType": "image/png"}, {"contentType": "text/html", "content": "<p/>"}
    )
    sent = await room.messages(10)
    assert any(said(one).startswith("I skipped the attachments that I can't read.") for one in sent[7:])


@pytest.mark.parametrize("text", ["", "what is this?"])
async def test_where_others_are_no_file_is_asked_for(room: Room, text: str) -> None:
    group = {"id": "19:x@thread.v2", "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}
    await room.attach(conversation=group, text=text)
    *_, last = await room.messages(2 if text else 1)
    assert said(last).startswith("I can only open files in our private chat")
    assert said(last).endswith("https://teams.microsoft.com/l/chat/0/0?users=28:bot")
    assert room.drive.seen == []


async def test_it_is_said_that_logs_can_be_attached(room: Room) -> None:
    await room.post(text="help")
    [card] = await room.messages(1)
    assert "attach the whole" in said(card).replace("*", "")


def test_a_turn_that_is_kept_has_its_files() -> None:
    turn = Turn(Person("t", "p"), "c", event=MessageSent("x", (AttachedFile("a.log", LINK), AttachedFile("", ""))))
    assert turn_from_json(json.loads(json.dumps(turn_to_json(turn)))) == turn
    assert SECRET not in json.dumps(turn_to_json(turn, should_include_content=False))
    assert SECRET not in repr(turn)
    for broken in (7, [7], [["a"]], [["a", "b", "c"]]):
        assert turn_from_json({**turn_to_json(turn), "files": broken}) is None
