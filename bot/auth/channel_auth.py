"""Both directions of authentication in one object: callers to the bot, and the bot to the channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ssl import SSLContext

from bot.auth.bot_token import ClientSecretTokenSource, TokenCache, TokenSource
from bot.auth.credentials import PUBLIC_CLOUD, BotCredentials, BotFrameworkCloud
from bot.auth.json_client import JsonClient
from bot.auth.loopback import LoopbackAuthenticator
from bot.auth.request_authenticator import BotFrameworkAuthenticator, RequestAuthenticator
from bot.auth.signing_keys import SigningKeys


@dataclass(frozen=True, slots=True)
class ChannelAuth:
    """How the bot authenticates its callers, and itself to the channel.

    `checks` tell, by name, whether each service that the bot depends on is available. `tls` is None if the system's
    certificate authorities are trusted.
    """

    authenticator: RequestAuthenticator
    app_id: str = ""
    tokens: TokenCache | None = None
    checks: dict[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)
    close_callbacks: tuple[Callable[[], Awaitable[None]], ...] = ()
    tls: SSLContext | None = None

    async def find_unavailable(self) -> list[str]:
        """Return the names of the checks that fail; empty if the bot can work."""
        return [name for name, check in self.checks.items() if not await check()]

    async def close(self) -> None:
        """Cancel what is in progress and close the connections."""
        for close in self.close_callbacks:
            await close()


def build_channel_auth(
    credentials: BotCredentials | None, cloud: BotFrameworkCloud = PUBLIC_CLOUD, tls: SSLContext | None = None
) -> ChannelAuth:
    """Build the authentication for `credentials`.

    Without credentials only callers on this machine are served, and the bot's replies carry no token.
    """
    if credentials is None:
        return ChannelAuth(LoopbackAuthenticator())
    client = JsonClient(tls)
    keys = SigningKeys(client, cloud.metadata_url)
    tokens = TokenCache(_build_token_source(client, credentials, cloud))
    authenticator = BotFrameworkAuthenticator(
        keys, credentials.app_id, cloud.issuer, credentials.allowed_tenants, cloud.service_hosts
    )
    return ChannelAuth(
        authenticator,
        credentials.app_id,
        tokens,
        checks={"signing keys": keys.has_keys, "token": tokens.is_available},
        close_callbacks=(keys.close, tokens.close, client.close),
        tls=tls,
    )


def _build_token_source(client: JsonClient, credentials: BotCredentials, cloud: BotFrameworkCloud) -> TokenSource:
    if credentials.app_type == "UserAssignedMSI":
        # deferred: the import takes a third of a second, and only this type of bot needs it
        from bot.auth.managed_identity import ManagedIdentityTokenSource

        return ManagedIdentityTokenSource(credentials.app_id, cloud.scope)
    return ClientSecretTokenSource(client, credentials, cloud)
