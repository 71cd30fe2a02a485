"""What two answers must share if one represents the other: keys, types, the format of IDs and times, states."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"(?!0001)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]+))?Z"
_MAPS = frozenset({"tags", "artifactTags", "userAssignedIdentities", "managedResourceTags"})
"""Keys whose value is an object with names of one's own for keys."""
_WORDS = frozenset(
    {"type", "runState", "runSubState", "provisioningState", "status", "kind", "reason", "preferredContactMethod",
     "severity", "isTemporaryTicket"}
)  # fmt: skip
"""Keys whose values are words of Azure, which stay as they are."""


def describe_shape(value: Any, key: str = "") -> Any:
    """Return the shape of a value of an answer, which is equal for two values that differ only in what they name."""
    if isinstance(value, Mapping):
        if key in _MAPS:
            return sorted({json.dumps([_describe_text(name), describe_shape(item)]) for name, item in value.items()})
        return {name: describe_shape(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(describe_shape(item), sort_keys=True) for item in value})
    if isinstance(value, str):
        return value if key in _WORDS else _describe_text(value)
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def _describe_text(text: str) -> str:
    if match := re.fullmatch(_TIME, text):
        # zeros at the end are left out, so the number of digits varies
        return "time with fractions" if match[1] else "time in seconds"
    if re.fullmatch(_GUID, text):
        return "GUID"
    if re.fullmatch(_GUID, text, re.IGNORECASE):
        return "GUID in capitals"
    if re.match(r"/?(?:subscriptions|providers)/", text):
        return _describe_id(text)
    return "text" if text and not text.startswith("0001-") else text


def _describe_id(resource_id: str) -> str:
    """Return a resource id without the names in it: what is left are Azure's own words, and the slashes."""
    parts = resource_id.split("/")
    first = 1 if resource_id.startswith("/") else 0
    words = [
        part if not part or (index - first) % 2 == 0 or parts[index - 1] == "providers" else "…"
        for index, part in enumerate(parts)
    ]
    return "/".join(words)
