"""State for several instances: a blob a conversation in a container of Azure Blob Storage, changed under its ETag.

    state/HASH              the state, as JSON; `marker` in its metadata names the marker that stands for it
    waiting/HASH.MARKER     something waits in that conversation; its content is the conversation's key

A name holds a hash of the key and so nothing of a person. A marker is written before the state that it stands for and
removed after one without: a crash in between leaves a marker too much, never one too few. Each has a name of its own,
so that whoever removes an old one cannot meet a new one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobClient, ContainerClient

from bot.errors import StateConflictError, StoreError
from bot.state.store import StoredState, decode_state, encode_state

API_VERSION = "2025-11-05"
"""Of the service, pinned: the library's newest is one that not every cloud, nor the emulator, takes yet."""
OPERATION_TIMEOUT_SECONDS = 15.0
"""What one operation may take with all its tries; a turn is given up after 60."""
MAX_CACHED_KEYS = 10_000
STRAY_MARKER_SECONDS = 600
"""The age from which it is looked up whether a marker still stands for something: much longer than a commit takes."""
MAX_CONCURRENT_READS = 8

_log = logging.getLogger(__name__)


def build_credential(managed_identity_client_id: str = "") -> AsyncTokenCredential:
    """What the bot proves itself with: a managed or workload identity where it runs in Azure, an `az login` elsewhere.

    `identity` is the client id of the managed identity to use, if it is known.
    """
    return DefaultAzureCredential(
        **({"managed_identity_client_id": managed_identity_client_id} if managed_identity_client_id else {})
    )


class BlobStore:
    """A `StateStore` in the container at `url`, `https://ACCOUNT.blob.core.windows.net/CONTAINER`.

    An ETag is the blob's, then a space and the marker. `credential` is closed with the store; `tls` is a file of
    authorities to trust instead of the usual ones.
    """

    def __init__(self, url: str, credential: AsyncTokenCredential, tls: str | None = None) -> None:
        self._url = url
        self._credential = credential
        trusted: dict[str, Any] = {"connection_verify": tls} if tls else {}
        self._container = ContainerClient.from_container_url(
            url,
            credential,
            api_version=API_VERSION,
            # the defaults wait 15 s before a second try and a minute for an answer
            initial_backoff=1,
            increment_base=2,
            retry_total=2,
            connection_timeout=3,
            read_timeout=5,
            **trusted,
        )
        self._cached_keys: dict[str, str] = {}
        self._removal_tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> BlobStore:
        """Make the container where it is missing.

        Raises:
            StoreError: it cannot be reached, or not by this identity.
        """
        try:
            async with self._guard_operation():
                if not await self._container.exists():
                    await self._container.create_container()
            await self.load("")
        except StoreError as error:
            if isinstance(error.__cause__, ResourceExistsError):  # another instance has just made it
                return self
            await self.close()
            raise
        return self

    async def load(self, key: str) -> StoredState | None:
        """What was last committed under `key`, or None."""
        async with self._guard_operation():
            found = await self._download(self._get_state_blob(key))
        if found is None:
            return None
        content, properties = found
        return StoredState(
            f"{properties.etag} {_get_marker(properties)}", decode_state(content.decode("utf-8", "replace"))
        )

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Keep `value` if `etag` is current; returns the new ETag. See `StateStore.commit`."""
        content = encode_state(value).encode()
        current, _, old = (etag or "").partition(" ")
        marker = (old or secrets.token_hex(8)) if waiting else ""
        condition: dict[str, Any] = {"etag": current, "match_condition": MatchConditions.IfNotModified} if etag else {}
        async with self._guard_operation():
            if marker and not old:
                await self._get_marker_blob(key, marker).upload_blob(json.dumps(key).encode(), overwrite=True)
            try:
                kept = await self._get_state_blob(key).upload_blob(
                    content, overwrite=etag is not None, metadata={"marker": marker}, **condition
                )
            except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
                if isinstance(error, ResourceNotFoundError) and not _is_missing_blob(error):
                    raise
                if marker and not old:
                    self._remove_marker(key, marker)
                raise StateConflictError(
                    "This conversation was changed by another turn meanwhile; load it again and repeat the turn."
                ) from error
        if old and not marker:
            self._remove_marker(key, old)
        return f"{kept['etag']} {marker}"

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """At most so many keys whose last commit said `waiting`, those that wait longest first; a stray one or two."""
        async with self._guard_operation(2):
            markers = [blob async for blob in self._container.list_blobs(name_starts_with="waiting/")]
        markers.sort(key=lambda blob: blob.last_modified)
        free = asyncio.Semaphore(MAX_CONCURRENT_READS)

        async def read_key(blob: BlobProperties) -> str | None:
            async with free, self._guard_operation():
                return await self._read_marker_key(blob)

        keys = await asyncio.gather(*(read_key(blob) for blob in markers[:limit]))
        return list(dict.fromkeys(key for key in keys if key is not None))

    async def forget(self, key: str) -> None:
        """Remove what is kept under `key`."""
        async with self._guard_operation():
            found = await self._download(self._get_state_blob(key))
            if found:
                await _delete_blob(self._get_state_blob(key))
                if marker := _get_marker(found[1]):
                    self._remove_marker(key, marker)

    async def prune(self, older_than_seconds: float) -> int:
        """Remove what was not touched for so long; returns how many states went."""
        limit = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        gone = 0
        # it may take minutes: each answer has its own time, all of it has none
        async with self._guard_operation(None):
            async for blob in self._container.list_blobs(name_starts_with="state/"):
                if blob.last_modified < limit:
                    # not what is touched in this very moment
                    gone += await _delete_blob(
                        self._container.get_blob_client(blob.name),
                        etag=blob.etag,
                        match_condition=MatchConditions.IfNotModified,
                    )
        return gone

    async def close(self) -> None:
        """Finish what was begun and close the connections."""
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
        """The key that a marker stands for; None when it stands for nothing, and it is removed then."""
        client = self._container.get_blob_client(blob.name)
        key = self._cached_keys.get(blob.name)
        if key is None:
            found = await self._download(client)
            key = json.loads(found[0]) if found else None
            if not isinstance(key, str):
                return None
            self._cached_keys[blob.name] = key
        if blob.last_modified < datetime.now(UTC) - timedelta(seconds=STRAY_MARKER_SECONDS):
            state = await self._download(self._get_state_blob(key))
            if not state or not blob.name.endswith(f".{_get_marker(state[1])}"):
                self._cached_keys.pop(blob.name, None)
                await _delete_blob(client)
                return None
        return key

    def _remove_marker(self, key: str, marker: str) -> None:
        """Remove a marker, beside what goes on; one that stays is removed as a stray."""

        async def remove() -> None:
            client = self._get_marker_blob(key, marker)
            try:
                async with self._guard_operation():
                    await _delete_blob(client)
                self._cached_keys.pop(client.blob_name, None)
            except StoreError as error:
                _log.warning("A mark that something waits stays for now: %s", error)

        task = asyncio.create_task(remove())
        self._removal_tasks.add(task)
        task.add_done_callback(self._removal_tasks.discard)

    async def _download(self, client: BlobClient) -> tuple[bytes, BlobProperties] | None:
        try:
            stream = await client.download_blob()
            return await stream.readall(), stream.properties
        except ResourceNotFoundError as error:
            if not _is_missing_blob(error):
                raise
            return None

    @asynccontextmanager
    async def _guard_operation(self, timeout_factor: float | None = 1) -> AsyncIterator[None]:
        """Around operations: a bound of time, and every failure as a StoreError in words."""
        try:
            async with asyncio.timeout(None if timeout_factor is None else timeout_factor * OPERATION_TIMEOUT_SECONDS):
                yield
        except (AzureError, TimeoutError, ValueError, OSError) as error:
            raise StoreError(self._describe_error(error)) from error

    def _describe_error(self, error: Exception) -> str:
        code = getattr(error, "error_code", None) or getattr(error, "status_code", None) or type(error).__name__
        where = f"State cannot be kept in {self._url} ({code})"
        if isinstance(error, ClientAuthenticationError) or getattr(error, "status_code", None) in (401, 403):
            return (
                f"{where}: the bot's identity may not. Give it the role Storage Blob Data Contributor on the container "
                "or its account, and let the account's network rules admit the bot."
            )
        if isinstance(error, ResourceNotFoundError):
            return f"{where}: the container is gone. Start the bot again, which makes it, or check STATE_BLOB_URL."
        if isinstance(error, HttpResponseError):
            return f"{where}: the storage account refused. If it does not pass, look at the account's health in Azure."
        return f"{where}: the storage account does not answer. Check STATE_BLOB_URL and the way there."


async def _delete_blob(client: BlobClient, **condition: Any) -> bool:
    """Remove a blob; False when it was gone, or is another one by now."""
    try:
        await client.delete_blob(**condition)
    except (ResourceNotFoundError, ResourceModifiedError):
        return False
    return True


def _is_missing_blob(error: ResourceNotFoundError) -> bool:
    """Whether it is the blob that is not there, and not its container."""
    return getattr(error, "error_code", None) != "ContainerNotFound"


def _get_marker(properties: BlobProperties) -> str:
    return str((properties.metadata or {}).get("marker", ""))


def _hash_key(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
