"""The search of a message box and "Diagnose" on a message, as Teams sends them over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.cli.app_package import SOURCE_FOLDER
from bot.host.conversation import build_dialog_services
from bot.teams.invokes import InvokeRouter
from bot.teams.message_extension import DIAGNOSE_COMMAND_ID, SEARCH_COMMAND_ID, build_extension_handlers
from tests.bot.local_server import serve
from tests.bot.scripted import KNOWLEDGE
from tests.bot.stand_ins import Chat, build_local_app

SECRET = "Passw0rd-Kx9vQ4wz7"
ERROR = "Failed while waiting for packerizer: Timeout waiting for microservice to complete: 'context deadline exceeded'"


class Extension:
    """Teams' client, as far as message extensions go."""

    def __init__(self, chat: Chat, url: str) -> None:
        self._chat, self._url = chat, url

    async def invoke(self, name: str, value: Any, locale: str = "en-US") -> dict[str, Any]:
        body = self._chat.activity(
            type="invoke", name=f"composeExtension/{name}", value=value, locale=locale, text=None
        )
        async with self._chat.session.post(f"{self._url}/api/messages", json=body) as answered:
            assert answered.status == 200
            found: dict[str, Any] = await answered.json()
            return found

    async def search(self, query: object, locale: str = "en-US") -> dict[str, Any]:
        value = {
            "commandId": SEARCH_COMMAND_ID,
            "parameters": [{"name": "query", "value": query}],
            "queryOptions": {"count": 25},
        }
        found: dict[str, Any] = (await self.invoke("query", value, locale))["composeExtension"]
        return found

    async def diagnose(self, content: object, kind: str = "text", locale: str = "en-US") -> dict[str, Any]:
        payload = {
            "id": "1",
            "body": {"contentType": kind, "content": content},
            "from": {"user": {"displayName": "Ben"}},
        }
        value = {"commandId": DIAGNOSE_COMMAND_ID, "commandContext": "message", "messagePayload": payload}
        found: dict[str, Any] = (await self.invoke("fetchTask", value, locale))["task"]
        return found


@pytest_asyncio.fixture
async def extension(chat: Chat) -> AsyncIterator[Extension]:
    router = InvokeRouter(build_extension_handlers(build_dialog_services(KNOWLEDGE).message_extension))
    runner, url = await serve(web.AppRunner(build_local_app(chat.turns, chat.store, router)))
    yield Extension(chat, url)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("query", "locale", "title"),
    [
        (ERROR, "en-US", "Build timeout exceeded"),
        ("sysprep", "en-US", "Sysprep blocked by an app package"),
        ("build-timeout", "en-US", "Build timeout exceeded"),
        ("la build va in timeout dopo quattro ore", "it-IT", None),
        ("npm", "en-US", "npm couldn't compile a native module: its build failed"),
        ("1603", "en-US", "An MSI package failed to install: Windows Installer error 1603"),
        ("apt lock", "en-US", "apt couldn't get its lock: another process holds it"),
        ("Syspr", "it-IT", "Sysprep bloccato da BitLocker"),
    ],
)
async def test_a_search_gives_cards_to_post(extension: Extension, query: str, locale: str, title: str | None) -> None:
    found = await extension.search(query, locale)
    assert (found["type"], found["attachmentLayout"]) == ("result", "list")
    titles = [one["preview"]["content"]["title"] for one in found["attachments"]]
    assert 0 < len(titles) <= 8
    assert len(set(titles)) == len(titles)
    assert title is None or title in titles
    for one in found["attachments"]:
        content = one["content"]
        assert content["type"] == "AdaptiveCard"
        assert all(action["type"] == "Action.OpenUrl" for action in content["actions"]), "whose buttons would they be?"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Type an error"),
        ("   ", "Type an error"),
        (5, "Type an error"),
        ("zebra crossing", "I found nothing"),
    ],
)
async def test_a_search_that_finds_nothing_says_so(extension: Extension, query: object, said: str) -> None:
    found = await extension.search(query)
    assert found["type"] == "message"
    assert found["text"].startswith(said)


async def test_whatever_a_client_calls_what_was_typed(extension: Extension) -> None:
    first = {"parameters": [{"name": "initialRun", "value": "true"}]}
    assert (await extension.invoke("query", first))["composeExtension"]["type"] == "message"
    typed = {"parameters": [*first["parameters"], {"name": "searchQuery", "value": "build timeout"}]}
    assert (await extension.invoke("query", typed))["composeExtension"]["type"] == "result"


@pytest.mark.parametrize("value", [None, 5, [], {}, {"parameters": 7}, {"parameters": [None, {"name": "query"}]}])
async def test_odd_searches_are_answered_too(extension: Extension, value: object) -> None:
    assert (await extension.invoke("query", value))["composeExtension"]["type"] == "message"


async def test_a_message_is_diagnosed_for_one_and_shared_without_its_lines(extension: Extension) -> None:
    task = await extension.diagnose(f"<p>look: password={SECRET}</p><pre>{ERROR}</pre>", "html")
    assert task["type"] == "continue"
    card = task["value"]["card"]["content"]
    shown = json.dumps(card)
    assert "The build ran out of time" in shown
    assert "context deadline exceeded" in shown
    assert SECRET not in shown
    (share,) = card["actions"]
    assert share["title"] == "Share"

    answer = await extension.invoke("submitAction", {"commandId": DIAGNOSE_COMMAND_ID, "data": share["data"]})
    (posted,) = answer["composeExtension"]["attachments"]
    assert "Build timeout exceeded" in json.dumps(posted)
    assert "context deadline exceeded" not in json.dumps(posted)
    assert not extension._chat.teams.messages, "nothing is posted by the bot itself"


async def test_a_message_of_nothing_known_says_so(extension: Extension) -> None:
    task = await extension.diagnose("Lunch at noon?", locale="it-IT")
    assert "Nessun errore noto" in json.dumps(task["value"]["card"], ensure_ascii=False)
    assert task["value"]["card"]["content"]["actions"] == []


@pytest.mark.parametrize("content", ["", "  ", None, 5, {}])
async def test_a_message_without_text_gets_a_sentence(extension: Extension, content: object) -> None:
    assert (await extension.diagnose(content))["type"] == "message"


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"v": 1, "do": "share", "args": {"entry": "no-such-entry"}},
        {"v": 1, "do": "share", "args": {"entry": 5}},
        {"v": 2, "do": "share", "args": {"entry": "build-timeout"}},
        {"v": 1, "do": "restart", "args": {"entry": "build-timeout"}},
    ],
)
async def test_an_altered_button_shares_nothing(extension: Extension, data: object) -> None:
    answer = await extension.invoke("submitAction", {"commandId": DIAGNOSE_COMMAND_ID, "data": data})
    assert answer["task"]["value"].startswith("I don't know what that button does")


def test_the_manifest_names_the_commands() -> None:
    manifest = json.loads((SOURCE_FOLDER / "manifest.json").read_text("utf-8"))
    commands = {command["id"]: command for command in manifest["composeExtensions"][0]["commands"]}
    assert set(commands) == {SEARCH_COMMAND_ID, DIAGNOSE_COMMAND_ID}
    assert commands[SEARCH_COMMAND_ID]["type"] == "query"
    assert commands[DIAGNOSE_COMMAND_ID]["fetchTask"] is True
    assert commands[DIAGNOSE_COMMAND_ID]["context"] == ["message"]
