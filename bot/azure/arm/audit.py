"""An audit line for every look: who, with whose eyes, what, what came of it, how long it took; no contents."""

from __future__ import annotations

import hashlib
import logging

from dialogs.model.azure import LookMode, Refusal
from dialogs.model.turn import Person

_log = logging.getLogger(__name__)
# whatever level the operator chose for the rest: an audit that can be turned down by accident is none
_log.setLevel(logging.INFO)

_KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@#()")
_MOST = 300


def audited(
    person: Person, mode: LookMode, operation: str, what: str, refusal: Refusal | None, milliseconds: float
) -> None:
    """Write the line. `refusal`: why it came to nothing, None when it came to something."""
    result = f"{refusal.reason} code={_plain(refusal.code) or '-'}" if refusal else "ok"
    _log.info(
        "look who=%s mode=%s operation=%s what=%s result=%s ms=%d",
        who(person), mode, operation, _plain(what) or "-", result, milliseconds,
    )  # fmt: skip


def who(person: Person) -> str:
    """The person as tenant and object id, or as a digest of the channel's id where it vouches for no object id."""
    digest = hashlib.sha256(person.id.encode()).hexdigest()[:16]
    return f"{_plain(person.tenant) or '-'}/{_plain(person.object_id) or '#' + digest}"


def _plain(text: str) -> str:
    """What cannot end the line or pretend to be another field."""
    return "".join(c if c in _KEPT else "_" for c in text[:_MOST])
