"""The interface of state stores: one JSON document per conversation, replaced as a whole if the ETag matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import StateTooLargeError
from bot.state.json_text import decode_json, encode_json

MAX_STATE_BYTES = 512 * 1024
"""The maximum size of a state, as compact JSON in UTF-8."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it was loaded.

    Attributes:
        etag: What `StateStore.commit` needs to replace it.
        value: The document; {} if what is stored is unreadable.
    """

    etag: str
    value: dict[str, Any]


class StateStore(Protocol):
    """Stores one JSON document per key. Every method may raise `StoreError`.

    A blob with conditional writes, and a marker to find it by, is enough for an implementation.
    """

    async def load(self, key: str) -> StoredState | None:
        """Return what was last committed under `key`, or None."""
        ...

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Store `value` if `etag` is still current, and return the new ETag. After that, `value` survives a crash.

        Args:
            key: Where to store it.
            etag: The ETag that was loaded; None if nothing was stored.
            value: Plain JSON.
            waiting: Whether `list_waiting_keys` should list the key.

        Raises:
            StateConflictError: Someone else committed since `etag` was loaded.
            StateTooLargeError: `value` takes more than `MAX_STATE_BYTES`.
        """
        ...

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """Return at most `limit` keys that were committed with `waiting`, longest waiting first."""
        ...

    async def forget(self, key: str) -> None:
        """Delete what is stored under `key`, if anything."""
        ...

    async def prune(self, older_than_seconds: float) -> int:
        """Delete the states that haven't been committed for that long; return how many there were."""
        ...

    async def close(self) -> None:
        """Finish the running operations and release the storage."""
        ...


def build_state_key(*parts: str) -> str:
    """Build the key `tenant|conversation|person`; a `|` inside a part is escaped, so no two triples share a key."""
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


def encode_state(value: Mapping[str, Any]) -> bytes:
    """Encode a state as compact JSON in UTF-8.

    Raises:
        TypeError, ValueError: It holds something that isn't plain JSON, which is a bug in the caller.
        StateTooLargeError: It takes more than `MAX_STATE_BYTES`.
    """
    content = encode_json(value)
    if len(content) > MAX_STATE_BYTES:
        raise StateTooLargeError(
            f"The state of one conversation would take {len(content) // 1024} KB; "
            f"at most {MAX_STATE_BYTES // 1024} KB are kept. Start the conversation over."
        )
    return content


def decode_state(content: bytes | str) -> dict[str, Any]:
    """Decode what `encode_state` wrote; return {}, which the dialogs know as lost, for anything else.

    An integer of more than 64 bits becomes a float. Nobody stores one; only a client may send one.
    """
    try:
        value = decode_json(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
