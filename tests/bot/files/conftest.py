"""A fake OneDrive server, and the port that reads from it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.files.attachment_reader import TeamsAttachmentReader
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from tests.bot.files.drive import Drive, serving
from tests.shipped_knowledge import DIAGNOSER


@pytest_asyncio.fixture
async def drive() -> AsyncIterator[Drive]:
    async with serving(Drive()) as served:
        yield served


@pytest_asyncio.fixture
async def files(drive: Drive, request: pytest.FixtureRequest) -> AsyncIterator[TeamsAttachmentReader]:
    """Reads what the drive gives; a parameter is the limits."""
    limits = getattr(request, "param", FileLimits())
    reader = TeamsAttachmentReader(DIAGNOSER.diagnose_stream, FileDownloader(limits, drive.tls, drive), limits)
    yield reader
    await reader.close()
