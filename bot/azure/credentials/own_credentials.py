"""Eyes that belong to this program: an `az login` of its machine, or the bot's managed identity behind two lists."""

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

from bot.azure.arm.cloud import AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.azure.credentials.non_closing_credential import NonClosingCredential
from dialogs.model.azure import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)


class LocalCredentials:
    """Whoever sits at this machine looks with its `az login`, or what else `DefaultAzureCredential` finds there."""

    def __init__(self, cloud: AzureCloud, subscriptions: frozenset[str] = frozenset()) -> None:
        authority = urlsplit(cloud.authority).netloc
        self._credential = DefaultAzureCredential(authority=authority, process_timeout=6)
        self.subscriptions = subscriptions

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        """The credential of this machine, for everybody."""
        yield self._credential

    async def sign_out(self, person: Person) -> bool:
        """Nobody signed in here: `az logout` is the machine's own."""
        return False

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._credential.close()


class ManagedIdentityCredentials:
    """The bot's managed identity looks, for the people on the operator's list, at the subscriptions on the other."""

    def __init__(self, settings: AzureSettings, credential: AsyncTokenCredential | None = None) -> None:
        if not settings.people or not settings.subscriptions:
            raise ValueError("without both lists the bot's identity would show everybody everything")
        self._people = settings.people
        self.subscriptions = settings.subscriptions
        self._credential = credential or ManagedIdentityCredential(
            client_id=settings.identity_client_id or None, retry_total=1
        )

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        """The identity's credential. Raises `LookRefused` for anybody who is not on the list."""
        if not person.object_id or (person.tenant.lower(), person.object_id.lower()) not in self._people:
            raise AzureRefusedError(AzureRefusal("not-allowed"))
        yield _IdentityCredential(self._credential)

    async def sign_out(self, person: Person) -> bool:
        """Nobody signs in: the operator's list decides."""
        return False

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._credential.close()


class _IdentityCredential(NonClosingCredential):
    """The identity's tokens. Where there are none, the operator is told: nobody who asks could sign in to help that."""

    def __init__(self, inner: AsyncTokenCredential) -> None:
        self._inner = inner

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **_: Any
    ) -> AccessToken:
        """A token. Raises `LookRefused` where the identity has none, and what else the library raises."""
        try:
            return await self._inner.get_token(*scopes, claims=claims, tenant_id=tenant_id)
        except ClientAuthenticationError as error:
            _log.error(
                "The managed identity gave no token to look at Azure (%s). It must be assigned to what the bot runs "
                "on; AZURE_LOOK_CLIENT_ID names it.", type(error).__name__,
            )  # fmt: skip
            raise AzureRefusedError(AzureRefusal("unexpected", code=type(error).__name__)) from error
