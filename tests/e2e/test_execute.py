"""Teams' test client presses buttons that wait for their answer: the answer's card replaces the pressed one."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from bot.cards.messages import CardMessage, build_reply_message
from bot.host.http_server import listen
from bot.host.playground import Playground
from bot.host.settings import Settings
from bot.state.sqlite_store import SqliteStore
from bot.teams.botframework import teams_channel
from bot.turns.turn_runner import TurnRunner
from tests.bot.scripted import build_conversation
from tests.bot.stand_ins import build_local_app
from tests.e2e.conftest import CHROMIUM, PATIENCE, TestClient

CONFLICT = "'Conflict'. Details: Update/Upgrade of image templates is currently not supported"


def _executing(reply: Any, hints: bool, owner: str, asks_feedback: bool) -> CardMessage:
    """The message for a reply, its buttons as a card for universal actions has them."""

    def actions(item: Any) -> Iterator[dict[str, Any]]:
        for part in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
            yield from actions(part)
        if isinstance(item, dict) and item.get("type") == "Action.Submit":
            yield item

    message = build_reply_message(reply, hints, owner, asks_feedback)
    message.card["version"] = "1.5"
    for action in list(actions(message.card)):
        action |= {"type": "Action.Execute", "verb": action["data"].pop("do")}
    return message


@pytest_asyncio.fixture
async def executing(
    real: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TestClient]:
    """The test client on a bot whose cards press with Action.Execute."""
    for tool in ("node", "npm", "chromium"):
        real(tool)
    monkeypatch.setattr(teams_channel, "build_reply_message", _executing)
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        settings = Settings(port=one.getsockname()[1], playground_port=other.getsockname()[1])
    store = await SqliteStore(tmp_path / "s.sqlite3").open()
    runner = await listen(build_local_app(TurnRunner(build_conversation(), store), store), settings)
    environ = {**os.environ, "TEAMSAPPTESTER_BROWSER": "none"}
    playground = Playground(settings.url, settings.playground_port, tmp_path / "playground.log", environ)
    try:
        url = await playground.start(print)
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                tmp_path / "profile", executable_path=real("chromium"), headless=True, args=CHROMIUM,
                viewport={"width": 1300, "height": 1500},
            )  # fmt: skip
            client = TestClient(context.pages[0], "execute")
            client.page.set_default_timeout(PATIENCE)
            await client.open(url)
            yield client
            await context.close()
    finally:
        await playground.stop()
        await runner.cleanup()
        await store.close()


async def test_a_walk_by_universal_actions(executing: TestClient) -> None:
    client = executing
    await client.sees("Paste")
    await client.paste(CONFLICT)
    await client.sees("Step 1 of")
    walk = client.page.locator(".ac-adaptiveCard", has_text="An existing image template")
    for step, (button, mark) in enumerate((("Done, next", "✓"), ("Doesn't apply", "–")), 2):
        await client.press(button)
        await client.sees(f"Step {step} of", mark)
        await expect(walk).to_have_count(1)
    await client.picture("step")
    await client.press("Draft a support case")
    await client.sees("Azure Image Builder")
    title = client.last_card().get_by_role("textbox").nth(4)  # as in the walk by messages
    await title.fill("Golden image fails since Monday")
    await client.press("Copy the text")
    # the operating system is not known yet; what was typed is in the card that replaces the form
    await client.sees("Not ready yet")
    await expect(title).to_have_value("Golden image fails since Monday")
    await client.picture("form")
