"""Open the services that the dialogs use, per the settings: Azure or the sandbox, sign-in, tickets, attachments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.auth.channel_auth import ChannelAuth
from bot.auth.credentials import BotCredentials
from bot.azure.arm.settings import AzureSettings
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.open import build_credential_provider, open_azure_reader
from bot.azure.support.open import open_ticket_filer
from bot.files.attachment_reader import TeamsAttachmentReader
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.host.conversation import LoadedKnowledge
from bot.sign_in.setup import build_sign_in_from_settings
from bot.sign_in.sign_in import SignIn
from bot.telemetry.observer import Observer
from dialogs.model.ports import AttachmentReader, AzureReader, TicketFiler
from knowledge.azure_clouds import CLOUDS


@dataclass(frozen=True, slots=True)
class ExternalServices:
    """The services that the dialogs use; None for those that are turned off."""

    azure: AzureReader
    sign_in: SignIn | None = None
    ticket_filer: TicketFiler | None = None
    attachment_reader: AttachmentReader | None = None


@asynccontextmanager
async def open_services(
    settings: AzureSettings,
    knowledge: LoadedKnowledge,
    can_file_tickets: bool = False,
    credentials: BotCredentials | None = None,
    channel_auth: ChannelAuth | None = None,
    observer: Observer | None = None,
) -> AsyncIterator[ExternalServices]:
    """Open the services for the block.

    Args:
        settings: How Azure is accessed.
        knowledge: Diagnoses logs, and classifies tickets.
        can_file_tickets: Whether support tickets may be filed.
        credentials: The bot's own; without them, Teams isn't served, and files can't be attached.
        channel_auth: The bot's authentication, which sign-in uses too.
        observer: Records lookups in Azure.

    Raises:
        StartError: The sandbox can't be started.
    """
    async with AsyncExitStack() as closing:
        credential_provider: CredentialProvider | None = None
        cloud = CLOUDS[settings.cloud]
        sign_in: SignIn | None = None
        if settings.access_mode == "sandbox":
            # deferred: only the sandbox needs it
            from bot.sandbox.builds.scenario import read_scenario
            from bot.sandbox.server import Sandbox
            from bot.sandbox.support.service import FakeSupportService

            support_service = FakeSupportService.from_scenario(await asyncio.to_thread(read_scenario))
            sandbox = await closing.enter_async_context(Sandbox(support_service.build_routes()))
            credential_provider, cloud = sandbox.credential_provider, sandbox.cloud
        elif channel_auth and (setup := build_sign_in_from_settings(credentials, settings, channel_auth)):
            closing.push_async_callback(setup.close)
            credential_provider, sign_in = setup.credential_provider, setup.sign_in
        else:
            credential_provider = build_credential_provider(settings, cloud)
        azure = open_azure_reader(settings, knowledge.diagnoser, credential_provider, cloud, observer)
        closing.push_async_callback(azure.close)
        ticket_filer = open_ticket_filer(can_file_tickets, credential_provider, cloud, knowledge.base.support)
        attachment_reader: TeamsAttachmentReader | None = None
        # the test client and the terminal can't attach files
        if credentials:
            limits = FileLimits()
            attachment_reader = TeamsAttachmentReader(
                knowledge.diagnoser.diagnose_stream, FileDownloader(limits), limits
            )
            closing.push_async_callback(attachment_reader.close)
        yield ExternalServices(azure, sign_in, ticket_filer, attachment_reader)
