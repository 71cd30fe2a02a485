"""A credential that is handed out for one look, and whose tokens come from somebody else."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class NonClosingCredential:
    """What the Azure clients want of a credential beside its tokens: they close it, and that ends nothing here."""

    async def close(self) -> None:
        """Nothing: whoever made what is behind it keeps that for the next look."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        return None
