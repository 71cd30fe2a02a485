"""What an earlier version left: its state as a file or as blobs, and what it had sent."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from azure.storage.blob import ContainerClient

from tests.azurite.service import Azurite, issue_token
from tests.upgrade.installation import Json, Sent

FIXTURES = Path(__file__).parent / "fixtures"
AGE = 600
"""Seconds since the capture, for the current version: leases have expired, and replies aren't too old yet."""
API_VERSION = "2025-11-05"

_SECONDS = frozenset({"made", "due", "until", "sign_in"})
_MOMENTS = frozenset({"at", "since", "until"})


def fixture(name: str) -> Any:
    """The content of a fixture in JSON."""
    return json.loads((FIXTURES / name).read_text("utf-8"))


@dataclass(frozen=True)
class Earlier:
    """A capture: when it ended, which service it knew, what was posted that matters later, and what was sent."""

    at: float
    service: str
    posted: dict[str, Json]
    sent: list[Sent]

    def moved(self, text: str, service: str) -> str:
        """A stored document as if the capture had just been made, of conversations of another service."""
        later = time.time() - AGE - self.at
        return json.dumps(_moved(json.loads(text.replace(self.service, service)), later))


def earlier(name: str) -> Earlier:
    """The capture whose messages are in this fixture."""
    found = fixture(name)
    return Earlier(found["at"], found["service"], found["posted"], [Sent(**one) for one in found["sent"]])


def load_file(capture: Earlier, path: Path, service: str) -> None:
    """Make a fresh copy of the captured state file at `path`."""
    path.write_bytes((FIXTURES / "state.db").read_bytes())
    with sqlite3.connect(path) as database:
        for key, value, touched in database.execute("select key, value, touched from state").fetchall():
            now = time.time() - AGE - capture.at + touched
            row = (_key_of_today(key), capture.moved(value, service), now, key)
            database.execute("update state set key = ?, value = ?, touched = ? where key = ?", row)
    database.close()


def load_blobs(capture: Earlier, azurite: Azurite, container: str, service: str) -> None:
    """Create the captured blobs in a container."""
    with _container(azurite, container) as client:
        client.create_container()
        for blob in fixture("blobs.json"):
            name, content = blob["name"], capture.moved(blob["content"], service)
            if '"counts"' in content:
                digest = hashlib.blake2b(_key_of_today("tally|").encode(), digest_size=20)
                name = f"state/{digest.hexdigest()}"
            client.upload_blob(name, content.encode(), metadata=blob["metadata"])


def read_file(path: Path) -> dict[str, Json]:
    """The documents of a state file, by key."""
    with sqlite3.connect(path) as database:
        found = {key: json.loads(value) for key, value in database.execute("select key, value from state")}
    database.close()
    return found


def read_blobs(azurite: Azurite, container: str) -> dict[str, Json]:
    """The documents of a container, by conversation and person as far as they are known."""
    found = {}
    with _container(azurite, container) as client:
        for blob in client.list_blobs(name_starts_with="state/"):
            found[blob.name] = json.loads(client.download_blob(blob.name).readall())
    return found


def state_blob(key: str) -> str:
    """The name of the blob that stores the document of `key`."""
    return f"state/{hashlib.blake2b(key.encode(), digest_size=20).hexdigest()}"


class _SyncCredential:
    """Tokens that Azurite takes, for the synchronous client: it closes its sockets when it's done."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return issue_token()


def _container(azurite: Azurite, name: str) -> ContainerClient:
    return ContainerClient.from_container_url(
        f"{azurite.url}/{name}", _SyncCredential(), api_version=API_VERSION, connection_verify=str(azurite.authority)
    )


def _key_of_today(key: str) -> str:
    """The counts of the day of the capture are those of today."""
    return f"tally|{datetime.now(UTC):%Y-%m-%d}" if key.startswith("tally|") else key


def _moved(value: Any, later: float, key: str = "") -> Any:
    if isinstance(value, dict):
        done = key == "done"
        return {name: _moved(item, later, "made" if done else name) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, later, key) for item in value]
    if key in _SECONDS and isinstance(value, int | float) and value:
        return type(value)(value + later)
    if key in _MOMENTS and isinstance(value, str) and value:
        return (datetime.fromisoformat(value) + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
