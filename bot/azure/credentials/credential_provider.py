"""Whose eyes are used for a look: who may look at all, and with which credential."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from azure.core.credentials_async import AsyncTokenCredential

from dialogs.model.turn import Person


class CredentialProvider(Protocol):
    """Gives the credential that looks for a person. Nothing else decides what that person is shown."""

    def open_credential(self, person: Person) -> AbstractAsyncContextManager[AsyncTokenCredential]:
        """The credential for one look. Raises `LookRefused` where there is none: nobody signed in, not on a list."""
        ...

    @property
    def subscriptions(self) -> frozenset[str]:
        """The subscription ids (lower case) that looks are limited to; empty: those that the credential can read."""
        ...

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in; whether there was one."""
        ...

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        ...
