"""The sandbox's tokens, and the credential provider that gives them to the Azure clients."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError

from bot.azure.credentials.non_closing_credential import NonClosingCredential
from dialogs.model.turn import Person

_LIFETIME_SECONDS = 3600


class SandboxTokens:
    """Two random tokens, one for Resource Manager and one for Storage, created at every start of the sandbox.

    As in Azure, a token for one of them isn't valid for the other.
    """

    def __init__(self, resource_scope: str, storage_scope: str) -> None:
        self._tokens_by_scope = {scope: secrets.token_urlsafe(32) for scope in (resource_scope, storage_scope)}
        self.resource_scope = resource_scope
        self.storage_scope = storage_scope

    def get(self, scope: str) -> str:
        """Return the token for `scope`.

        Raises:
            KeyError: The scope isn't one of the sandbox's.
        """
        return self._tokens_by_scope[scope]

    def is_valid(self, authorization: str, scope: str) -> bool:
        """Return whether the value of an Authorization header has the token for `scope`."""
        # bytes, since `compare_digest` raises on non-ASCII text; aiohttp turns invalid UTF-8 into surrogates
        return hmac.compare_digest(
            authorization.encode("utf-8", "surrogateescape"), f"Bearer {self._tokens_by_scope[scope]}".encode()
        )


class SandboxTokenCredential(NonClosingCredential):
    """An Azure credential that knows only the sandbox's tokens."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self._tokens = tokens

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return the token for the requested scope.

        Raises:
            ClientAuthenticationError: The scope isn't one of the sandbox's, for example one of public Azure.
        """
        try:
            (scope,) = scopes
            return AccessToken(self._tokens.get(scope), int(time.time()) + _LIFETIME_SECONDS)
        except (KeyError, ValueError):
            raise ClientAuthenticationError(
                f"The sandbox has no token for {' '.join(scopes) or 'no scope at all'}: its clients ask for "
                f"{self._tokens.resource_scope} or {self._tokens.storage_scope}."
            ) from None


class SandboxCredentials:
    """A credential provider that gives everyone on this machine the same credential, without signing in."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self._tokens = tokens

    @property
    def subscriptions(self) -> frozenset[str]:
        """Return an empty set, which means no limit: nothing in the sandbox is confidential."""
        return frozenset()

    def open_credential(self, person: Person) -> AbstractAsyncContextManager[AsyncTokenCredential]:
        """Open the sandbox's credential, which is the same for everyone."""
        return self._yield_credential()

    @asynccontextmanager
    async def _yield_credential(self) -> AsyncIterator[AsyncTokenCredential]:
        yield SandboxTokenCredential(self._tokens)

    async def sign_out(self, person: Person) -> bool:
        """Return False: nobody is ever signed in."""
        return False

    async def close(self) -> None:
        """Do nothing: there is no connection to close."""
