"""State for several instances: one blob per conversation in Azure Blob Storage, changed under its ETag.

    state/HASH              the state, as JSON; `marker` in its metadata names the marker that belongs to it
    waiting/HASH.MARKER     something waits in that conversation; its content is the conversation's key

The names contain a hash of the key, so they say nothing about a person. A marker is written before its state, and
removed after a state without one: a crash in between leaves a marker too many, never one too few. Every marker has a
unique name, so removing an old one can't hit a new one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobClient, ContainerClient

from bot.errors import StateConflictError, StoreError
from bot.state.blob_requests import (
    OPERATION_TIMEOUT_SECONDS,
    delete_blob,
    download_blob,
    is_missing_blob,
    translate_errors,
)
from bot.state.store import StoredState, decode_state, encode_state

API_VERSION = "2025-11-05"
"""The API version, pinned: the emulator and some clouds don't accept the library's newest one yet."""
MAX_CACHED_KEYS = 10_000
STRAY_MARKER_SECONDS = 600
"""The age at which a marker is checked for a state that names it: much longer than a commit takes."""
MAX_CONCURRENT_READS = 8

_log = logging.getLogger(__name__)


def build_credential(managed_identity_client_id: str = "") -> AsyncTokenCredential:
    """Build the bot's own credential: a managed or workload identity in Azure, an `az login` elsewhere.

    `managed_identity_client_id` chooses among several managed identities.
    """
    return DefaultAzureCredential(
        **({"managed_identity_client_id": managed_identity_client_id} if managed_identity_client_id else {})
    )


class BlobStore:
    """A `StateStore` in the container at `url`, `https://ACCOUNT.blob.core.windows.net/CONTAINER`.

    Its ETags are the blob's ETag, a space and the marker.

    Args:
        url: The container.
        credential: The bot's credential; it is closed with the store.
        tls: A file of certificate authorities to trust instead of the usual ones.
    """

    def __init__(self, url: str, credential: AsyncTokenCredential, tls: str | None = None) -> None:
        self._url = url
        self._credential = credential
        tls_options: dict[str, Any] = {"connection_verify": tls} if tls else {}
        self._container = ContainerClient.from_container_url(
            url,
            credential,
            api_version=API_VERSION,
            # the defaults wait 15 s before the first retry and a minute for a response: a turn doesn't have that long
            initial_backoff=1,
            increment_base=2,
            retry_total=2,
            connection_timeout=3,
            read_timeout=5,
            **tls_options,
        )
        # marker blob's name -> conversation key, to save a download per sweep
        self._cached_keys: dict[str, str] = {}
        self._removal_tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> BlobStore:
        """Create the container if it is missing, and return `self`.

        Raises:
            StoreError: It can't be reached, or not with this credential.
        """
        try:
            async with self._translate_errors():
                if not await self._container.exists():
                    await self._container.create_container()
            await self.load("")
        except StoreError as error:
            if isinstance(error.__cause__, ResourceExistsError):  # another instance has just created it
                return self
            await self.close()
            raise
        return self

    async def load(self, key: str) -> StoredState | None:
        """Return what was last committed under `key`, or None."""
        async with self._translate_errors():
            downloaded = await download_blob(self._get_state_blob(key))
        if downloaded is None:
            return None
        content, properties = downloaded
        return StoredState(
            f"{properties.etag} {_get_marker(properties)}", decode_state(content.decode("utf-8", "replace"))
        )

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Store `value` if `etag` is current, and return the new ETag. See `StateStore.commit`."""
        content = encode_state(value)
        blob_etag, _, old_marker = (etag or "").partition(" ")
        marker = (old_marker or secrets.token_hex(8)) if waiting else ""
        condition: dict[str, Any] = (
            {"etag": blob_etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        )
        async with self._translate_errors():
            if marker and not old_marker:
                await self._get_marker_blob(key, marker).upload_blob(json.dumps(key).encode(), overwrite=True)
            try:
                uploaded = await self._get_state_blob(key).upload_blob(
                    content, overwrite=etag is not None, metadata={"marker": marker}, **condition
                )
            except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
                if isinstance(error, ResourceNotFoundError) and not is_missing_blob(error):
                    raise
                if marker and not old_marker:
                    self._remove_marker(key, marker)
                raise StateConflictError(
                    "This conversation was changed by another turn meanwhile; load it again and repeat the turn."
                ) from error
        if old_marker and not marker:
            self._remove_marker(key, old_marker)
        return f"{uploaded['etag']} {marker}"

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """Return at most `limit` keys that were committed with `waiting`, longest waiting first.

        A key may be listed although nothing waits, until its stray marker is removed.
        """
        async with self._translate_errors(2):
            markers = [blob async for blob in self._container.list_blobs(name_starts_with="waiting/")]
        markers.sort(key=lambda blob: blob.last_modified)
        slots = asyncio.Semaphore(MAX_CONCURRENT_READS)

        async def read_key(blob: BlobProperties) -> str | None:
            async with slots, self._translate_errors():
                return await self._read_marker_key(blob)

        keys = await asyncio.gather(*(read_key(blob) for blob in markers[:limit]))
        return list(dict.fromkeys(key for key in keys if key is not None))

    async def forget(self, key: str) -> None:
        """Delete what is stored under `key`, if anything."""
        async with self._translate_errors():
            downloaded = await download_blob(self._get_state_blob(key))
            if downloaded:
                await delete_blob(self._get_state_blob(key))
                if marker := _get_marker(downloaded[1]):
                    self._remove_marker(key, marker)

    async def prune(self, older_than_seconds: float) -> int:
        """Delete the states that haven't been committed for that long; return how many there were."""
        oldest = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        deleted = 0
        # the whole thing may take minutes; each request has its own timeout
        async with self._translate_errors(None):
            async for blob in self._container.list_blobs(name_starts_with="state/"):
                if blob.last_modified < oldest:
                    # the ETag spares a state that a turn is committing right now
                    deleted += await delete_blob(
                        self._container.get_blob_client(blob.name),
                        etag=blob.etag,
                        match_condition=MatchConditions.IfNotModified,
                    )
        return deleted

    async def close(self) -> None:
        """Wait for the removals of markers that are running, and close the connections."""
        if self._removal_tasks:
            await asyncio.wait(self._removal_tasks, timeout=OPERATION_TIMEOUT_SECONDS)
        await self._container.close()
        await self._credential.close()

    def _get_state_blob(self, key: str) -> BlobClient:
        return self._container.get_blob_client(f"state/{_hash_key(key)}")

    def _get_marker_blob(self, key: str, marker: str) -> BlobClient:
        name = f"waiting/{_hash_key(key)}.{marker}"
        if len(self._cached_keys) >= MAX_CACHED_KEYS:
            self._cached_keys.clear()
        self._cached_keys[name] = key
        return self._container.get_blob_client(name)

    async def _read_marker_key(self, blob: BlobProperties) -> str | None:
        """Return a marker's key; None if it's stray, in which case it's removed."""
        client = self._container.get_blob_client(blob.name)
        key = self._cached_keys.get(blob.name)
        if key is None:
            downloaded = await download_blob(client)
            key = json.loads(downloaded[0]) if downloaded else None
            if not isinstance(key, str):
                return None
            self._cached_keys[blob.name] = key
        if blob.last_modified < datetime.now(UTC) - timedelta(seconds=STRAY_MARKER_SECONDS):
            state = await download_blob(self._get_state_blob(key))
            if not state or not blob.name.endswith(f".{_get_marker(state[1])}"):
                self._cached_keys.pop(blob.name, None)
                await delete_blob(client)
                return None
        return key

    def _remove_marker(self, key: str, marker: str) -> None:
        """Remove a marker in the background. If that fails, it is removed later as a stray one."""

        async def remove() -> None:
            client = self._get_marker_blob(key, marker)
            try:
                async with self._translate_errors():
                    await delete_blob(client)
                self._cached_keys.pop(client.blob_name, None)
            except StoreError as error:
                _log.warning("A marker of waiting replies could not be removed yet: %s", error)

        task = asyncio.create_task(remove())
        self._removal_tasks.add(task)
        task.add_done_callback(self._removal_tasks.discard)

    def _translate_errors(self, timeout_factor: float | None = 1) -> AbstractAsyncContextManager[None]:
        return translate_errors(self._url, timeout_factor)


def _get_marker(properties: BlobProperties) -> str:
    return str((properties.metadata or {}).get("marker", ""))


def _hash_key(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
