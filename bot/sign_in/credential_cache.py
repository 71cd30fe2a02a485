"""Credentials of people that are used again for a while: each closed once it is out of date and nobody uses it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MOST_KEPT = 200
"""Credentials at most; those of whoever has looked least recently go first."""

Key = tuple[str, str, str]
"""Tenant, object id, and the person's id in Teams."""


class Closeable(Protocol):
    """What holds connections."""

    async def close(self) -> None:
        """Close them."""
        ...


C = TypeVar("C", bound=Closeable)


@dataclass(eq=False, slots=True)
class Kept(Generic[C]):
    """A credential good until `until` (seconds since 1970), for the sign-in whose token has the digest `sign_in`.

    `uses` counts the looks that use it now; once it is `gone`, no more begin.
    """

    credential: C
    sign_in: bytes
    until: float
    uses: int = 0
    gone: bool = False

    async def release(self) -> None:
        """A look ends."""
        self.uses -= 1
        if self.gone and self.uses == 0:
            await self.credential.close()

    async def drop(self) -> None:
        """No look may begin with it any more."""
        was, self.gone = self.gone, True
        if not was and self.uses == 0:
            await self.credential.close()


class KeptCredentials(Generic[C]):
    """Credentials by the person whose they are."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Kept[C]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Key) -> Kept[C] | None:
        """That person's, which may be out of date."""
        kept = self._kept.get(key)
        if kept is None or kept.gone:
            return None
        self._kept.move_to_end(key)
        return kept

    async def put(self, key: Key, kept: Kept[C]) -> None:
        """Keep it in place of that person's earlier one."""
        await self.drop(key)
        while len(self._kept) >= self._most:
            await self.drop(next(iter(self._kept)))
        self._kept[key] = kept

    async def drop(self, key: Key) -> None:
        """Forget that person's, if there is one."""
        kept = self._kept.pop(key, None)
        if kept:
            await kept.drop()

    async def close(self) -> None:
        """Forget them all."""
        for key in list(self._kept):
            await self.drop(key)
