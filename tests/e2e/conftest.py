"""The real parts: the bot as people start it, Microsoft's test client, and a browser."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, async_playwright

from tests.npm_packages import install_npm_packages

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"

# a container's root cannot have Chromium's sandbox; the pages are the test client's alone
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
START_SECONDS = 60
PATIENCE = 20_000  # milliseconds: a busy machine is slow now and then


class Bot:
    """`app.py serve --playground` on its own ports and state folder; `options` are further ones."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.state = folder / "state"
        self._options = options
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            self.port, self.playground_port = one.getsockname()[1], other.getsockname()[1]
        self.said = ""
        self.url = ""
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        own = {
            "PORT": str(self.port), "PLAYGROUND_PORT": str(self.playground_port),
            "STATE_PATH": str(self.state / "s.sqlite3"), "TEAMSAPPTESTER_BROWSER": "none", "AZURE_LOOK": "",
            "RATE_PER_MINUTE": "60000",
        }  # fmt: skip
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "app.py", "serve", "--playground", *self._options, cwd=ROOT, env={**os.environ, **own},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            async for line in self.process.stdout:
                self.said += line.decode()
                found = re.search(r"Teams test client: open (\S+)", self.said)
                if found:
                    self.url = found[1]
                    return
                assert "make chat" not in self.said, self.said
        raise AssertionError(f"the bot ended before its test client was up:\n{self.said}")

    async def stop(self) -> str:
        """End it as Ctrl+C does; returns all that it printed."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
        rest, _ = await self.process.communicate()
        self.said += rest.decode()
        return self.said

    def kept(self) -> bytes:
        """Everything in the state database as it is on disk."""
        return b"".join(path.read_bytes() for path in self.state.glob("s.sqlite3*"))


class TestClient:
    """The test client's page, and what a person does there."""

    __test__ = False

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self._name = name
        self._pictures = 0

    async def open(self, url: str) -> None:
        async def elsewhere(route: Route) -> None:
            await route.abort()

        # fonts and the like from outside are refused, so that the run is the same without a network
        await self.page.route(lambda asked: not asked.startswith((url, "data:", "blob:")), elsewhere)
        await self.page.goto(url)
        await self.page.get_by_text("Connected.").first.wait_for()

    async def paste(self, text: str) -> None:
        """Paste a text of any number of lines into the message box and send it."""
        box = self.page.locator("[role=textbox][contenteditable]").last
        await box.click()
        await self.page.keyboard.insert_text(text)
        await self.page.keyboard.press("Enter")

    async def mention(self, text: str, post: bool = False) -> None:
        """Send a text that begins with a mention of the bot, as groups and channels need it; `post`: as a new post."""
        boxes = self.page.locator("[role=textbox][contenteditable]")
        box = boxes.first if post else boxes.last  # the boxes below a channel's first one answer in its threads
        await box.click()
        await self.page.keyboard.type("@")
        await self.page.locator("#typeahead-menu [role=menuitem]", has_text="Image Medic").click()
        await self.page.keyboard.insert_text(f" {text}")
        if post:
            await self.page.get_by_role("button", name="Post", exact=True).click()
        else:
            await self.page.keyboard.press("Enter")

    async def chat(self, label: str) -> None:
        """Open another chat of the list at the left."""
        await self.page.get_by_role("treeitem", name=label).first.click()

    def card(self, text: str) -> Locator:
        """The newest card with that text."""
        return self.page.locator(".ac-adaptiveCard", has_text=text).last

    def last_card(self) -> Locator:
        return self.page.locator(".ac-adaptiveCard").last

    async def press(self, label: str) -> None:
        """Press a button of the newest card."""
        await self.last_card().get_by_role("button", name=label, exact=True).click()

    async def press_on(self, text: str, label: str) -> None:
        """Press a button of the newest card with that text."""
        await self.card(text).get_by_role("button", name=label, exact=True).click()

    async def sees(self, *parts: str) -> None:
        """Wait until the newest card shows all of it."""
        for part in parts:
            await self.last_card().get_by_text(part).first.wait_for()

    async def picture(self, what: str) -> None:
        self._pictures += 1
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{self._name}-{self._pictures:02}-{what}.png"
        await self.page.screenshot(path=path)
        print(path)


@asynccontextmanager
async def _started(real: Callable[[str], str], folder: Path, *options: str) -> AsyncIterator[Bot]:
    real("node")
    real("chromium")
    await asyncio.to_thread(install_npm_packages, real("npm"), ROOT / "playground")
    bot = Bot(folder, *options)
    await bot.start()
    yield bot
    await bot.stop()


@asynccontextmanager
async def _opened(chromium: str, bot: Bot, folder: Path, name: str) -> AsyncIterator[TestClient]:
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=chromium,
            headless=True,
            args=CHROMIUM,
            viewport={"width": 1300, "height": 1500},
        )
        page = context.pages[0]
        page.set_default_timeout(PATIENCE)
        client = TestClient(page, name)
        await client.open(bot.url)
        yield client
        await context.close()


@pytest_asyncio.fixture
async def bot(real: Callable[[str], str], tmp_path: Path) -> AsyncIterator[Bot]:
    async with _started(real, tmp_path) as bot:
        yield bot


@pytest_asyncio.fixture
async def client(
    real: Callable[[str], str], bot: Bot, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[TestClient]:
    async with _opened(real("chromium"), bot, tmp_path, request.node.name.removeprefix("test_")) as client:
        yield client


@pytest_asyncio.fixture
async def sandbox_client(
    real: Callable[[str], str], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[TestClient]:
    """The test client on a bot that looks at the sandbox's Azure."""
    name = request.node.name.removeprefix("test_")
    async with _started(real, tmp_path, "--sandbox") as bot, _opened(real("chromium"), bot, tmp_path, name) as client:
        yield client
