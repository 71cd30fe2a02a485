"""Credentials of people that are used again for a while: each closed once it is out of date and nobody uses it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MAX_CACHED = 200
"""Credentials at most; those of whoever has looked least recently go first."""

CredentialKey = tuple[str, str, str]
"""Tenant, object id, and the person's id in Teams."""


class Closeable(Protocol):
    """What holds connections."""

    async def close(self) -> None:
        """Close them."""
        ...


C = TypeVar("C", bound=Closeable)


@dataclass(eq=False, slots=True)
class CachedCredential(Generic[C]):
    """A credential good until `until` (seconds since 1970), for the sign-in whose token has the digest `sign_in`.

    `uses` counts the looks that use it now; once it is `gone`, no more begin.
    """

    credential: C
    sign_in_digest: bytes
    expires_at: float
    active_uses: int = 0
    is_dropped: bool = False

    async def release(self) -> None:
        """A look ends."""
        self.active_uses -= 1
        if self.is_dropped and self.active_uses == 0:
            await self.credential.close()

    async def drop(self) -> None:
        """No look may begin with it any more."""
        was, self.is_dropped = self.is_dropped, True
        if not was and self.active_uses == 0:
            await self.credential.close()


class CredentialCache(Generic[C]):
    """Credentials by the person whose they are."""

    def __init__(self, max_size: int = MAX_CACHED) -> None:
        self._max_size = max_size
        self._entries: OrderedDict[CredentialKey, CachedCredential[C]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: CredentialKey) -> CachedCredential[C] | None:
        """That person's, which may be out of date."""
        kept = self._entries.get(key)
        if kept is None or kept.is_dropped:
            return None
        self._entries.move_to_end(key)
        return kept

    async def put(self, key: CredentialKey, cached: CachedCredential[C]) -> None:
        """Keep it in place of that person's earlier one."""
        await self.drop(key)
        while len(self._entries) >= self._max_size:
            await self.drop(next(iter(self._entries)))
        self._entries[key] = cached

    async def drop(self, key: CredentialKey) -> None:
        """Forget that person's, if there is one."""
        kept = self._entries.pop(key, None)
        if kept:
            await kept.drop()

    async def close(self) -> None:
        """Forget them all."""
        for key in list(self._entries):
            await self.drop(key)
