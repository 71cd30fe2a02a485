"""Builds what signing in takes from the settings: the ways to sign in for Teams, the person's eyes for the looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import TYPE_CHECKING

from bot.auth.access import Access
from bot.auth.bot_token import Tokens
from bot.auth.credentials import PUBLIC_CLOUD, Cloud, Credentials
from bot.auth.json_client import JsonClient
from bot.azure.arm.cloud import PUBLIC, US_GOVERNMENT, AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.sign_in.sign_in import SignIn
from bot.sign_in.token_service import TokenService

if TYPE_CHECKING:
    from bot.sign_in.on_behalf_of import UserEyes

FEDERATION = "api://AzureADTokenExchange/.default"
"""What a managed identity's token is for, with which it stands in for a registration's secret."""


@dataclass(frozen=True, slots=True)
class Signing:
    """The two sides of a sign-in. `close` ends the connections of both."""

    sign_in: SignIn
    eyes: UserEyes
    close: Callable[[], Awaitable[None]]


def signing_with(
    credentials: Credentials | None, azure: AzureSettings, access: Access, cloud: Cloud = PUBLIC_CLOUD
) -> Signing | None:
    """What signing in takes by the settings; None where nobody signs in."""
    if azure.look != "user" or credentials is None or access.tokens is None:
        return None
    return signing_for(
        credentials,
        access.tokens,
        azure.connection,
        US_GOVERNMENT if azure.cloud == "usgovernment" else PUBLIC,
        app_id=azure.sign_in_app,
        subscriptions=azure.subscriptions,
        cloud=cloud,
        tls=access.tls,
    )


def signing_for(
    credentials: Credentials,
    tokens: Tokens,
    connection: str,
    azure: AzureCloud,
    *,
    app_id: str = "",
    subscriptions: frozenset[str] = frozenset(),
    cloud: Cloud = PUBLIC_CLOUD,
    tls: SSLContext | None = None,
) -> Signing:
    """What signing in takes for the bot of `credentials`, whose `tokens` are for the Bot Framework service.

    `app_id`: the registration that people sign in to, where it is not the bot's own.
    """
    # imported here: it takes a third of a second, and only where people sign in
    from bot.sign_in.on_behalf_of import UserEyes

    client = JsonClient(tls)
    service = TokenService(client, tokens, credentials.app_id, connection, cloud.token_service_url)
    identity = None
    if credentials.kind == "UserAssignedMSI":
        from bot.auth.managed_identity import IdentitySource

        identity = Tokens(IdentitySource(credentials.app_id, FEDERATION))
    eyes = UserEyes(service, credentials, azure, app_id, identity, subscriptions)

    async def close() -> None:
        await eyes.close()
        if identity:
            await identity.close()
        await client.close()

    return Signing(SignIn(service), eyes, close)
