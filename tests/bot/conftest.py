"""A fake Teams, and a bot that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import ClientSession, ClientTimeout

from bot.state.sqlite_store import SqliteStore
from tests.azurite.service import azurite
from tests.bot.local_server import serve
from tests.bot.scripted import ScriptedConversation

if TYPE_CHECKING:
    from tests.bot.stand_ins import Chat, FakeTeams

__all__ = ["azurite"]


@pytest_asyncio.fixture
async def teams() -> AsyncIterator[FakeTeams]:
    from tests.bot.stand_ins import FakeTeams  # needs the Bot Framework SDK, which not every test does

    service = FakeTeams()
    runner, service.url = await serve(service.app())
    yield service
    await runner.cleanup()


@pytest_asyncio.fixture
async def chat(teams: FakeTeams, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Chat]:
    """A bot with a scripted conversation. Parametrized indirectly: seconds until the typing indicator."""
    from tests.bot.stand_ins import Chat

    store = await SqliteStore(tmp_path / "state.sqlite3").open()
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        chat = Chat(ScriptedConversation(), store, teams, session, getattr(request, "param", 60.0))
        _, chat.url = await serve(chat.runner)
        yield chat
        await chat.runner.cleanup()
    await store.close()
