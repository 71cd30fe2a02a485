"""What the doctor finds of the looks at Azure: whether the sign-in can begin, what the bot's identity may read."""

from __future__ import annotations

from collections.abc import Callable

from bot.auth.channel_auth import build_channel_auth
from bot.auth.json_client import JsonClient
from bot.azure.arm.settings import AzureSettings
from bot.azure.open import CloseableAzureReader, open_azure_reader
from bot.doctor.findings import DoctorEnvironment, Finding
from bot.host.settings import Settings
from bot.sign_in.token_service import TokenService, TokenServiceError
from dialogs.model.azure import TemplateQuery
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.diagnosis.diagnoser import Diagnoser

CHECK_NAME = "looks"
AzureReaderFactory = Callable[[AzureSettings], CloseableAzureReader]


async def check_azure_access(
    settings: Settings, environment: DoctorEnvironment, reader_factory: AzureReaderFactory | None = None
) -> Finding:
    """One finding for the mode that is set. `opening`: how the bot's identity looks, where it is not the usual way."""
    if settings.azure.access_mode == "user":
        return await _check_sign_in(settings, environment)
    if settings.azure.access_mode == "bot":
        return await _check_identity(
            settings.azure, reader_factory or (lambda azure: open_azure_reader(azure, Diagnoser({})))
        )
    if settings.azure.access_mode == "sandbox":
        return Finding(CHECK_NAME, "warning", "The sandbox: what it looks at is made up.")
    return Finding(CHECK_NAME, "good", "Off: people get the commands to run. AZURE_LOOK turns looking on.")


async def _check_sign_in(settings: Settings, environment: DoctorEnvironment) -> Finding:
    """Whether the token service knows the connection that people sign in with."""
    own = settings.credentials
    access = build_channel_auth(own, environment.cloud, environment.tls)
    client = JsonClient(environment.tls)
    try:
        if own is None or access.tokens is None:
            return Finding(CHECK_NAME, "fault", "Nobody can sign in to a bot without credentials.")
        connection = settings.azure.oauth_connection
        service = TokenService(client, access.tokens, own.app_id, connection, environment.cloud.token_service_url)
        nobody = {"person": "doctor", "bot": f"28:{own.app_id}", "conversation": "doctor", "service": ""}
        found = await service.fetch_sign_in_resource(nobody)
    except TokenServiceError as error:
        return Finding(
            CHECK_NAME,
            "fault",
            f"{error} OAUTH_CONNECTION must be the name of a sign-in connection of the bot's Azure resource; "
            "appmanifest/azure/sign-in.md makes one.",
        )
    finally:
        await client.close()
        await access.close()
    if not found.exchange:
        return Finding(
            CHECK_NAME, "warning", "People can sign in, but not silently: the connection has no token exchange URL."
        )
    return Finding(CHECK_NAME, "good", "People can sign in; what they may see, Azure decides for each of them.")


async def _check_identity(settings: AzureSettings, reader_factory: AzureReaderFactory) -> Finding:
    """What the bot's identity may read of the subscriptions on the list."""
    tenant, object_id = min(settings.people)
    azure = reader_factory(settings)
    try:
        # a name that no template has: what is of interest is where it is looked for
        found = await azure.find_templates(
            Person(tenant, "doctor", object_id=object_id), TemplateQuery(name="doctor-looks-for-nothing")
        )
    except AzureRefusedError as refused:
        told = refused.refusal
        parts = (told.reason, told.code, f"{told.action} on {told.scope}" if told.action else "")
        why = ", ".join(filter(None, parts))
        role = f" The role {told.role} allows it." if told.role else ""
        return Finding(CHECK_NAME, "fault", f"The bot's identity can look at nothing ({why}).{role}")
    finally:
        await azure.close()
    seen, denied = len(found.searched_subscriptions), ", ".join(found.denied_subscriptions)
    if denied:
        given = "give it the role of appmanifest/azure there, or take them off AZURE_SUBSCRIPTIONS"
        return Finding(CHECK_NAME, "fault", f"The bot's identity may not read {denied}: {given}.")
    people = len(settings.people)
    return Finding(CHECK_NAME, "good", f"The bot's identity reads {seen} of the subscriptions, for {people} people.")
