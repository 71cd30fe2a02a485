"""What a conversation still has to do, as its document keeps it: works that turns left, and turns that take long.

Each is leased by the process that does it, so that of several only one does, and another one when that one dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogs.model.files import AttachedFile
from dialogs.model.job import Job
from dialogs.model.turn import ActionPressed, Person, Turn
from knowledge.redaction.redact import redact

MAX_CRASHED_ATTEMPTS = 3
"""How often it is begun without coming to its end: what ends the program each time must not do so for ever."""
MAX_TEXT_CHARS = 100_000
"""Characters kept of a turn's text, the last ones; the turn itself has all of them unless it is cut by a crash."""


@dataclass(slots=True)
class PendingTurn:
    """A work, or without `work` a turn to be run. Times are seconds since 1970.

    `id` is the mark of the turn that ends it. `turn` is that turn, as `turn_to_json` writes it; `more` is what else the
    outside needs to run it. `begun`: `worker` is at it, until `until` unless it says so again. `cuts`: how often it
    was begun and not ended. `row`: the reply that shows how far a work is, until it was sent, and `message` what
    it says; from then on `shown`, its activity. `due`: not to be begun before.
    """

    id: str
    turn_json: dict[str, Any]
    conversation_reference: dict[str, Any]
    created_at: float
    job_json: dict[str, Any] | None = None
    inbound_fields: dict[str, Any] = field(default_factory=dict)
    in_flight: bool = False
    lease_owner: str = ""
    lease_expires_at: float = 0.0
    crashed_attempts: int = 0
    progress_message_id: str = ""
    progress_message: dict[str, Any] = field(default_factory=dict)
    progress_activity_id: str = ""
    due_at: float = 0.0

    def can_start(self, instance: str, now: float) -> bool:
        """Whether `instance` may begin it, unless it has: what it began in a former life was cut by its end."""
        return self.due_at <= now and (
            not self.in_flight or self.lease_owner == instance or self.lease_expires_at <= now
        )

    def start(self, instance: str, now: float, lease_seconds: float) -> None:
        """Lease it to `instance`."""
        self.crashed_attempts += self.in_flight
        self.in_flight, self.lease_owner, self.lease_expires_at = True, instance, now + lease_seconds

    def release(self, failed: bool = False) -> None:
        """Let anybody begin it anew; unless it `failed`, this one does not count."""
        self.crashed_attempts += failed
        self.in_flight, self.lease_owner, self.lease_expires_at = False, "", 0.0

    def postpone(self, args: Mapping[str, Any], due_at: float) -> None:
        """Let it be done again from `due` on, with `args`; that it was done so far counts for nothing."""
        if self.job_json is not None:
            self.job_json = {"do": self.job_json["do"], "args": dict(args)}
        self.in_flight, self.lease_owner, self.lease_expires_at, self.crashed_attempts, self.due_at = (
            False,
            "",
            0.0,
            0,
            due_at,
        )

    @property
    def parsed_turn(self) -> Turn:
        """The turn that was kept; of a work, the one that reports it, without what is to be reported."""
        turn = turn_from_json(self.turn_json)
        if turn is None:
            raise ValueError("what is pending is not a turn")
        return turn

    @property
    def parsed_job(self) -> Job | None:
        """The work; None for a turn."""
        return Job(self.job_json["do"], self.job_json["args"]) if self.job_json else None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {key: getattr(self, attribute) for key, (attribute, _) in _FIELDS.items()}


_FIELDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "id": ("id", str),
    "turn": ("turn_json", dict),
    "back": ("conversation_reference", dict),
    "made": ("created_at", (int, float)),
    "work": ("job_json", (dict, type(None))),
    "more": ("inbound_fields", dict),
    "begun": ("in_flight", bool),
    "worker": ("lease_owner", str),
    "until": ("lease_expires_at", (int, float)),
    "cuts": ("crashed_attempts", int),
    "row": ("progress_message_id", str),
    "message": ("progress_message", dict),
    "shown": ("progress_activity_id", str),
    "due": ("due_at", (int, float)),
}
"""Stored key -> attribute and type. The keys are those of version 1 of the document and stay."""


def read_pending(item: object) -> PendingTurn | None:
    """What `to_json` wrote; None for anything else."""
    if not isinstance(item, dict):
        return None
    item = {"due": 0.0, **item}  # a document of an earlier version has none
    if not all(key in item and isinstance(item[key], kind) for key, (_, kind) in _FIELDS.items()):
        return None
    work = item["work"]
    if work is not None and not (isinstance(work.get("do"), str) and isinstance(work.get("args"), dict)):
        return None
    pending = PendingTurn(**{attribute: item[key] for key, (attribute, _) in _FIELDS.items()})
    return pending if turn_from_json(pending.turn_json) else None


_PERSON = {"tenant": "tenant", "id": "id", "name": "name", "object_id": "object_id"}
_ACTION = {"do": "action_id", "args": "args", "fields": "fields", "version": "version", "foreign": "is_foreign"}
"""Stored key -> attribute."""


def turn_to_json(turn: Turn, should_include_content: bool = True) -> dict[str, Any]:
    """Who and where, and if it is to be the `whole` turn what was said or pressed: redacted, since it is kept."""
    written: dict[str, Any] = {
        "person": {key: getattr(turn.person, attribute) for key, attribute in _PERSON.items()},
        "conversation": turn.conversation_id,
        "scope": turn.scope,
        "locale": turn.locale,
    }
    if should_include_content:
        action = turn.action
        written |= {
            # cut only afterwards: half a secret would not be recognised as one
            "text": redact(turn.text)[-MAX_TEXT_CHARS:],
            # with the secret by which they are read, as their works have it: else a crash would lose them
            "files": [[redact(file.name), file.reference] for file in turn.files],
            "action": {
                "do": action.action_id,
                "args": dict(action.args),
                "fields": {key: redact(value) for key, value in action.fields.items()},
                "version": action.version,
                "foreign": action.is_foreign,
            }
            if action
            else None,
            "joined": turn.has_joined,
            "signed_in": turn.has_signed_in,
        }
    return written


def turn_from_json(value: Mapping[str, Any]) -> Turn | None:
    """The turn that was written; None where it is broken."""
    try:
        action, person = value.get("action"), value["person"]
        if set(person) - set(_PERSON) or (action and set(action) != set(_ACTION)):
            return None
        return Turn(
            person=Person(**{_PERSON[key]: item for key, item in person.items()}),
            conversation_id=value["conversation"],
            scope=value["scope"],
            locale=value["locale"],
            text=value.get("text", ""),
            action=ActionPressed(**{_ACTION[key]: item for key, item in action.items()}) if action else None,
            has_joined=value.get("joined", False),
            has_signed_in=value.get("signed_in"),
            files=tuple(AttachedFile(name, reference) for name, reference in value.get("files", ())),
        )
    except (KeyError, TypeError, ValueError):
        return None
