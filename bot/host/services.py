"""Opens what the conversation asks of the outside, as the settings say: looks, sign-in, filing, files, the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.auth.channel_auth import ChannelAuth
from bot.auth.credentials import BotCredentials
from bot.azure.arm.cloud import AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.open import CLOUDS, build_credential_provider, open_azure_reader
from bot.azure.support.open import open_ticket_filer
from bot.files.attachment_reader import TeamsAttachmentReader
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.host.conversation import Knowledge
from bot.sign_in.setup import build_sign_in_from_settings
from bot.sign_in.sign_in import SignIn
from bot.telemetry.observer import Observer
from dialogs.model.ports import AttachmentReader, AzureReader, TicketFiler


@dataclass(frozen=True, slots=True)
class ExternalServices:
    """What the conversation asks of the outside; None where the settings do not have it."""

    azure: AzureReader
    sign_in: SignIn | None = None
    ticket_filer: TicketFiler | None = None
    attachment_reader: AttachmentReader | None = None


@asynccontextmanager
async def open_services(
    settings: AzureSettings,
    knowledge: Knowledge,
    can_file_tickets: bool = False,
    credentials: BotCredentials | None = None,
    channel_auth: ChannelAuth | None = None,
    observer: Observer | None = None,
) -> AsyncIterator[ExternalServices]:
    """The outside that `settings` ask for, open while the block runs. `filing`: tickets may be filed. `observer` is
    told of looks.

    `credentials` and `access` are the bot's; where there are none Teams is not served, and nobody can attach a file.

    Raises:
        StartError: the sandbox cannot be started.
    """
    async with AsyncExitStack() as closing:
        eyes: CredentialProvider | None = None
        cloud: AzureCloud | None = None
        sign_in: SignIn | None = None
        if settings.access_mode == "sandbox":
            # imported here: nobody else needs it
            from bot.sandbox.builds.scenario import read_scenario
            from bot.sandbox.server import Sandbox
            from bot.sandbox.support.service import build_support_service

            desk = build_support_service(await asyncio.to_thread(read_scenario))
            sandbox = await closing.enter_async_context(Sandbox(desk.build_routes()))
            eyes, cloud = sandbox.credential_provider, sandbox.cloud
        elif channel_auth and (signing := build_sign_in_from_settings(credentials, settings, channel_auth)):
            closing.push_async_callback(signing.close)
            eyes, sign_in = signing.credential_provider, signing.sign_in
        else:
            eyes = build_credential_provider(settings, CLOUDS[settings.cloud])
        azure = open_azure_reader(settings, knowledge.diagnoser, eyes, cloud, observer)
        closing.push_async_callback(azure.close)
        tickets = open_ticket_filer(can_file_tickets, eyes, cloud or CLOUDS[settings.cloud], knowledge.support)
        files: TeamsAttachmentReader | None = None
        if credentials:
            limits = FileLimits()
            files = TeamsAttachmentReader(knowledge.diagnoser.diagnose_stream, FileDownloader(limits), limits)
            closing.push_async_callback(files.close)
        yield ExternalServices(azure, sign_in, tickets, files)
