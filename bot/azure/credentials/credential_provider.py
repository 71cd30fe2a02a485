"""Decide who may run lookups, and with which credential."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from azure.core.credentials_async import AsyncTokenCredential

from dialogs.model.turn import Person


class CredentialProvider(Protocol):
    """Gives each person the credential for their lookups. That alone decides what a person can see."""

    def open_credential(self, person: Person) -> AbstractAsyncContextManager[AsyncTokenCredential]:
        """Open the credential for one lookup.

        Raises:
            AzureRefusedError: There is none: the person isn't signed in, or isn't on the operator's list.
        """
        ...

    @property
    def subscriptions(self) -> frozenset[str]:
        """Return the ids (lower case) of the subscriptions that lookups may read; empty means all readable ones."""
        ...

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in; return whether there was one."""
        ...

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        ...
