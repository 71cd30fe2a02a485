"""Build what sign-in needs from the settings: the ways to sign in for Teams, and the credentials for Azure lookups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import TYPE_CHECKING

from bot.auth.bot_token import TokenCache
from bot.auth.channel_auth import ChannelAuth
from bot.auth.credentials import PUBLIC_CLOUD, BotCredentials, BotFrameworkCloud
from bot.auth.json_client import JsonClient
from bot.azure.arm.settings import AzureSettings
from bot.sign_in.sign_in import SignIn
from bot.sign_in.token_service import TokenService
from knowledge.azure_clouds import CLOUDS, AzureCloud

if TYPE_CHECKING:
    from bot.sign_in.on_behalf_of import OnBehalfOfCredentials

FEDERATION_SCOPE = "api://AzureADTokenExchange/.default"
"""The scope of a managed identity's token that replaces a registration's secret (workload identity federation)."""


@dataclass(frozen=True, slots=True)
class SignInSetup:
    """The two sides of sign-in, in Teams and toward Azure. `close` closes the connections of both."""

    sign_in: SignIn
    credential_provider: OnBehalfOfCredentials
    close: Callable[[], Awaitable[None]]


def build_sign_in_from_settings(
    credentials: BotCredentials | None, azure_settings: AzureSettings, channel_auth: ChannelAuth
) -> SignInSetup | None:
    """Build sign-in for the cloud that the settings name; return None if they don't ask for sign-in."""
    if azure_settings.access_mode != "user" or credentials is None or channel_auth.tokens is None:
        return None
    azure_cloud = CLOUDS[azure_settings.cloud]
    return build_sign_in(credentials, channel_auth.tokens, azure_settings, azure_cloud, tls=channel_auth.tls)


def build_sign_in(
    credentials: BotCredentials,
    tokens: TokenCache,
    azure_settings: AzureSettings,
    azure_cloud: AzureCloud,
    bot_framework_cloud: BotFrameworkCloud = PUBLIC_CLOUD,
    tls: SSLContext | None = None,
) -> SignInSetup:
    """Build sign-in for the bot with these `credentials`.

    Args:
        credentials: The bot's registration.
        tokens: The bot's tokens for the Bot Framework service.
        azure_settings: The OAuth connection, the registration that people sign in to, and the subscriptions.
        azure_cloud: The Azure cloud that people read.
        bot_framework_cloud: Where the token service is.
        tls: For the token service; None trusts the system's certificate authorities.
    """
    # deferred: the import takes a third of a second, and only bots with sign-in need it
    from bot.sign_in.on_behalf_of import OnBehalfOfCredentials

    client = JsonClient(tls)
    service = TokenService(
        client, tokens, credentials.app_id, azure_settings.oauth_connection, bot_framework_cloud.token_service_url
    )
    identity_tokens = None
    if credentials.app_type == "UserAssignedMSI":
        from bot.auth.managed_identity import ManagedIdentityTokenSource

        identity_tokens = TokenCache(ManagedIdentityTokenSource(credentials.app_id, FEDERATION_SCOPE))
    credential_provider = OnBehalfOfCredentials(
        service,
        credentials,
        azure_cloud,
        azure_settings.sign_in_app_id,
        identity_tokens,
        azure_settings.subscriptions,
    )

    async def close() -> None:
        await credential_provider.close()
        if identity_tokens:
            await identity_tokens.close()
        await client.close()

    return SignInSetup(SignIn(service), credential_provider, close)
