"""Opens what the conversation asks of the outside, as the settings say: looks, sign-in, filing, files, the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.auth.access import Access
from bot.auth.credentials import Credentials
from bot.azure.arm.cloud import AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.azure.credentials.credential_provider import Eyes
from bot.azure.open import CLOUDS, open_azure, own_eyes
from bot.azure.support.open import open_filing
from bot.files.download import Downloads
from bot.files.limits import Limits
from bot.files.reading import AttachedFiles
from bot.host.conversation import Knowledge
from bot.sign_in.setup import signing_with
from bot.sign_in.sign_in import SignIn
from bot.telemetry.observer import Observer
from dialogs.model.ports import Azure, Files, Filing


@dataclass(frozen=True, slots=True)
class Outside:
    """What the conversation asks of the outside; None where the settings do not have it."""

    azure: Azure
    sign_in: SignIn | None = None
    filing: Filing | None = None
    files: Files | None = None


@asynccontextmanager
async def opened(
    settings: AzureSettings,
    known: Knowledge,
    filing: bool = False,
    credentials: Credentials | None = None,
    access: Access | None = None,
    observer: Observer | None = None,
) -> AsyncIterator[Outside]:
    """The outside that `settings` ask for, open while the block runs. `filing`: tickets may be filed. `observer` is
    told of looks.

    `credentials` and `access` are the bot's; where there are none Teams is not served, and nobody can attach a file.

    Raises:
        StartError: the sandbox cannot be started.
    """
    async with AsyncExitStack() as closing:
        eyes: Eyes | None = None
        cloud: AzureCloud | None = None
        sign_in: SignIn | None = None
        if settings.look == "sandbox":
            # imported here: nobody else needs it
            from bot.sandbox.scenario import read_scenario
            from bot.sandbox.serving import Sandbox
            from bot.sandbox.support import desk_of

            desk = desk_of(await asyncio.to_thread(read_scenario))
            sandbox = await closing.enter_async_context(Sandbox(desk.routes()))
            eyes, cloud = sandbox.eyes, sandbox.cloud
        elif access and (signing := signing_with(credentials, settings, access)):
            closing.push_async_callback(signing.close)
            eyes, sign_in = signing.eyes, signing.sign_in
        else:
            eyes = own_eyes(settings, CLOUDS[settings.cloud])
        azure = open_azure(settings, known.diagnoser, eyes, cloud, observer)
        closing.push_async_callback(azure.close)
        tickets = open_filing(filing, eyes, cloud or CLOUDS[settings.cloud], known.support)
        files: AttachedFiles | None = None
        if credentials:
            limits = Limits()
            files = AttachedFiles(known.diagnoser.diagnose_stream, Downloads(limits), limits)
            closing.push_async_callback(files.close)
        yield Outside(azure, sign_in, tickets, files)
