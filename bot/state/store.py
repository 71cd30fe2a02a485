"""Where a conversation's state is kept between turns: what any store does, and how a state is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import StateTooLargeError
from bot.state.json_text import encode_json

MAX_STATE_BYTES = 512 * 1024
"""The most that one state may take, as compact JSON in UTF-8."""

KEEP_DAYS = 30
"""A conversation in which nothing was said for so long is forgotten, unless the operator says otherwise."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it was loaded. `etag` is what `commit` wants back; `value` is {} when what was kept is unreadable."""

    etag: str
    value: dict[str, Any]


class StateStore(Protocol):
    """Keeps one JSON document a key, replaced as a whole under an ETag. Every method may raise `StoreError`.

    Nothing here needs more than a blob with a condition on its ETag and a tag to find it by.
    """

    async def load(self, key: str) -> StoredState | None:
        """What was last committed under `key`, or None."""
        ...

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Keep `value` if `etag` is still the current one (None: nothing was kept before); returns the new ETag.

        Once it has returned, `value` outlives the process. With `waiting`, `waiting_keys` names the key.

        Raises:
            StateConflict: somebody else committed since `etag` was loaded.
            StateTooLarge: `value` takes more than `MOST_BYTES`.
        """
        ...

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """At most so many keys whose last commit said `waiting`, those that wait longest first."""
        ...

    async def forget(self, key: str) -> None:
        """Remove what is kept under `key`, if anything."""
        ...

    async def prune(self, older_than_seconds: float) -> int:
        """Remove what was not touched for so long; returns how many states went."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        ...


def build_state_key(*parts: str) -> str:
    """The key `tenant|conversation|person`; a `|` inside a part is escaped, so that no two triples share a key."""
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


def encode_state(value: Mapping[str, Any]) -> str:
    """`value` as compact JSON.

    Raises:
        TypeError, ValueError: it holds something that is not plain JSON: a fault of the program.
        StateTooLarge: it is over `MOST_BYTES`.
    """
    text = encode_json(value)
    if len(text) > MAX_STATE_BYTES:
        raise StateTooLargeError(
            f"The state of one conversation would take {len(text) // 1024} KB; at most {MAX_STATE_BYTES // 1024} KB are "
            "kept. Start the conversation over."
        )
    return text.decode()


def decode_state(text: str) -> dict[str, Any]:
    """What `encoded` wrote; {} for anything else, which no dialog takes for a state of its own."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
