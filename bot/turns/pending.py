"""What a conversation has left to do, as its document keeps it: jobs that turns enqueued, and turns that take long.

Each is leased by the process that runs it: of several processes one runs it, and another takes over if that one dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from dialogs.model.files import AttachedFile
from dialogs.model.job import Job, JobDone
from dialogs.model.turn import ActionPressed, MemberJoined, MessageSent, Person, SignedIn, Turn, TurnEvent
from knowledge.redaction.redact import redact

MAX_CRASHED_ATTEMPTS = 3
"""How often a pending turn may start without finishing. One that crashes the program must not do so forever."""
MAX_TEXT_CHARS = 100_000
"""Characters to keep of a turn's text, the last ones. The running turn has all of them; this is for after a crash."""


@dataclass(slots=True)
class PendingTurn:
    """A job, or a turn without one, that is left to do. Times are seconds since 1970.

    Attributes:
        id: The activity key of the turn that completes it.
        turn_json: That turn, as `turn_to_json` writes it.
        conversation_reference: Where its replies go.
        created_at: When it was stored.
        job_json: The job; None for a turn.
        inbound_fields: What else an `InboundActivity` needs besides the turn.
        in_flight: `lease_owner` is running it.
        lease_owner: The instance that runs it.
        lease_expires_at: When others may take over, unless the owner renews its lease.
        crashed_attempts: How often it was started and not finished.
        progress_message_id: The outbox message that announces the job, until it is sent.
        progress_message: What that message says.
        progress_activity_id: The activity that it became, where the progress is shown.
        due_at: When it may start; 0 for at once.
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
        """Return whether `instance` may start it, if it isn't running it already.

        What an instance of that name started in an earlier life ended with that life.
        """
        return self.due_at <= now and (
            not self.in_flight or self.lease_owner == instance or self.lease_expires_at <= now
        )

    def start(self, instance: str, now: float, lease_seconds: float) -> None:
        """Lease it to `instance`."""
        # still in flight: whoever had the lease crashed
        self.crashed_attempts += self.in_flight
        self.in_flight, self.lease_owner, self.lease_expires_at = True, instance, now + lease_seconds

    def release(self, failed: bool = False) -> None:
        """Let any instance start it again; this attempt counts as crashed only if it `failed`."""
        self.crashed_attempts += failed
        self.in_flight, self.lease_owner, self.lease_expires_at = False, "", 0.0

    def postpone(self, args: Mapping[str, Any], due_at: float) -> None:
        """Run the job again from `due_at` on with `args`, and forget the earlier attempts."""
        if self.job_json is not None:
            self.job_json = {"do": self.job_json["do"], "args": dict(args)}
        self.in_flight, self.lease_owner, self.lease_expires_at = False, "", 0.0
        self.crashed_attempts, self.due_at = 0, due_at

    @property
    def parsed_turn(self) -> Turn:
        """The stored turn; of a job, the turn that reports it, without the report."""
        turn = turn_from_json(self.turn_json)
        if turn is None:
            raise ValueError("the stored turn is not readable")
        return turn

    @property
    def parsed_job(self) -> Job | None:
        """The job; None for a turn."""
        return Job(self.job_json["do"], self.job_json["args"]) if self.job_json else None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, which `read_pending` reads."""
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


def read_pending(value: object) -> PendingTurn | None:
    """Read what `PendingTurn.to_json` wrote; return None for anything else."""
    if not isinstance(value, dict):
        return None
    value = {"due": 0.0, **value}  # a document of an earlier version has none
    if not all(key in value and isinstance(value[key], expected) for key, (_, expected) in _FIELDS.items()):
        return None
    job_json = value["work"]
    if job_json is not None and not (isinstance(job_json.get("do"), str) and isinstance(job_json.get("args"), dict)):
        return None
    pending = PendingTurn(**{attribute: value[key] for key, (attribute, _) in _FIELDS.items()})
    return pending if turn_from_json(pending.turn_json) else None


_PERSON_FIELDS = {"tenant": "tenant", "id": "id", "name": "name", "object_id": "object_id"}
_ACTION_FIELDS = {"do": "action_id", "args": "args", "fields": "fields", "version": "version", "foreign": "is_foreign"}
"""Stored key -> attribute."""


def turn_to_json(turn: Turn, should_include_content: bool = True) -> dict[str, Any]:
    """Return a turn as plain JSON: who and where, and with its content what was said or pressed.

    Content is redacted, since it is stored.
    """
    written: dict[str, Any] = {
        "person": {key: getattr(turn.person, attribute) for key, attribute in _PERSON_FIELDS.items()},
        "conversation": turn.conversation_id,
        "scope": turn.scope,
        "locale": turn.locale,
    }
    return written | _event_to_json(turn.event) if should_include_content else written


def _event_to_json(event: TurnEvent) -> dict[str, Any]:
    written: dict[str, Any] = {"text": "", "files": [], "action": None, "joined": False, "signed_in": None}
    match event:
        case MessageSent(text, files):
            # shortened only afterwards: half a secret would not be recognized as one
            written["text"] = redact(text)[-MAX_TEXT_CHARS:]
            # a reference keeps its secret, as in the jobs that read the file: without it a crash would lose the file
            written["files"] = [[redact(file.name), file.reference] for file in files]
        case ActionPressed():
            written["action"] = _action_to_json(event)
        case MemberJoined():
            written["joined"] = True
        case SignedIn(succeeded):
            written["signed_in"] = succeeded
        case JobDone():
            pass  # the job itself is stored, and is done again
        case _:
            assert_never(event)
    return written


def _action_to_json(action: ActionPressed) -> dict[str, Any]:
    return {
        "do": action.action_id,
        "args": dict(action.args),
        "fields": {key: redact(value) for key, value in action.fields.items()},
        "version": action.version,
        "foreign": action.is_foreign,
    }


def turn_from_json(value: Mapping[str, Any]) -> Turn | None:
    """Read what `turn_to_json` wrote; return None if it is broken."""
    try:
        person = value["person"]
        # altered state must not pass further arguments to the constructors
        if set(person) - set(_PERSON_FIELDS):
            return None
        return Turn(
            person=Person(**{_PERSON_FIELDS[key]: item for key, item in person.items()}),
            conversation_id=value["conversation"],
            scope=value["scope"],
            locale=value["locale"],
            event=_event_from_json(value),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _event_from_json(value: Mapping[str, Any]) -> TurnEvent:
    if value.get("joined"):
        return MemberJoined()
    if (succeeded := value.get("signed_in")) is not None:
        return SignedIn(succeeded)
    if action := value.get("action"):
        return ActionPressed(**{attribute: action[key] for key, attribute in _ACTION_FIELDS.items()})
    files = tuple(AttachedFile(name, reference) for name, reference in value.get("files", ()))
    return MessageSent(value.get("text", ""), files)
