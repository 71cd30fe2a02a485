"""What a conversation has left to do, as its document keeps it: jobs that turns enqueued, and turns that take long.

Each is leased by the process that runs it: only one of several processes does, and another takes over if it dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, assert_never

from dialogs.model.files import AttachedFile
from dialogs.model.job import Job, JobDone
from dialogs.model.stored import Stored
from dialogs.model.turn import (
    ActionPressed,
    ConversationScope,
    MemberJoined,
    MessageSent,
    Person,
    SignedIn,
    Turn,
    TurnEvent,
)
from dialogs.state.codec import Layout, build_codec
from dialogs.state.json_fields import DecodeError
from knowledge.redaction.redact import redact

MAX_CRASHED_ATTEMPTS = 3
"""How often a pending turn may start without finishing. One that crashes the program must not do so forever."""
MAX_TEXT_CHARS = 100_000
"""How many characters of a turn's text to keep, from the end. The running turn has all; this is for after a crash."""


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
        in_flight: Whether `lease_owner` is running it.
        lease_owner: The instance that runs it.
        lease_expires_at: When others may take over, unless the owner renews its lease.
        crashed_attempts: How often it was started and not finished.
        progress_message_id: The outbox message that announces the job, until it is sent.
        progress_message: What that message says.
        progress_activity_id: The activity that it became, where the progress is shown.
        due_at: When it may start; 0 for right away.
    """

    id: str
    turn_json: Annotated[dict[str, Any], Stored("turn")]
    conversation_reference: Annotated[dict[str, Any], Stored("back")]
    created_at: Annotated[float, Stored("made")]
    job_json: Annotated[dict[str, Any] | None, Stored("work")] = None
    inbound_fields: Annotated[dict[str, Any], Stored("more")] = field(default_factory=dict)
    in_flight: Annotated[bool, Stored("begun")] = False
    lease_owner: Annotated[str, Stored("worker")] = ""
    lease_expires_at: Annotated[float, Stored("until")] = 0.0
    crashed_attempts: Annotated[int, Stored("cuts")] = 0
    progress_message_id: Annotated[str, Stored("row")] = ""
    progress_message: Annotated[dict[str, Any], Stored("message")] = field(default_factory=dict)
    progress_activity_id: Annotated[str, Stored("shown")] = ""
    due_at: Annotated[float, Stored("due")] = 0.0

    def can_start(self, instance: str, now: float) -> bool:
        """Return whether `instance` may start it, if it isn't running it already.

        What an earlier process with that instance name started ended with that process.
        """
        return self.due_at <= now and (
            not self.in_flight or self.lease_owner == instance or self.lease_expires_at <= now
        )

    def start(self, instance: str, now: float, lease_seconds: float) -> None:
        """Lease it to `instance`."""
        # still in flight: the lease's owner crashed
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
        """The stored turn; for a job, the turn that reports it, without the report."""
        return _read_turn(self.turn_json)

    @property
    def parsed_job(self) -> Job | None:
        """The job; None for a turn."""
        return _JOB_CODEC.decode(self.job_json) if self.job_json else None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, which `read_pending` reads."""
        written: dict[str, Any] = _PENDING_CODEC.encode(self)
        return written


@dataclass(frozen=True, slots=True)
class _StoredTurn:
    """A turn and its event side by side, under their stored keys."""

    person: Person
    conversation: str
    scope: ConversationScope
    locale: str | None
    text: str = ""
    files: tuple[AttachedFile, ...] = ()
    action: ActionPressed | None = None
    joined: bool = False
    signed_in: bool | None = None


# the keys are those of version 1 of the document and stay
_AS_IS = Stored(max_chars=None)
_PENDING_CODEC = build_codec(PendingTurn, {PendingTurn: Layout(optional=("due_at",))}, _AS_IS)
_JOB_CODEC = build_codec(Job, usual=_AS_IS)
_TURN_CODEC = build_codec(_StoredTurn, {AttachedFile: Layout(is_row=True)}, _AS_IS)
_KEYS_WITHOUT_CONTENT = ("person", "conversation", "scope", "locale")


def read_pending(value: object) -> PendingTurn | None:
    """Read what `PendingTurn.to_json` wrote; return None for anything else."""
    try:
        pending = _PENDING_CODEC.decode(value)
        _TURN_CODEC.decode(pending.turn_json)
        if pending.job_json is not None:
            _JOB_CODEC.decode(pending.job_json)
    except DecodeError:
        return None
    return pending


def turn_to_json(turn: Turn, should_include_content: bool = True) -> dict[str, Any]:
    """Return a turn as plain JSON: who and where, and with its content what was said or pressed.

    Content is redacted, since it is stored.
    """
    stored = _StoredTurn(turn.person, turn.conversation_id, turn.scope, turn.locale)
    written = _TURN_CODEC.encode(_add_event(stored, turn.event) if should_include_content else stored)
    return {key: item for key, item in written.items() if should_include_content or key in _KEYS_WITHOUT_CONTENT}


def turn_from_json(value: object) -> Turn | None:
    """Read what `turn_to_json` wrote; return None if it is broken."""
    try:
        return _read_turn(value)
    except DecodeError:
        return None


def _add_event(stored: _StoredTurn, event: TurnEvent) -> _StoredTurn:
    match event:
        case MessageSent(text, files):
            # a reference keeps its secret, as in the jobs that read the file: otherwise a crash would lose the file
            redacted_files = tuple(AttachedFile(redact(file.name), file.reference) for file in files)
            # shortened only afterward: half a secret wouldn't be recognized as one
            return replace(stored, text=redact(text)[-MAX_TEXT_CHARS:], files=redacted_files)
        case ActionPressed():
            fields = {key: redact(value) for key, value in event.fields.items()}
            return replace(stored, action=replace(event, fields=fields))
        case MemberJoined():
            return replace(stored, joined=True)
        case SignedIn(succeeded):
            return replace(stored, signed_in=succeeded)
        case JobDone():  # the job itself is stored, and runs again
            return stored
        case _:
            assert_never(event)


def _read_turn(value: object) -> Turn:
    """Read what `turn_to_json` wrote. Raise `DecodeError` for another shape."""
    stored = _TURN_CODEC.decode(value)
    event: TurnEvent
    if stored.joined:
        event = MemberJoined()
    elif stored.signed_in is not None:
        event = SignedIn(stored.signed_in)
    else:
        event = stored.action or MessageSent(stored.text, stored.files)
    return Turn(stored.person, stored.conversation, stored.scope, stored.locale, event)
