"""The audit log of requests to Azure Support: who, which operation and target, result, duration. Never contents."""

from __future__ import annotations

import logging

from bot.azure.arm.audit import format_person
from dialogs.model.support import TicketRefusal
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)
# independent of LOG_LEVEL: an operator who makes the log quieter must not lose the audit lines by accident
_log.setLevel(logging.INFO)

_SAFE_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:")
_MAX_FIELD_CHARS = 120


def write_ticket_audit_line(
    person: Person, operation: str, target: str, result: TicketRefusal | str, milliseconds: float
) -> None:
    """Write one audit line. `result` is a single word such as `ok`, or the refusal."""
    outcome = result if isinstance(result, str) else f"{result.reason} code={_sanitize(result.code) or '-'}"
    _log.info(
        "filing who=%s operation=%s what=%s result=%s ms=%d",
        format_person(person),
        operation,
        _sanitize(target),
        outcome,
        milliseconds,
    )


def _sanitize(text: str) -> str:
    """Replace every character that could end the line or fake another field, and limit the length."""
    return "".join(c if c in _SAFE_CHARS else "_" for c in text[:_MAX_FIELD_CHARS])
