"""Open the state store that the settings ask for, and name the process for stores that several share."""

from __future__ import annotations

import secrets

from bot.host.settings import Settings
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StateStore


async def open_store(settings: Settings) -> StateStore:
    """Open the store and return it, ready for use.

    Raises:
        StoreError: It can't be used; the message says what to do.
    """
    if not settings.state_blob_url:
        return await SqliteStore(settings.state_path).open()
    # deferred: with state in a file nobody waits for the import of Azure's libraries
    from bot.state.blob_store import BlobStore, build_credential

    credentials = settings.credentials
    # the bot's managed identity is the one that the operator has given access to the container
    client_id = credentials.app_id if credentials and credentials.app_type == "UserAssignedMSI" else ""
    return await BlobStore(settings.state_blob_url, build_credential(client_id)).open()


def build_instance_name(settings: Settings) -> str:
    """Build a unique name for this process if others may share its store, else return "".

    With state in a file there is one process at a time. The next one has the same name, so it need not wait until the
    leases of the former one expire.
    """
    return secrets.token_hex(6) if settings.state_blob_url else ""
