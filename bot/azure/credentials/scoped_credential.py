"""A credential for one audience, whose errors can be distinguished from those of the request it's used for."""

from __future__ import annotations

from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from bot.azure.arm.request_policy import ForeignAddressError
from bot.azure.credentials.non_closing_credential import NonClosingCredential
from bot.errors import BotError


# an AzureError too: it's raised inside the SDK, whose pagers, pollers, and retries handle no other base class
class NoTokenError(BotError, AzureError):
    """The identity provider gave no token; `cause` says why."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("The identity provider gave no token.")
        self.cause = cause


class ScopedCredential(NonClosingCredential):
    """Tokens of `inner` for `scope` only, whatever scope a service's challenge asks for. Does not close `inner`."""

    def __init__(self, inner: AsyncTokenCredential, scope: str) -> None:
        self._inner = inner
        self._scope = scope

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **_: Any
    ) -> AccessToken:
        """Return a token.

        Raises:
            NoTokenError: `inner` gave none.
            ForeignAddressError: A token for another scope was requested.
        """
        if scopes != (self._scope,):
            raise ForeignAddressError("A token for another audience was requested.")
        try:
            return await self._inner.get_token(*scopes, claims=claims, tenant_id=tenant_id)
        except Exception as error:
            raise NoTokenError(error) from error
