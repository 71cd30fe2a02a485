"""What the doctor finds of the looks at Azure: whether the sign-in can begin, what the bot's identity may read."""

from __future__ import annotations

from collections.abc import Callable

from bot.auth.access import access_for
from bot.auth.json_client import JsonClient
from bot.azure.arm.settings import AzureSettings
from bot.azure.open import OpenAzure, open_azure
from bot.doctor.findings import Finding, Surroundings
from bot.host.settings import Settings
from bot.sign_in.token_service import TokenService, TokenServiceFailed
from dialogs.model.azure import Wanted
from dialogs.model.errors import LookRefused
from dialogs.model.turn import Person
from knowledge.diagnosis.diagnoser import Diagnoser

WHAT = "looks"
Opening = Callable[[AzureSettings], OpenAzure]


async def looks(settings: Settings, around: Surroundings, opening: Opening | None = None) -> Finding:
    """One finding for the mode that is set. `opening`: how the bot's identity looks, where it is not the usual way."""
    if settings.azure.look == "user":
        return await _sign_in(settings, around)
    if settings.azure.look == "bot":
        return await _identity(settings.azure, opening or (lambda azure: open_azure(azure, Diagnoser({}))))
    if settings.azure.look == "sandbox":
        return Finding(WHAT, "warning", "The sandbox: what it looks at is made up.")
    return Finding(WHAT, "good", "Off: people get the commands to run. AZURE_LOOK turns looking on.")


async def _sign_in(settings: Settings, around: Surroundings) -> Finding:
    """Whether the token service knows the connection that people sign in with."""
    own = settings.credentials
    access = access_for(own, around.cloud, around.tls)
    client = JsonClient(around.tls)
    try:
        if own is None or access.tokens is None:
            return Finding(WHAT, "fault", "Nobody can sign in to a bot without credentials.")
        connection = settings.azure.connection
        service = TokenService(client, access.tokens, own.app_id, connection, around.cloud.token_service_url)
        nobody = {"person": "doctor", "bot": f"28:{own.app_id}", "conversation": "doctor", "service": ""}
        found = await service.resource(nobody)
    except TokenServiceFailed as error:
        return Finding(
            WHAT,
            "fault",
            f"{error} OAUTH_CONNECTION must be the name of a sign-in connection of the bot's Azure resource; "
            "appmanifest/azure/sign-in.md makes one.",
        )
    finally:
        await client.close()
        await access.close()
    if not found.exchange:
        return Finding(
            WHAT, "warning", "People can sign in, but not silently: the connection has no token exchange URL."
        )
    return Finding(WHAT, "good", "People can sign in; what they may see, Azure decides for each of them.")


async def _identity(settings: AzureSettings, opening: Opening) -> Finding:
    """What the bot's identity may read of the subscriptions on the list."""
    tenant, object_id = min(settings.people)
    azure = opening(settings)
    try:
        # a name that no template has: what is of interest is where it is looked for
        found = await azure.find(Person(tenant, "doctor", object_id=object_id), Wanted(name="doctor-looks-for-nothing"))
    except LookRefused as refused:
        told = refused.refusal
        parts = (told.reason, told.code, f"{told.action} on {told.scope}" if told.action else "")
        why = ", ".join(filter(None, parts))
        role = f" The role {told.role} allows it." if told.role else ""
        return Finding(WHAT, "fault", f"The bot's identity can look at nothing ({why}).{role}")
    finally:
        await azure.close()
    seen, denied = len(found.looked_in), ", ".join(found.denied)
    if denied:
        given = "give it the role of appmanifest/azure there, or take them off AZURE_SUBSCRIPTIONS"
        return Finding(WHAT, "fault", f"The bot's identity may not read {denied}: {given}.")
    people = len(settings.people)
    return Finding(WHAT, "good", f"The bot's identity reads {seen} of the subscriptions, for {people} people.")
