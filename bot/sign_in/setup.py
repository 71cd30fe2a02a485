"""Builds what signing in takes from the settings: the ways to sign in for Teams, the person's eyes for the looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import TYPE_CHECKING

from bot.auth.bot_token import TokenCache
from bot.auth.channel_auth import ChannelAuth
from bot.auth.credentials import PUBLIC_CLOUD, BotCredentials, BotFrameworkCloud
from bot.auth.json_client import JsonClient
from bot.azure.arm.cloud import PUBLIC, US_GOVERNMENT, AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.sign_in.sign_in import SignIn
from bot.sign_in.token_service import TokenService

if TYPE_CHECKING:
    from bot.sign_in.on_behalf_of import OnBehalfOfCredentials

FEDERATION_SCOPE = "api://AzureADTokenExchange/.default"
"""What a managed identity's token is for, with which it stands in for a registration's secret."""


@dataclass(frozen=True, slots=True)
class SignInSetup:
    """The two sides of a sign-in. `close` ends the connections of both."""

    sign_in: SignIn
    credential_provider: OnBehalfOfCredentials
    close: Callable[[], Awaitable[None]]


def build_sign_in_from_settings(
    credentials: BotCredentials | None,
    azure_settings: AzureSettings,
    channel_auth: ChannelAuth,
    cloud: BotFrameworkCloud = PUBLIC_CLOUD,
) -> SignInSetup | None:
    """What signing in takes by the settings; None where nobody signs in."""
    if azure_settings.access_mode != "user" or credentials is None or channel_auth.tokens is None:
        return None
    return build_sign_in(
        credentials,
        channel_auth.tokens,
        azure_settings.oauth_connection,
        US_GOVERNMENT if azure_settings.cloud == "usgovernment" else PUBLIC,
        app_id=azure_settings.sign_in_app_id,
        subscriptions=azure_settings.subscriptions,
        cloud=cloud,
        tls=channel_auth.tls,
    )


def build_sign_in(
    credentials: BotCredentials,
    tokens: TokenCache,
    connection: str,
    azure_cloud: AzureCloud,
    *,
    app_id: str = "",
    subscriptions: frozenset[str] = frozenset(),
    cloud: BotFrameworkCloud = PUBLIC_CLOUD,
    tls: SSLContext | None = None,
) -> SignInSetup:
    """What signing in takes for the bot of `credentials`, whose `tokens` are for the Bot Framework service.

    `app_id`: the registration that people sign in to, where it is not the bot's own.
    """
    # imported here: it takes a third of a second, and only where people sign in
    from bot.sign_in.on_behalf_of import OnBehalfOfCredentials

    client = JsonClient(tls)
    service = TokenService(client, tokens, credentials.app_id, connection, cloud.token_service_url)
    identity = None
    if credentials.app_type == "UserAssignedMSI":
        from bot.auth.managed_identity import ManagedIdentityTokenSource

        identity = TokenCache(ManagedIdentityTokenSource(credentials.app_id, FEDERATION_SCOPE))
    eyes = OnBehalfOfCredentials(service, credentials, azure_cloud, app_id, identity, subscriptions)

    async def close() -> None:
        await eyes.close()
        if identity:
            await identity.close()
        await client.close()

    return SignInSetup(SignIn(service), eyes, close)
