"""A running sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.core.credentials_async import AsyncTokenCredential

from tests.bot.sandbox.clients import NEWCOMER, HandClock
from tests.bot.sandbox.recording import RecordingSandbox

NO_DELAY = 10**12
"""Bytes per second: so many that reading a log is instant."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest_asyncio.fixture
async def sandbox(clock: HandClock) -> AsyncIterator[RecordingSandbox]:
    async with RecordingSandbox(clock=clock, bytes_per_second=NO_DELAY) as sandbox:
        yield sandbox


@pytest_asyncio.fixture
async def credential(sandbox: RecordingSandbox) -> AsyncIterator[AsyncTokenCredential]:
    async with sandbox.credential_provider.open_credential(NEWCOMER) as credential:
        yield credential
