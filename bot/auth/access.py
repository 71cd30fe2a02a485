"""Both directions of trust in one object: who may call the bot, and how the bot proves itself to the channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ssl import SSLContext

from bot.auth.bot_token import SecretSource, Tokens, TokenSource
from bot.auth.credentials import PUBLIC_CLOUD, Cloud, Credentials
from bot.auth.json_client import JsonClient
from bot.auth.loopback import LocalCallers
from bot.auth.request_authenticator import Callers, ServiceCallers
from bot.auth.signing_keys import SigningKeys


@dataclass(frozen=True, slots=True)
class Access:
    """`checks` tell by name whether what the bot depends on is at hand. `tls`: None trusts the usual authorities."""

    callers: Callers
    app_id: str = ""
    tokens: Tokens | None = None
    checks: dict[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)
    closing: tuple[Callable[[], Awaitable[None]], ...] = ()
    tls: SSLContext | None = None

    async def missing(self) -> list[str]:
        """The names of what is not at hand; empty when the bot can work."""
        return [name for name, check in self.checks.items() if not await check()]

    async def close(self) -> None:
        """End what is under way and close the connections."""
        for close in self.closing:
            await close()


def access_for(credentials: Credentials | None, cloud: Cloud = PUBLIC_CLOUD, tls: SSLContext | None = None) -> Access:
    """The access that `credentials` give; without any, this machine's own callers are served, and without a token."""
    if credentials is None:
        return Access(LocalCallers())
    client = JsonClient(tls)
    keys = SigningKeys(client, cloud.metadata_url)
    tokens = Tokens(_source(client, credentials, cloud))
    callers = ServiceCallers(keys, credentials.app_id, cloud.issuer, credentials.allowed_tenants, cloud.services)
    return Access(
        callers,
        credentials.app_id,
        tokens,
        checks={"signing keys": keys.known, "token": tokens.available},
        closing=(keys.close, tokens.close, client.close),
        tls=tls,
    )


def _source(client: JsonClient, credentials: Credentials, cloud: Cloud) -> TokenSource:
    if credentials.kind == "UserAssignedMSI":
        # imported here: it takes a third of a second, and only this kind of bot needs it
        from bot.auth.managed_identity import IdentitySource

        return IdentitySource(credentials.app_id, cloud.scope)
    return SecretSource(client, credentials, cloud)
