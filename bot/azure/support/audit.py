"""An audit line for everything that was asked of Azure Support: who, what, what came of it, how long; no contents."""

from __future__ import annotations

import logging

from bot.azure.arm.audit import who
from dialogs.model.support import FilingRefusal
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)
# whatever level the operator chose for the rest: an audit that can be turned down by accident is none
_log.setLevel(logging.INFO)

_KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:")
_MOST = 120


def noted(person: Person, operation: str, what: str, result: FilingRefusal | str, milliseconds: float) -> None:
    """Write the line. `result` is a word, or the refusal."""
    said = result if isinstance(result, str) else f"{result.reason} code={_plain(result.code) or '-'}"
    _log.info(
        "filing who=%s operation=%s what=%s result=%s ms=%d", who(person), operation, _plain(what), said, milliseconds
    )


def _plain(text: str) -> str:
    """What cannot end the line or pretend to be another field."""
    return "".join(c if c in _KEPT else "_" for c in text[:_MOST])
