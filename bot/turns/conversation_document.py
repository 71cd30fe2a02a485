"""What is kept of one conversation beside the dialogs' state: who was welcomed, what was done, what waits to be sent.

One JSON document, so that a store commits all of it at once: a turn's new state, the id of its activity, its replies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.cards.messages import Message
from bot.turns.pending import PendingTurn, read_pending
from knowledge.model.entry import Language

SCHEMA_VERSION = 3
"""The version of the document; 1 had neither `done` nor `outbox`, 2 nothing `pending`."""
MAX_PROCESSED_ACTIVITIES = 100
"""Activities remembered as done. The channel repeats one within minutes, and nobody sends a hundred in those."""
PROCESSED_RETENTION_SECONDS = 86_400
"""How long an activity is remembered as done."""
REPLY_RETENTION_SECONDS = 86_400
"""How long a reply may wait for its channel; who asked yesterday has gone on."""
MAX_INVOKE_RESPONSES = 3
"""Answers kept for invokes that are delivered again, which happens within seconds."""
SIGN_IN_TIMEOUT_SECONDS = 3600
"""How long a number typed into the chat may end a sign-in; later six digits are just text."""
MAX_CRASHED_SENDS = 5
"""How often a send that a crash cut is repeated: a reply that ends the program each time must not do so for ever."""

ConversationReference = Mapping[str, Any]
"""The way back to a conversation as plain JSON: `conversation` and `person` are the ids of the turn that it is of; the
rest only the channel reads that made it.
"""


@dataclass(slots=True)
class OutboxMessage:
    """A reply that is to be sent. Times are seconds since 1970.

    `begun`: a send was begun whose outcome is not noted yet. `doubts`: sends whose outcome the channel left open;
    `breaks`: sends that a crash cut. `spare`: it is the sentence that stands for a reply that was refused.
    """

    id: str
    message: Message
    conversation_reference: ConversationReference
    language: Language
    created_at: float
    due_at: float = 0.0
    attempts: int = 0
    unknown_outcomes: int = 0
    crashed_attempts: int = 0
    in_flight: bool = False
    is_fallback: bool = False

    @property
    def is_possible_duplicate(self) -> bool:
        """Whether the reply may have arrived before."""
        return self.unknown_outcomes + self.crashed_attempts > 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON. It shares the message: copying a card's thousand values would cost more than the turn."""
        return {key: getattr(self, attribute) for key, (attribute, _) in _FIELDS.items()}


@dataclass(slots=True)
class ConversationDocument:
    """The document. `medic` is the dialogs' own; `sender` is the instance that sends the outbox, until `until`.

    `answers` by mark are those of the last invokes: they stood in the HTTP response, and never in the outbox.
    `sign_in`: one is awaited, and until then a number may be typed to end it; 0 when none is.
    """

    welcomed: bool = False
    language: Language | None = None
    dialog_state: dict[str, Any] | None = None
    processed_activities: dict[str, int] = field(default_factory=dict)
    outbox: list[OutboxMessage] = field(default_factory=list)
    outbox_lease_owner: str = ""
    outbox_lease_expires_at: float = 0.0
    invoke_responses: dict[str, Message] = field(default_factory=dict)
    pending_turns: list[PendingTurn] = field(default_factory=list)
    sign_in_expires_at: float = 0.0

    @property
    def has_pending_items(self) -> bool:
        """Whether something is left to do after the turn."""
        return bool(self.outbox or self.pending_turns)

    def find_pending(self, pending_id: str) -> PendingTurn | None:
        """The work or the turn with that id, if it is still to be done."""
        return next((pending for pending in self.pending_turns if pending.id == pending_id), None)

    def remove_pending(self, pending_id: str) -> None:
        """Take out the work or the turn with that id: it is done."""
        if self.pending_turns:
            self.pending_turns = [pending for pending in self.pending_turns if pending.id != pending_id]

    def remove_message(self, message_id: str, activity_id: str | None = None) -> None:
        """Take a reply out of the outbox; `activity` is what it became when it was sent."""
        self.outbox = [one for one in self.outbox if one.id != message_id]
        for pending in self.pending_turns:
            if pending.progress_message_id == message_id:
                pending.progress_message_id, pending.progress_activity_id = "", activity_id or ""

    def clear_personal_state(self) -> None:
        """Let go of what belongs to the person beside the dialogs' state. That a turn was done stays known."""
        self.language, self.sign_in_expires_at = None, 0.0
        self.invoke_responses.clear()
        self.pending_turns.clear()

    def cancel_jobs(self, job_ids: Collection[str]) -> None:
        """Take out the works whose arguments have one of these ids; one that is just being done is not reported."""
        self.pending_turns = [
            one for one in self.pending_turns if not one.job_json or str(one.job_json["args"].get("id")) not in job_ids
        ]

    def mark_processed(self, activity_key: str, now: float) -> None:
        """Note that the activity of `mark` was done; what is too old or too much is forgotten."""
        self.processed_activities.pop(activity_key, None)
        self.processed_activities[activity_key] = int(now)
        recent = [(key, at) for key, at in self.processed_activities.items() if at > now - PROCESSED_RETENTION_SECONDS]
        self.processed_activities = dict(recent[-MAX_PROCESSED_ACTIVITIES:])

    def enqueue_messages(
        self,
        activity_key: str,
        messages: Sequence[Message],
        conversation_reference: ConversationReference,
        language: Language,
        now: float,
    ) -> None:
        """Put the replies to the activity of `mark` at the end of the outbox."""
        self.outbox += [
            OutboxMessage(f"{activity_key}.{n}", message, conversation_reference, language, now)
            for n, message in enumerate(messages)
        ]

    def store_invoke_response(self, activity_key: str, message: Message) -> None:
        """Keep what the invoke of `mark` was answered with, in place of the oldest of such answers."""
        self.invoke_responses = dict([*self.invoke_responses.items(), (activity_key, message)][-MAX_INVOKE_RESPONSES:])

    def drop_undeliverable(self, now: float) -> list[OutboxMessage]:
        """Take out, and return, the replies that are too old or were cut by too many crashes."""
        hopeless = [
            row
            for row in self.outbox
            if row.created_at < now - REPLY_RETENTION_SECONDS
            or row.crashed_attempts + row.in_flight > MAX_CRASHED_SENDS
        ]
        self.outbox = [row for row in self.outbox if row not in hopeless]
        return hopeless

    def is_leased_by_another(self, instance: str, now: float) -> bool:
        """Whether another instance than `instance` has begun to send, and had the time for it not run out yet."""
        return self.outbox_lease_owner != instance and self.outbox_lease_expires_at > now

    def begin_send(self, instance: str, now: float, lease_seconds: float) -> bool:
        """Begin to send the first of the outbox as `instance`; False when there is none, or another instance sends.

        What had begun already was cut by a crash: nobody knows whether it arrived.
        """
        if not self.outbox:
            self.outbox_lease_owner, self.outbox_lease_expires_at = "", 0.0
            return False
        if self.is_leased_by_another(instance, now):
            return False
        self.outbox_lease_owner, self.outbox_lease_expires_at = instance, now + lease_seconds
        first = self.outbox[0]
        first.crashed_attempts += first.in_flight
        first.in_flight = True
        return True

    def find_message(self, message_id: str) -> OutboxMessage | None:
        """The row with that id, if it still waits."""
        return next((row for row in self.outbox if row.id == message_id), None)

    def to_json(self) -> dict[str, Any]:
        """The document as plain JSON."""
        return {
            "schema": SCHEMA_VERSION,
            "welcomed": self.welcomed,
            "language": self.language,
            "medic": self.dialog_state,
            "done": self.processed_activities,
            "outbox": [row.to_json() for row in self.outbox],
            "sender": self.outbox_lease_owner,
            "until": self.outbox_lease_expires_at,
            "answers": self.invoke_responses,
            "pending": [pending.to_json() for pending in self.pending_turns],
            "sign_in": self.sign_in_expires_at,
        }


def read_conversation_document(value: Mapping[str, Any]) -> ConversationDocument:
    """The document that was kept; where it is broken or of a later version, the dialogs get {}, not None."""
    medic, language = value.get("medic"), value.get("language")
    if value.get("schema") not in range(1, SCHEMA_VERSION + 1) or not isinstance(medic, dict | None):
        return ConversationDocument(welcomed=value.get("welcomed") is True, dialog_state={})
    done, outbox, sender, until = value.get("done"), value.get("outbox"), value.get("sender"), value.get("until")
    answers, pending, sign_in = value.get("answers"), value.get("pending"), value.get("sign_in")
    return ConversationDocument(
        welcomed=value.get("welcomed") is True,
        language=_parse_language(language),
        dialog_state=medic,
        processed_activities={key: at for key, at in done.items() if isinstance(at, int)}
        if isinstance(done, dict)
        else {},
        outbox=[row for row in map(_read_outbox_message, outbox) if row] if isinstance(outbox, list) else [],
        outbox_lease_owner=sender if isinstance(sender, str) else "",
        outbox_lease_expires_at=until if isinstance(until, int | float) else 0.0,
        invoke_responses={k: v for k, v in answers.items() if isinstance(v, dict)} if isinstance(answers, dict) else {},
        pending_turns=[one for one in map(read_pending, pending) if one] if isinstance(pending, list) else [],
        sign_in_expires_at=sign_in if isinstance(sign_in, int | float) else 0.0,
    )


def compute_activity_key(activity_type: str, activity_id: str) -> str:
    """What an activity is remembered by: its id may be long, and is of no use but to compare."""
    return hashlib.blake2b(
        f"{activity_type}\n{activity_id}".encode("utf-8", "surrogatepass"), digest_size=12
    ).hexdigest()


_FIELDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "id": ("id", str),
    "message": ("message", dict),
    "back": ("conversation_reference", dict),
    "language": ("language", str),
    "made": ("created_at", (int, float)),
    "due": ("due_at", (int, float)),
    "tries": ("attempts", int),
    "doubts": ("unknown_outcomes", int),
    "breaks": ("crashed_attempts", int),
    "begun": ("in_flight", bool),
    "spare": ("is_fallback", bool),
}
"""Stored key -> attribute and type. The keys are those of version 1 of the document and stay."""


def _read_outbox_message(item: object) -> OutboxMessage | None:
    if not isinstance(item, dict):
        return None
    if not all(isinstance(item.get(key), kind) for key, (_, kind) in _FIELDS.items()):
        return None
    known = {attribute: item[key] for key, (attribute, _) in _FIELDS.items()}
    return OutboxMessage(**{**known, "language": _parse_language(known["language"]) or "en"})


def _parse_language(value: object) -> Language | None:
    return "it" if value == "it" else "en" if value == "en" else None
