"""Which store the settings ask for, and how the processes that share one are told apart."""

from __future__ import annotations

import secrets

from bot.host.settings import Settings
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StateStore


async def open_store(settings: Settings) -> StateStore:
    """The store, ready for use.

    Raises:
        StoreError: it cannot be used; the message says what to do.
    """
    if not settings.state_blob_url:
        return await SqliteStore(settings.state_path).open()
    # who keeps state in a file does not wait for Azure's libraries
    from bot.state.blob_store import BlobStore, build_credential

    own = settings.credentials
    identity = own.app_id if own and own.app_type == "UserAssignedMSI" else ""
    return await BlobStore(settings.state_blob_url, build_credential(identity)).open()


def build_instance_name(settings: Settings) -> str:
    """A name of this process alone where others share its store.

    A file has one process, and the next is known to be its successor: it need not wait until the former one's leases
    have run out.
    """
    return secrets.token_hex(6) if settings.state_blob_url else ""
