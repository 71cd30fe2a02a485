"""Write an audit line for every lookup: who, with which credentials, what, the result, the duration; no contents."""

from __future__ import annotations

import hashlib
import logging

from dialogs.model.azure import AccessMode, AzureRefusal
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)
# independent of the level set for the rest: an audit that can be turned off by accident isn't one
_log.setLevel(logging.INFO)

_SAFE_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@#()")
_MAX_FIELD_CHARS = 300


def write_audit_line(
    person: Person, mode: AccessMode, operation: str, target: str, refusal: AzureRefusal | None, milliseconds: float
) -> None:
    """Write the audit line of one lookup; `refusal` says why it failed, None if it succeeded."""
    result = f"{refusal.reason} code={_sanitize(refusal.code) or '-'}" if refusal else "ok"
    _log.info(
        "look who=%s mode=%s operation=%s what=%s result=%s ms=%d",
        format_person(person), mode, operation, _sanitize(target) or "-", result, milliseconds,
    )  # fmt: skip


def format_person(person: Person) -> str:
    """Return the person as tenant and object id; if the channel gives no object id, as a digest of their channel id."""
    digest = hashlib.sha256(person.id.encode()).hexdigest()[:16]
    return f"{_sanitize(person.tenant) or '-'}/{_sanitize(person.object_id) or '#' + digest}"


def _sanitize(text: str) -> str:
    """Replace every character that could end the line or start a new field."""
    return "".join(c if c in _SAFE_CHARS else "_" for c in text[:_MAX_FIELD_CHARS])
