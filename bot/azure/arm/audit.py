"""Write an audit line for each lookup, each filing, and each shared lookup: who, what, the result, the duration.

It never has contents.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Literal

from dialogs.model.azure import AccessMode
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.turn import Person

AuditedArea = Literal["look", "filing", "share"]

# operators filter by these names, so they stay even if modules move
_LOGS = {
    "look": logging.getLogger("bot.azure.arm.audit"),
    "filing": logging.getLogger("bot.azure.support.audit"),
    "share": logging.getLogger("bot.sharing.audit"),
}
for _log in _LOGS.values():
    # independent of the log level: an audit that can be turned off by accident isn't one
    _log.setLevel(logging.INFO)

_SAFE_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@#()")
_MAX_FIELD_CHARS = 300


def write_audit_line(
    area: AuditedArea,
    person: Person,
    operation: str,
    target: str,
    result: AzureRefusal | str,
    milliseconds: float,
    mode: AccessMode | None = None,
) -> None:
    """Write one line. `result` is a word such as `ok`, or the refusal; `mode` says whose credentials were used."""
    outcome = result if isinstance(result, str) else f"{result.reason} code={_sanitize(result.code) or '-'}"
    _LOGS[area].info(
        "%s who=%s%s operation=%s what=%s result=%s ms=%d",
        area, _format_person(person), f" mode={mode}" if mode else "", operation, _sanitize(target) or "-", outcome,
        milliseconds,
    )  # fmt: skip


def write_share_audit_line(
    person: Person, template_name: str, conversation_id: str, result: str, milliseconds: float
) -> None:
    """Write one line about a lookup that a person shared, or wanted to share, in a conversation."""
    _LOGS["share"].info(
        "share who=%s operation=post what=%s where=%s result=%s ms=%d",
        _format_person(person), _sanitize(template_name) or "-", _sanitize(conversation_id) or "-", _sanitize(result),
        milliseconds,
    )  # fmt: skip


def _format_person(person: Person) -> str:
    """Return the person as tenant and object id; if the channel gives no object id, as a digest of their channel id."""
    digest = hashlib.sha256(person.id.encode()).hexdigest()[:16]
    return f"{_sanitize(person.tenant) or '-'}/{_sanitize(person.object_id) or '#' + digest}"


def _sanitize(text: str) -> str:
    """Replace every character that could end the line or start a new field."""
    return "".join(c if c in _SAFE_CHARS else "_" for c in text[:_MAX_FIELD_CHARS])
