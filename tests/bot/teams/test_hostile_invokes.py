"""Invokes of every name with every odd value, over signed HTTP: answered in words, with nothing sent or shown elsewhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.teams.invokes import EVENT_PREFIX
from tests.bot.hostile import EVES, HERS, ROOM, Whole, elsewhere, whole
from tests.bot.scripted import KNOWLEDGE

pytestmark = pytest.mark.property

SECRET = "Passw0rd-Kx9vQ4wz7"
LOG = f"password={SECRET}\nContext deadline exceeded while waiting for payroll"
NAMES = [
    "adaptiveCard/action", "composeExtension/query", "composeExtension/fetchTask", "composeExtension/submitAction",
    "message/submitAction", "fileConsent/invoke", "signin/tokenExchange", "signin/verifyState", "signin/failure",
    "task/fetch", "config/submit", "tab/fetch", "handoff/action", "event tokens/response", "x" * 5000, "",
]  # fmt: skip
CARDS = [
    {"action": {"type": "Action.Execute", "verb": "forget-yes", "data": {"v": 1}}, "trigger": "automatic"},
    {"action": {"type": "Action.Execute", "verb": ["a"], "data": {"v": 1, "do": 7}}},
    {"action": {"verb": "look-yes", "data": {"v": 1, "args": {"name": {"$gt": ""}}}}},
    {"commandId": "search", "parameters": [{"name": "query", "value": LOG}] * 50},
    {"commandId": "search", "parameters": [{"name": "query", "value": "x " * 200_000}]},
    {"commandId": "diagnose", "messagePayload": {"body": {"contentType": "html", "content": f"<b>{LOG}</b>" * 50}}},
    {"commandId": "diagnose", "messagePayload": {"attachments": [{"contentType": "text/html", "content": "<" * 90_000}]}},
    {"commandId": "diagnose", "messagePayload": {"body": ["x"], "attachments": "x", "from": None}},
    {"data": {"v": 1, "do": "share", "args": {"entry": "../../etc/passwd"}}},
    {"data": {"v": 1, "do": "share", "args": {"entry": LOG}}},
    {"actionName": "feedback", "actionValue": {"reaction": "dislike", "feedback": json.dumps({"feedbackText": LOG})}},
    {"actionName": "feedback", "actionValue": {"reaction": {"a": 1}, "feedback": LOG}},
    {"type": "fileUpload", "action": "accept", "context": {"language": "it", "of": 7}, "uploadInfo": {"uploadUrl": "https://evil.example/"}},
    {"type": "fileUpload", "action": "accept", "context": {}, "uploadInfo": {"uploadUrl": "https://contoso.sharepoint.com/"}},
    {"id": "x" * 10_000, "connectionName": "other", "token": LOG},
    {"state": "123456"},
    {"code": f"resourcematchfailed\nWARNING forged {SECRET}", "message": LOG},
]  # fmt: skip
ODD: list[Any] = [None, True, 7, "x", [], [[[]]], {}, {"action": []}, {"data": "x"}, {"parameters": {"0": 1}}, *CARDS]


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path, KNOWLEDGE) as bot:
        yield bot


async def invoked(bot: Whole, who: dict[str, Any], name: str, value: Any) -> tuple[int, str]:
    bot.posted += 1
    kind, name = ("event", name.removeprefix(EVENT_PREFIX)) if name.startswith(EVENT_PREFIX) else ("invoke", name)
    body = bot.bot.activity(**{**who, "type": kind, "name": name, "id": f"i{bot.posted}", "text": None, "value": value})
    headers = {"Authorization": f"Bearer {bot.bot.identity.token()}"}
    async with bot.bot.session.post(f"{bot.bot.url}/api/messages", json=body, headers=headers) as answered:
        return answered.status, await answered.text()


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:30])
async def test_every_invoke_gets_a_readable_answer(bot: Whole, name: str, caplog: pytest.LogCaptureFixture) -> None:
    await bot.say(HERS, LOG)
    for value in ODD:
        for where in (HERS, elsewhere(HERS, ROOM)):
            status, said = await invoked(bot, where, name, value)
            assert status in (200, 201, 400, 412, 501), (value, said)
            assert "Traceback" not in said
            for hidden in (SECRET, "etc/passwd"):
                assert hidden not in said
                assert hidden not in caplog.text
    assert "urn failed" not in caplog.text
    assert "forged" not in caplog.text
    assert bot.uploads.places == []
    assert bot.azure.asked == []
    assert not any(SECRET in str(one) for one in bot.bot.teams.sent)


async def test_an_invoke_by_someone_else_cannot_reach_a_conversation(bot: Whole) -> None:
    await bot.say(HERS, LOG)
    before = await bot.load_dialog_state(HERS)
    for value in (CARDS[1], CARDS[10], {"action": {"verb": "forget-yes", "data": {"v": 1}}}):
        for name in NAMES:
            await invoked(bot, EVES, name, value)
            await invoked(bot, {**EVES, "conversation": HERS["conversation"]}, name, value)
    assert await bot.load_dialog_state(HERS) == before


@pytest.mark.parametrize("token", [None, "x", "e30.e30.e30"])
async def test_an_invoke_without_a_token_of_the_service_runs_nothing(bot: Whole, token: str | None) -> None:
    for name in NAMES:
        body = bot.bot.activity(**{**HERS, "type": "invoke", "name": name, "text": None, "value": CARDS[0]})
        assert await bot.bot.post(token, body) == 401
    assert await bot.load_dialog_state(HERS) is None
