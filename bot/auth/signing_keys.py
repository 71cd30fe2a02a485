"""The keys that the Bot Framework service signs its requests with: fetched by address, kept, renewed."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

from bot.auth.json_client import JsonClient
from bot.errors import KeysUnavailable, ServiceUnreachable

FRESH_SECONDS = 24 * 3600
"""How long keys are used without asking anew."""
KEEP_SECONDS = 72 * 3600
"""How long keys are used when they cannot be had anew."""
GAP_SECONDS = 60
"""The least time between two fetches: a made-up key id must not cost one each."""
RETRY_SECONDS = 10
"""The same after a fetch that failed."""
SMALLEST_KEY = 2048

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, and the channels that the service endorses it for."""

    key: RSAPublicKey
    channels: frozenset[str]


class SigningKeys:
    """The keys that the OpenID metadata at `metadata_url` leads to, by key id. `clock` counts seconds."""

    def __init__(self, client: JsonClient, metadata_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._url = metadata_url
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._fetched = self._tried = -math.inf
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> SigningKey | None:
        """The key called `key_id`, None if the service has no such key.

        Raises:
            KeysUnavailable: no keys are known, so nothing can be said.
        """
        if key_id not in self._usable():
            await self._refresh()
            if not self._usable():
                raise KeysUnavailable(
                    "The keys of the Bot Framework service cannot be had, so no request can be checked."
                )
        elif self._age() >= FRESH_SECONDS:
            # the next request finds the new ones; this one need not wait for them
            self._start()
        return self._usable().get(key_id)

    async def known(self) -> bool:
        """Whether requests can be checked; fetches the keys when there are none yet."""
        if not self._usable():
            await self._refresh()
        return bool(self._usable())

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _age(self) -> float:
        return self._clock() - self._fetched

    def _usable(self) -> dict[str, SigningKey]:
        return self._keys if self._age() < KEEP_SECONDS else {}

    async def _refresh(self) -> None:
        task = self._start()
        if task is not None:
            await asyncio.wait([task])

    def _start(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None when the last was a moment ago. One at a time serves all who wait."""
        if self._fetching is None or self._fetching.done():
            if self._clock() - self._tried < (RETRY_SECONDS if self._failed else GAP_SECONDS):
                return None
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            found = await self._published()
        except ServiceUnreachable as error:
            self._failed = True
            _log.error("The signing keys of the Bot Framework service could not be fetched. %s", error)
        else:
            self._keys, self._fetched, self._failed = found, self._clock(), False
        self._tried = self._clock()

    async def _published(self) -> dict[str, SigningKey]:
        metadata = await self._client.get(self._url)
        address = metadata.get("jwks_uri")
        if not isinstance(address, str) or address.split(":")[0] != self._url.split(":")[0]:
            raise ServiceUnreachable(f"The metadata at {self._url} names no address of keys.")
        listed = (await self._client.get(address)).get("keys")
        keys = dict(filter(None, map(_read_key, listed))) if isinstance(listed, list) else {}
        if not keys:
            raise ServiceUnreachable(f"There is no usable key at {address}.")
        return keys


def _read_key(found: Any) -> tuple[str, SigningKey] | None:
    """Id and key of one entry of a key set; None for what signs no tokens or is no RSA key of a fair size."""
    if not isinstance(found, dict) or found.get("kty") != "RSA" or found.get("use", "sig") != "sig":
        return None
    key_id, endorsements = found.get("kid"), found.get("endorsements")
    try:
        key = RSAAlgorithm.from_jwk(found)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(key_id, str) or not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        return None
    channels = (
        frozenset(item for item in endorsements if isinstance(item, str)) if isinstance(endorsements, list) else ()
    )
    return key_id, SigningKey(key, frozenset(channels))
