"""The base of credentials that are issued for one lookup and share a longer-lived credential."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class NonClosingCredential:
    """The part of an Azure SDK credential that isn't about tokens.

    The SDK's clients close the credential they were given; here that does nothing.
    """

    async def close(self) -> None:
        """Do nothing: the owner of the shared credential keeps it open for the next lookup."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        return None
