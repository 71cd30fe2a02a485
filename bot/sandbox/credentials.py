"""The sandbox's own credential: the only one whose tokens the sandbox takes, and the eyes that look with it."""

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

_LIFETIME_SECONDS = 3600  # seconds


class SandboxTokens:
    """One token for each audience, made anew at every start; a token of one audience does not open the other."""

    def __init__(self, resource_scope: str, storage_scope: str) -> None:
        self._tokens_by_scope = {scope: secrets.token_urlsafe(32) for scope in (resource_scope, storage_scope)}
        self.resource_scope = resource_scope
        self.storage_scope = storage_scope

    def get(self, scope: str) -> str:
        """The token for `scope`; KeyError for any other audience."""
        return self._tokens_by_scope[scope]

    def is_valid(self, authorization: str, scope: str) -> bool:
        """Whether an Authorization header carries the token for `scope`."""
        return hmac.compare_digest(
            authorization.encode("utf-8", "surrogateescape"), f"Bearer {self._tokens_by_scope[scope]}".encode()
        )


class SandboxTokenCredential(NonClosingCredential):
    """Gives the sandbox's tokens to the Azure clients, and nothing for another audience."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self._tokens = tokens

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """The token for the one scope that is asked for.

        Raises:
            ClientAuthenticationError: for a scope that is not the sandbox's, such as one of public Azure.
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
    """Everybody on this machine looks at the sandbox with the same eyes; nobody signs in."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self._tokens = tokens

    @property
    def subscriptions(self) -> frozenset[str]:
        """No limit: everything in the sandbox was made to be looked at."""
        return frozenset()

    def open_credential(self, person: Person) -> AbstractAsyncContextManager[AsyncTokenCredential]:
        """The sandbox's credential, whoever asks."""
        return self._yield_credential()

    @asynccontextmanager
    async def _yield_credential(self) -> AsyncIterator[AsyncTokenCredential]:
        yield SandboxTokenCredential(self._tokens)

    async def sign_out(self, person: Person) -> bool:
        """Nobody was signed in."""
        return False

    async def close(self) -> None:
        """There is nothing to close."""
