"""Both directions of trust in one object: who may call the bot, and how the bot proves itself to the channel."""

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
    """`checks` tell by name whether what the bot depends on is at hand. `tls`: None trusts the usual authorities."""

    authenticator: RequestAuthenticator
    app_id: str = ""
    tokens: TokenCache | None = None
    checks: dict[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)
    close_callbacks: tuple[Callable[[], Awaitable[None]], ...] = ()
    tls: SSLContext | None = None

    async def find_unavailable(self) -> list[str]:
        """The names of what is not at hand; empty when the bot can work."""
        return [name for name, check in self.checks.items() if not await check()]

    async def close(self) -> None:
        """End what is under way and close the connections."""
        for close in self.close_callbacks:
            await close()


def build_channel_auth(
    credentials: BotCredentials | None, cloud: BotFrameworkCloud = PUBLIC_CLOUD, tls: SSLContext | None = None
) -> ChannelAuth:
    """The access that `credentials` give; without any, this machine's own callers are served, and without a token."""
    if credentials is None:
        return ChannelAuth(LoopbackAuthenticator())
    client = JsonClient(tls)
    keys = SigningKeys(client, cloud.metadata_url)
    tokens = TokenCache(_build_token_source(client, credentials, cloud))
    callers = BotFrameworkAuthenticator(
        keys, credentials.app_id, cloud.issuer, credentials.allowed_tenants, cloud.service_hosts
    )
    return ChannelAuth(
        callers,
        credentials.app_id,
        tokens,
        checks={"signing keys": keys.has_keys, "token": tokens.is_available},
        close_callbacks=(keys.close, tokens.close, client.close),
        tls=tls,
    )


def _build_token_source(client: JsonClient, credentials: BotCredentials, cloud: BotFrameworkCloud) -> TokenSource:
    if credentials.app_type == "UserAssignedMSI":
        # imported here: it takes a third of a second, and only this kind of bot needs it
        from bot.auth.managed_identity import ManagedIdentityTokenSource

        return ManagedIdentityTokenSource(credentials.app_id, cloud.scope)
    return ClientSecretTokenSource(client, credentials, cloud)
