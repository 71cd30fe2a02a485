"""A case as a file in Teams, over real HTTP: the consent card, accepting, declining, and every error."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from yarl import URL

from bot.cards.file_cards import CONSENT_TYPE, INFO_TYPE
from bot.errors import UploadError
from bot.files.uploads import FileUploader
from bot.teams.file_consent import FileConsentHandler
from bot.teams.invokes import InvokeRouter
from tests.bot.local_server import serve
from tests.bot.scripted import build_conversation
from tests.bot.stand_ins import Chat, build_local_app, pressed

TEXT = "'Conflict'. Details: Update/Upgrade of image templates is currently not supported"
PLACE = "https://contoso-my.sharepoint.com/personal/ada/uploadSession?guid='x'"
FILE = {
    "contentUrl": "https://contoso-my.sharepoint.com/personal/ada/Documents/case.md",
    "name": "case.md",
    "uploadUrl": PLACE,
    "uniqueId": "1150D938-8870-4044-9F2C-5BBDEBA70C8C",
    "fileType": "md",
}


class Kept(FileUploader):
    """Records what was uploaded where."""

    def __init__(self) -> None:
        super().__init__()
        self.put_there: list[tuple[str, bytes]] = []
        self.fails = False

    async def put(self, place: URL, content: bytes) -> None:
        if self.fails:
            raise UploadError("contoso-my.sharepoint.com did not accept the file: status 500.")
        self.put_there.append((str(place.host), content))


@pytest.fixture
def uploads() -> Kept:
    return Kept()


@pytest_asyncio.fixture
async def giving(chat: Chat, uploads: Kept) -> AsyncIterator[Chat]:
    """The real conversation, with a case that was posted and a file that was asked for."""
    conversation = build_conversation()
    chat.conversation.answer_turn, chat.conversation.hand_off = conversation.answer_turn, conversation.hand_off  # type: ignore[assignment, attr-defined, method-assign]
    files = FileConsentHandler(conversation, uploads).get_handlers()
    app = build_local_app(chat.turns, chat.store, InvokeRouter(files))
    runner, chat.url = await serve(app)
    await chat.send(TEXT)
    await chat.send(value=pressed(chat, "draft"))
    await chat.send(value={**pressed(chat, "post"), "title": "A title of mine", "product": "linux"})
    await chat.send(value=pressed(chat, "file-case"))
    yield chat
    await runner.cleanup()


def question(chat: Chat) -> dict[str, Any]:
    """The question that was sent last."""
    attachment = chat.teams.sent[-1]["attachments"][0]
    assert attachment["contentType"] == CONSENT_TYPE
    return dict(attachment)


async def answer(chat: Chat, action: str = "accept", **more: Any) -> tuple[int, str]:
    """Answers the question as Teams does; returns the HTTP status and body."""
    asked = chat.teams.sent[-1]["attachments"][0]["content"] if "context" not in more else {}
    value = {
        "type": "fileUpload",
        "action": action,
        "context": asked.get("acceptContext"),
        **({"uploadInfo": FILE} if action == "accept" else {}),
        **more.pop("value", {}),
    }
    if "context" in more:
        value["context"] = more.pop("context")
    body = chat.activity(type="invoke", name="fileConsent/invoke", value=value, replyToId="question-1", **more)
    async with chat.session.post(f"{chat.url}/api/messages", json=body) as answered:
        return answered.status, await answered.text()


async def test_teams_asks_with_the_name_and_the_size(giving: Chat, uploads: Kept) -> None:
    asked = question(giving)
    assert asked["name"].startswith("image-medic-case-")
    assert asked["name"].endswith(".md")
    assert asked["content"]["acceptContext"] == asked["content"]["declineContext"]
    await answer(giving)
    [(_, content)] = uploads.put_there
    assert asked["content"]["sizeInBytes"] == len(content)


async def test_yes_puts_the_preview_there_and_shows_the_file_in_the_place_of_the_question(
    giving: Chat, uploads: Kept
) -> None:
    shown = json.dumps(giving.teams.sent)
    assert await answer(giving) == (200, "")
    [(host, content)] = uploads.put_there
    assert host == "contoso-my.sharepoint.com"
    text = content.decode().split("```text\n")[1].split("\n```")[0]
    assert "Title: A title of mine" in text
    for line in text.split("\n"):
        assert json.dumps(line, ensure_ascii=True)[1:-1] in shown
    sent = giving.teams.sent[-1]
    assert giving.teams.methods[-1] == "PUT"
    assert giving.teams.paths[-1].endswith("/question-1")
    assert sent["attachments"] == [
        {
            "contentType": INFO_TYPE,
            "name": "case.md",
            "contentUrl": FILE["contentUrl"],
            "content": {"uniqueId": FILE["uniqueId"], "fileType": "md"},
        }
    ]


async def test_no_is_taken_politely(giving: Chat, uploads: Kept) -> None:
    assert await answer(giving, "decline") == (200, "")
    assert giving.teams.messages[-1].startswith("OK, no file.")
    assert giving.teams.methods[-1] == "PUT"
    assert uploads.put_there == []


async def test_a_repeated_answer_puts_nothing_again(giving: Chat, uploads: Kept) -> None:
    context = question(giving)["content"]["acceptContext"]
    for _ in range(3):
        await answer(giving, id="the same", context=context)
    assert len(uploads.put_there) == 1


async def test_a_case_that_was_changed_is_not_given_under_the_old_name(giving: Chat, uploads: Kept) -> None:
    context = question(giving)["content"]["acceptContext"]
    await giving.send(value={"v": 1, "do": "post", "args": {}, "title": "Another"})
    await answer(giving, context=context)
    assert "The case has changed since I offered this file" in giving.teams.messages[-1]
    assert uploads.put_there == []


@pytest.mark.parametrize(
    "context", [None, "x", [], {}, {"as": "markdown"}, {"as": "../../etc/passwd", "mark": "x", "language": 7}]
)
async def test_an_unknown_upload_context_returns_nothing(giving: Chat, uploads: Kept, context: Any) -> None:
    assert await answer(giving, context=context) == (200, "")
    assert uploads.put_there == []


@pytest.mark.parametrize(
    "info",
    [
        {**FILE, "uploadUrl": "https://evil.example/x"},
        {**FILE, "uploadUrl": None},
        "x",
        None,
    ],
)
async def test_a_file_is_uploaded_nowhere_else(giving: Chat, uploads: Kept, info: Any) -> None:
    assert await answer(giving, value={"uploadInfo": info}) == (200, "")
    assert uploads.put_there == []
    assert "couldn't save the file to your OneDrive" in giving.teams.messages[-1]


async def test_what_teams_does_not_say_of_the_file_is_not_shown(giving: Chat, uploads: Kept) -> None:
    odd = {**FILE, "contentUrl": "https://evil.example/case.md", "uniqueId": 7}
    await answer(giving, value={"uploadInfo": odd})
    assert len(uploads.put_there) == 1
    assert giving.teams.messages[-1] == "The file is in your OneDrive now."


async def test_an_upload_that_fails_is_said(giving: Chat, uploads: Kept) -> None:
    uploads.fails = True
    assert await answer(giving) == (200, "")
    assert "couldn't save the file to your OneDrive" in giving.teams.messages[-1]


@pytest.mark.parametrize(
    "more",
    [
        {"value": {"action": "perhaps"}},
        {"value": {"type": "other"}},
        {"conversation": {"id": "19:x@thread.v2", "conversationType": "groupChat", "isGroup": True}},
    ],
)
async def test_anything_else_is_refused(giving: Chat, uploads: Kept, more: dict[str, Any]) -> None:
    before = len(giving.teams.sent)
    status, _ = await answer(giving, **more)
    assert status == 400
    assert uploads.put_there == []
    assert len(giving.teams.sent) == before


async def test_the_test_client_is_told_that_it_takes_no_files(chat: Chat) -> None:
    conversation = build_conversation()
    chat.conversation.answer_turn = conversation.answer_turn  # type: ignore[assignment, method-assign]
    headers = {"x-ms-agents-playground": "true"}
    await chat.post(chat.activity(TEXT), headers=headers)
    await chat.post(chat.activity(value={"v": 1, "do": "draft", "args": {}}), headers=headers)
    posted = {"v": 1, "do": "post", "args": {}, "product": "linux"}
    await chat.post(chat.activity(value=posted), headers=headers)
    await chat.post(chat.activity(value={"v": 1, "do": "file-case", "args": {}}), headers=headers)
    assert chat.teams.messages[-1].startswith("This test client doesn't accept files")
