"""An audit line for every look: who, with whose eyes, what, what came of it, how long it took; no contents."""

from __future__ import annotations

import hashlib
import logging

from dialogs.model.azure import AccessMode, AzureRefusal
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)
# whatever level the operator chose for the rest: an audit that can be turned down by accident is none
_log.setLevel(logging.INFO)

_SAFE_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@#()")
_MAX_FIELD_CHARS = 300


def write_audit_line(
    person: Person, mode: AccessMode, operation: str, target: str, refusal: AzureRefusal | None, milliseconds: float
) -> None:
    """Write the line. `refusal`: why it came to nothing, None when it came to something."""
    result = f"{refusal.reason} code={_sanitize(refusal.code) or '-'}" if refusal else "ok"
    _log.info(
        "look who=%s mode=%s operation=%s what=%s result=%s ms=%d",
        format_person(person), mode, operation, _sanitize(target) or "-", result, milliseconds,
    )  # fmt: skip


def format_person(person: Person) -> str:
    """The person as tenant and object id, or as a digest of the channel's id where it vouches for no object id."""
    digest = hashlib.sha256(person.id.encode()).hexdigest()[:16]
    return f"{_sanitize(person.tenant) or '-'}/{_sanitize(person.object_id) or '#' + digest}"


def _sanitize(text: str) -> str:
    """What cannot end the line or pretend to be another field."""
    return "".join(c if c in _SAFE_CHARS else "_" for c in text[:_MAX_FIELD_CHARS])
