"""Serve the bot with a fake OneDrive, which has what people attached in Teams."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import AsyncIterator
from typing import Any

import app
import bot.host.run
from bot.files.attachment_reader import TeamsAttachmentReader
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.host.services import open_services
from tests.bot.files.drive import Drive, serving, zipped
from tests.upgrade.contract import LOG


@contextlib.asynccontextmanager
async def with_drive(settings: Any, knowledge: Any, *more: Any) -> AsyncIterator[Any]:
    """Open the conversation's ports, and a fake OneDrive that serves one archive for every link."""
    drive = Drive(content=zipped({"logs/customization.log": LOG.encode()}))
    async with open_services(settings, knowledge, *more) as services, serving(drive):
        limits = FileLimits()
        reader = TeamsAttachmentReader(
            knowledge.diagnoser.diagnose_stream, FileDownloader(limits, drive.tls, drive), limits
        )
        yield dataclasses.replace(services, attachment_reader=reader)
        await reader.close()


if __name__ == "__main__":
    bot.host.run.open_services = with_drive
    sys.exit(app.main(["serve", "--sandbox"]))
