"""Know whether the state store can be written: from the last commit, or by trying."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import StateConflictError, StateTooLargeError, StoreError
from bot.state.store import StateStore, StoredState, encode_state

FRESH_SECONDS = 20.0
"""How long a commit shows that the store can be written."""
PROBE_KEY = "readiness"
"""The key of the document that is written to try. It has no separators, so it can't be a conversation's."""

_log = logging.getLogger(__name__)


class WatchedStore:
    """A `StateStore` in front of `store` that notes whether commits succeed, and logs when that changes."""

    def __init__(self, store: StateStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._written_at = -math.inf
        self._has_failed = False
        self._failed_bytes = 0

    async def load(self, key: str) -> StoredState | None:
        """Return what was last committed under `key`, or None."""
        return await self._store.load(key)

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Store `value` if `etag` is current, and return the new ETag. See `StateStore.commit`."""
        try:
            new_etag = await self._store.commit(key, etag, value, waiting)
        except (StateConflictError, StateTooLargeError):
            raise
        except StoreError as error:
            self._failed_bytes = max(self._failed_bytes, len(encode_state(value)))
            self._note_failure(error)
            raise
        # after a failure, only a commit of that size shows that it's over: a full disk may have room for a small one
        if not self._has_failed or len(encode_state(value)) >= self._failed_bytes:
            self._note_success()
        return new_etag

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """Return at most `limit` keys that were committed with `waiting`, longest waiting first."""
        return await self._store.list_waiting_keys(limit)

    async def forget(self, key: str) -> None:
        """Delete what is stored under `key`, if anything."""
        await self._store.forget(key)

    async def prune(self, older_than_seconds: float) -> int:
        """Delete the states that haven't been committed for that long; return how many there were."""
        return await self._store.prune(older_than_seconds)

    async def close(self) -> None:
        """Finish the running operations and release the storage."""
        await self._store.close()

    async def is_writable(self) -> bool:
        """Return whether the store has just been written; if it hasn't, or if a commit failed, try it now."""
        if not self._has_failed and self._clock() - self._written_at < FRESH_SECONDS:
            return True
        try:
            stored = await self._store.load(PROBE_KEY)
            await self.commit(PROBE_KEY, stored.etag if stored else None, {"filler": "x" * self._failed_bytes})
        except StateConflictError:  # another instance has just written it
            self._note_success()
        except StoreError as error:
            self._note_failure(error)
        return not self._has_failed

    def _note_failure(self, error: StoreError) -> None:
        if not self._has_failed:
            _log.error("State can't be written; until it can, the bot isn't ready, and tells people so. %s", error)
        self._has_failed = True

    def _note_success(self) -> None:
        if self._has_failed:
            _log.warning("State can be written again.")
        self._has_failed, self._failed_bytes, self._written_at = False, 0, self._clock()
