"""Cache people's credentials for a while, and close each once it's dropped and not in use by a lookup."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MAX_CACHED = 200
"""How many credentials are cached; the least recently used is dropped first."""

CredentialKey = tuple[str, str, str]
"""Tenant, object id, and Teams id of a person."""


class Closeable(Protocol):
    """Something that holds connections."""

    async def close(self) -> None:
        """Close the connections."""
        ...


C = TypeVar("C", bound=Closeable)


@dataclass(eq=False, slots=True)
class CachedCredential(Generic[C]):
    """A credential that is valid until `expires_at` (seconds since 1970).

    `sign_in_digest` identifies the sign-in by a digest of its token. `active_uses` counts the lookups that are using
    the credential; once `is_dropped`, no new lookup may use it.
    """

    credential: C
    sign_in_digest: bytes
    expires_at: float
    active_uses: int = 0
    is_dropped: bool = False

    async def release(self) -> None:
        """End one use; close the credential if it was dropped and this was the last use."""
        self.active_uses -= 1
        if self.is_dropped and self.active_uses == 0:
            await self.credential.close()

    async def drop(self) -> None:
        """Allow no new use; close the credential now if it isn't in use."""
        was_dropped, self.is_dropped = self.is_dropped, True
        if not was_dropped and self.active_uses == 0:
            await self.credential.close()


class CredentialCache(Generic[C]):
    """People's credentials, at most `max_size`."""

    def __init__(self, max_size: int = MAX_CACHED) -> None:
        self._max_size = max_size
        self._entries: OrderedDict[CredentialKey, CachedCredential[C]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: CredentialKey) -> CachedCredential[C] | None:
        """Return the person's credential, which may have expired; None if there is none."""
        cached = self._entries.get(key)
        if cached is None or cached.is_dropped:
            return None
        self._entries.move_to_end(key)
        return cached

    async def put(self, key: CredentialKey, cached: CachedCredential[C]) -> None:
        """Add a credential, replacing the person's earlier one."""
        await self.drop(key)
        while len(self._entries) >= self._max_size:
            await self.drop(next(iter(self._entries)))
        self._entries[key] = cached

    async def drop(self, key: CredentialKey) -> None:
        """Remove the person's credential, if there is one."""
        cached = self._entries.pop(key, None)
        if cached:
            await cached.drop()

    async def close(self) -> None:
        """Remove all credentials."""
        for key in list(self._entries):
            await self.drop(key)
