"""A sandbox that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.core.credentials_async import AsyncTokenCredential

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import NEWCOMER, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest_asyncio.fixture
async def sandbox(clock: HandClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, bytes_per_second=None) as sandbox:
        yield sandbox


@pytest_asyncio.fixture
async def credential(sandbox: Sandbox) -> AsyncIterator[AsyncTokenCredential]:
    async with sandbox.credential_provider.open_credential(NEWCOMER) as credential:
        yield credential
