"""Open the state store that the settings ask for, and name the process in stores that several processes share."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from bot.host.settings import Settings
from bot.state.file_lock import StateFileLock
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StateStore


@contextmanager
def hold_state_file(settings: Settings) -> Iterator[None]:
    """Keep other servers away from the state file during the block; several may share a container of blobs.

    Raises:
        StoreError: Another server holds it; the message says which.
    """
    if settings.state_blob_url:
        yield
        return
    lock = StateFileLock(settings.state_path)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


async def open_store(settings: Settings) -> StateStore:
    """Open the store and return it, ready for use.

    Raises:
        StoreError: It can't be used; the message says what to do.
    """
    if not settings.state_blob_url:
        return await SqliteStore(settings.state_path).open()
    # deferred: with state in a file, there's no need to wait for the import of Azure's libraries
    from bot.state.blob_store import BlobStore, build_credential

    credentials = settings.credentials
    # the operator gave the bot's managed identity access to the container
    client_id = credentials.app_id if credentials and credentials.app_type == "UserAssignedMSI" else ""
    return await BlobStore(settings.state_blob_url, build_credential(client_id)).open()


def build_instance_name(settings: Settings) -> str:
    """Build a unique name for this process if others may share its store, else return "".

    With state in a file there's one process at a time. The next one has the same name, so it doesn't have to wait until
    the previous one's leases expire.
    """
    return secrets.token_hex(6) if settings.state_blob_url else ""
