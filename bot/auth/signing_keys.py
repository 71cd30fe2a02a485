"""The keys that sign the Bot Framework service's requests: fetched from its metadata, cached, refreshed."""

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
from bot.errors import KeysUnavailableError, ServiceUnreachableError

FRESH_SECONDS = 24 * 3600
"""How long keys are used without a refresh."""
KEEP_SECONDS = 72 * 3600
"""How long keys are used if they can't be refreshed."""
MIN_FETCH_INTERVAL_SECONDS = 60
"""The minimum time between two fetches, so that made-up key ids don't each cause one."""
RETRY_SECONDS = 10
"""The minimum time between two fetches after a failed one."""
MIN_KEY_BITS = 2048

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, and the channels that it is endorsed for."""

    key: RSAPublicKey
    channels: frozenset[str]


class SigningKeys:
    """Caches the keys that the OpenID metadata at `metadata_url` refers to, by key id. `clock` counts seconds."""

    def __init__(self, client: JsonClient, metadata_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._url = metadata_url
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at = self._attempted_at = -math.inf
        self._failed = False
        self._fetch_task: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> SigningKey | None:
        """Return the key with the id `key_id`; None if the service has no such key.

        Raises:
            KeysUnavailableError: No keys are known, and they can't be fetched.
        """
        if key_id not in self._get_usable_keys():
            await self._refresh()
            if not self._get_usable_keys():
                raise KeysUnavailableError(
                    "The Bot Framework service's keys can't be fetched, so no request can be checked."
                )
        elif self._compute_age() >= FRESH_SECONDS:
            # in the background: the current keys are still good, so this request doesn't wait
            self._start_fetch()
        return self._get_usable_keys().get(key_id)

    async def has_keys(self) -> bool:
        """Tell whether requests can be checked; fetch the keys if there are none yet."""
        if not self._get_usable_keys():
            await self._refresh()
        return bool(self._get_usable_keys())

    async def close(self) -> None:
        """Cancel a fetch that is in progress."""
        if self._fetch_task is not None:
            self._fetch_task.cancel()
            await asyncio.wait([self._fetch_task])

    def _compute_age(self) -> float:
        return self._clock() - self._fetched_at

    def _get_usable_keys(self) -> dict[str, SigningKey]:
        return self._keys if self._compute_age() < KEEP_SECONDS else {}

    async def _refresh(self) -> None:
        task = self._start_fetch()
        if task is not None:
            await asyncio.wait([task])

    def _start_fetch(self) -> asyncio.Task[None] | None:
        """Return the fetch in progress, which all waiting callers share, or start one.

        Return None if the last one ended a moment ago.
        """
        if self._fetch_task is None or self._fetch_task.done():
            if self._clock() - self._attempted_at < (RETRY_SECONDS if self._failed else MIN_FETCH_INTERVAL_SECONDS):
                return None
            self._fetch_task = asyncio.create_task(self._fetch())
        return self._fetch_task

    async def _fetch(self) -> None:
        try:
            keys = await self._download_keys()
        except ServiceUnreachableError as error:
            self._failed = True
            _log.error("The Bot Framework service's signing keys could not be fetched. %s", error)
        else:
            self._keys, self._fetched_at, self._failed = keys, self._clock(), False
        self._attempted_at = self._clock()

    async def _download_keys(self) -> dict[str, SigningKey]:
        metadata = await self._client.get(self._url)
        keys_url = metadata.get("jwks_uri")
        # the same scheme: https metadata must not lead to keys over http
        if not isinstance(keys_url, str) or keys_url.split(":")[0] != self._url.split(":")[0]:
            raise ServiceUnreachableError(f"The metadata at {self._url} has no address for the keys.")
        entries = (await self._client.get(keys_url)).get("keys")
        keys = dict(filter(None, map(_read_key, entries))) if isinstance(entries, list) else {}
        if not keys:
            raise ServiceUnreachableError(f"There is no usable key at {keys_url}.")
        return keys


def _read_key(value: Any) -> tuple[str, SigningKey] | None:
    """Return the id and key of a key set's entry; None unless it's an RSA signing key of sufficient size."""
    if not isinstance(value, dict) or value.get("kty") != "RSA" or value.get("use", "sig") != "sig":
        return None
    key_id, endorsements = value.get("kid"), value.get("endorsements")
    try:
        key = RSAAlgorithm.from_jwk(value)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(key_id, str) or not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        return None
    channels = (
        frozenset(item for item in endorsements if isinstance(item, str)) if isinstance(endorsements, list) else ()
    )
    return key_id, SigningKey(key, frozenset(channels))
