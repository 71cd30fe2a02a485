"""A fake Azure Support with its API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.bot.azure.support.desk import Office, opened


@pytest_asyncio.fixture
async def office() -> AsyncIterator[Office]:
    async with opened() as office:
        yield office
