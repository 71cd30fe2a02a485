"""An audit line for everything that was asked of Azure Support: who, what, what came of it, how long; no contents."""

from __future__ import annotations

import logging

from bot.azure.arm.audit import format_person
from dialogs.model.support import TicketRefusal
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)
# whatever level the operator chose for the rest: an audit that can be turned down by accident is none
_log.setLevel(logging.INFO)

_SAFE_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:")
_MAX_FIELD_CHARS = 120


def write_ticket_audit_line(
    person: Person, operation: str, target: str, result: TicketRefusal | str, milliseconds: float
) -> None:
    """Write the line. `result` is a word, or the refusal."""
    said = result if isinstance(result, str) else f"{result.reason} code={_sanitize(result.code) or '-'}"
    _log.info(
        "filing who=%s operation=%s what=%s result=%s ms=%d",
        format_person(person),
        operation,
        _sanitize(target),
        said,
        milliseconds,
    )


def _sanitize(text: str) -> str:
    """What cannot end the line or pretend to be another field."""
    return "".join(c if c in _SAFE_CHARS else "_" for c in text[:_MAX_FIELD_CHARS])
