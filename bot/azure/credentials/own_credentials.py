"""Credentials of the program itself: this machine's `az login`, or the bot's managed identity behind two lists."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

from bot.azure.arm.settings import AzureSettings
from bot.azure.credentials.non_closing_credential import NonClosingCredential
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.azure_clouds import AzureCloud

_log = logging.getLogger(__name__)


class LocalCredentials:
    """This machine's credentials, for its terminal's user: `az login`, or what `DefaultAzureCredential` finds."""

    def __init__(self, cloud: AzureCloud, subscriptions: frozenset[str]) -> None:
        authority = urlsplit(cloud.authority).netloc
        # how many seconds `az` has to answer: a lookup in a turn has 7.5
        self._credential = DefaultAzureCredential(authority=authority, process_timeout=6)
        self.subscriptions = subscriptions

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        """Open the machine's credential, which is the same for everyone."""
        yield self._credential

    async def sign_out(self, person: Person) -> bool:
        """Return False: the bot didn't sign anyone in, and `az logout` is up to the person."""
        return False

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._credential.close()


class ManagedIdentityCredentials:
    """The bot's managed identity, for the people on the operator's list and the subscriptions on the other list."""

    def __init__(self, settings: AzureSettings, credential: AsyncTokenCredential | None = None) -> None:
        if not settings.people or not settings.subscriptions:
            raise ValueError("without both lists the bot's identity would show everything to everyone")
        self._people = settings.people
        self.subscriptions = settings.subscriptions
        self._credential = credential or ManagedIdentityCredential(
            client_id=settings.identity_client_id or None, retry_total=1
        )

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        """Open the identity's credential. Raise `AzureRefusedError` for anyone who isn't on the list."""
        if not person.object_id or (person.tenant.lower(), person.object_id.lower()) not in self._people:
            raise AzureRefusedError(AzureRefusal("not-allowed"))
        yield _IdentityCredential(self._credential)

    async def sign_out(self, person: Person) -> bool:
        """Return False: people don't sign in, the operator's list decides."""
        return False

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._credential.close()


class _IdentityCredential(NonClosingCredential):
    """The identity's tokens. A missing token is the operator's problem: the person can't fix it by signing in."""

    def __init__(self, inner: AsyncTokenCredential) -> None:
        self._inner = inner

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **_: Any
    ) -> AccessToken:
        """Return a token. Raise `AzureRefusedError` if the identity has none; other SDK errors pass through."""
        try:
            return await self._inner.get_token(*scopes, claims=claims, tenant_id=tenant_id)
        except ClientAuthenticationError as error:
            _log.error(
                "The managed identity gave no token for Azure lookups (%s). Assign it to the resource that the bot "
                "runs on; AZURE_LOOK_CLIENT_ID names it.", type(error).__name__,
            )  # fmt: skip
            raise AzureRefusedError(AzureRefusal("unexpected", code=type(error).__name__)) from error
