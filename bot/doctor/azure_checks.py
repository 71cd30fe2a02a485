"""The doctor's check of Azure access: whether people can sign in, and what the bot's identity can read."""

from __future__ import annotations

from bot.auth.channel_auth import build_channel_auth
from bot.auth.json_client import JsonClient
from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.doctor.checkup import Checkup, DoctorEnvironment
from bot.host.settings import Settings
from bot.sign_in.token_service import TokenService, TokenServiceError
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.template.template_id import TemplateQuery

CHECK_NAME = "looks"


async def check_azure_access(settings: Settings, environment: DoctorEnvironment) -> Checkup:
    """Check the configured access mode, and return one finding about it."""
    if settings.azure.access_mode == "user":
        return await _check_sign_in(settings, environment)
    if settings.azure.access_mode == "bot":
        return await _check_identity(settings.azure)
    if settings.azure.access_mode == "sandbox":
        return Checkup(CHECK_NAME, "warning", "On, with the sandbox: its Azure is made up.")
    return Checkup(CHECK_NAME, "good", "Off: people get commands to run instead. AZURE_LOOK turns it on.")


async def _check_sign_in(settings: Settings, environment: DoctorEnvironment) -> Checkup:
    """Check that the Bot Framework token service knows the OAuth connection that people sign in with."""
    credentials = settings.credentials
    auth = build_channel_auth(credentials, environment.cloud, environment.tls)
    client = JsonClient(environment.tls)
    try:
        if credentials is None or auth.tokens is None:
            return Checkup(CHECK_NAME, "fault", "People can't sign in to a bot without credentials.")
        connection = settings.azure.oauth_connection
        service = TokenService(client, auth.tokens, credentials.app_id, connection, environment.cloud.token_service_url)
        # the service only looks up the connection, so a made-up conversation is enough
        reference = {"person": "doctor", "bot": f"28:{credentials.app_id}", "conversation": "doctor", "service": ""}
        resource = await service.fetch_sign_in_resource(reference)
    except TokenServiceError as error:
        return Checkup(
            CHECK_NAME,
            "fault",
            f"{error} OAUTH_CONNECTION must be the name of a sign-in connection of the bot's Azure resource; "
            "appmanifest/azure/sign-in.md says how to create one.",
        )
    finally:
        await client.close()
        await auth.close()
    if not resource.exchange:
        return Checkup(
            CHECK_NAME, "warning", "People can sign in, but not silently: the connection has no token exchange URL."
        )
    return Checkup(CHECK_NAME, "good", "People can sign in; their own permissions in Azure decide what they see.")


async def _check_identity(settings: AzureSettings) -> Checkup:
    """Check which of the configured subscriptions the bot's identity can read."""
    tenant, object_id = min(settings.people)
    reader = open_azure_reader(settings, Diagnoser({}))
    try:
        # no template has this name, but the search shows which subscriptions can be read
        search = await reader.find_templates(
            Person(tenant, "doctor", object_id=object_id), TemplateQuery(name="doctor-looks-for-nothing")
        )
    except AzureRefusedError as refused:
        refusal = refused.refusal
        parts = (refusal.reason, refusal.code, f"{refusal.action} on {refusal.scope}" if refusal.action else "")
        reason = ", ".join(filter(None, parts))
        advice = f" The role {refusal.role} allows it." if refusal.role else ""
        return Checkup(CHECK_NAME, "fault", f"The bot's identity can't read anything ({reason}).{advice}")
    finally:
        await reader.close()
    if denied := ", ".join(search.denied_subscriptions):
        advice = "assign it the role in appmanifest/azure there, or remove them from AZURE_SUBSCRIPTIONS"
        return Checkup(CHECK_NAME, "fault", f"The bot's identity isn't allowed to read {denied}: {advice}.")
    count, people = len(search.searched_subscriptions), len(settings.people)
    return Checkup(
        CHECK_NAME, "good", f"The bot's identity can read {count} of the subscriptions, for {people} people."
    )
