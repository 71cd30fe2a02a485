"""A conversation's document: the dialogs' state, the processed activities, and what's left to do and to send.

It is one JSON document, so that a store commits all of it at once: a turn's new state, its activity and its replies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.cards.message_json import message_from_json, message_to_json
from bot.cards.messages import Message, ResponseMessage
from bot.turns.channel import ConversationReference
from bot.turns.outbox_message import OutboxMessage, read_outbox_message
from bot.turns.pending import PendingTurn, read_pending
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

SCHEMA_VERSION = 3
"""The document's version; 1 had neither `done` nor `outbox`, 2 had no `pending`."""
MAX_PROCESSED_ACTIVITIES = 100
"""How many processed activities to remember. The channel repeats one within minutes: too short to send a hundred."""
PROCESSED_RETENTION_SECONDS = 86_400
"""How long a processed activity is remembered."""
REPLY_RETENTION_SECONDS = 86_400
"""How long a reply may wait for its channel; after a day the person has moved on."""
MAX_INVOKE_RESPONSES = 3
"""Responses to keep for invokes that are delivered again, which happens within seconds."""
SIGN_IN_TIMEOUT_SECONDS = 3600
"""How long a number typed into the chat may complete a sign-in; later, six digits are just text."""
MAX_CRASHED_SENDS = 5
"""How often a send that a crash interrupted is repeated. A reply that crashes the program must not do so forever."""


@dataclass(slots=True)
class ConversationDocument:
    """Everything that's kept about one conversation.

    Attributes:
        welcomed: Whether the person was greeted.
        language: The language of the last answer.
        dialog_state: The dialogs' own state; None before the first turn, {} if it was unreadable. It's replaced as a
            whole, never changed in place.
        processed_activities: Activity key to the time when its turn was committed.
        outbox: The replies that wait to be sent, in order.
        outbox_lease_owner: The instance that sends the outbox, until `outbox_lease_expires_at`.
        invoke_responses: Activity key to the message that went into the HTTP response, for the last few invokes.
        pending_turns: The jobs and the long turns that are left to do, in order.
        sign_in_expires_at: Until when a sign-in is pending, which a typed number may complete; 0 if none is.
        way_back: How to post here what the person shares from their private chat; None if they didn't ask for a lookup
            here.
    """

    welcomed: bool = False
    language: Language | None = None
    dialog_state: dict[str, Any] | None = None
    processed_activities: dict[str, int] = field(default_factory=dict)
    outbox: list[OutboxMessage] = field(default_factory=list)
    outbox_lease_owner: str = ""
    outbox_lease_expires_at: float = 0.0
    invoke_responses: dict[str, ResponseMessage] = field(default_factory=dict)
    pending_turns: list[PendingTurn] = field(default_factory=list)
    sign_in_expires_at: float = 0.0
    way_back: ConversationReference | None = None

    @property
    def has_pending_items(self) -> bool:
        """Whether something is left to do or to send after the turn."""
        return bool(self.outbox or self.pending_turns)

    def find_pending(self, pending_id: str) -> PendingTurn | None:
        """Return the pending job or turn with that id, None if it's done or canceled."""
        return next((pending for pending in self.pending_turns if pending.id == pending_id), None)

    def remove_pending(self, pending_id: str) -> bool:
        """Remove the job or turn with that id, which is done; return whether there was one."""
        left = [pending for pending in self.pending_turns if pending.id != pending_id]
        was_pending, self.pending_turns = len(left) < len(self.pending_turns), left
        return was_pending

    def remove_message(self, message_id: str, activity_id: str | None = None) -> None:
        """Remove a message from the outbox; `activity_id` is the channel's id for it, None if it wasn't sent."""
        self.outbox = [message for message in self.outbox if message.id != message_id]
        for pending in self.pending_turns:
            # the job's announcement is on the screen now, so its progress can be shown there
            if pending.progress_message_id == message_id:
                pending.progress_message_id, pending.progress_activity_id = "", activity_id or ""

    def clear_personal_state(self) -> None:
        """Drop what belongs to the person besides the dialogs' state.

        The processed activities stay: a repeated delivery must not run its turn again.
        """
        self.language, self.sign_in_expires_at, self.way_back = None, 0.0, None
        self.invoke_responses.clear()
        self.pending_turns.clear()

    def remember_way_back(self, conversation_reference: ConversationReference) -> None:
        """Remember how to reach this conversation, for a post that isn't a reply."""
        self.way_back = {**conversation_reference, "activity": None}

    def cancel_jobs(self, job_ids: Collection[str]) -> None:
        """Remove the jobs whose `id` argument is in `job_ids`; one that is running won't be reported."""
        self.pending_turns = [
            pending
            for pending in self.pending_turns
            if not pending.job_json or str(pending.job_json["args"].get("id")) not in job_ids
        ]

    def mark_processed(self, activity_key: str, now: float) -> None:
        """Remember that an activity was processed, and forget the oldest ones."""
        # a dict keeps insertion order, so the latest activity must be inserted last
        processed = self.processed_activities
        processed.pop(activity_key, None)
        processed[activity_key] = int(now)
        while True:
            oldest_key, oldest_at = next(iter(processed.items()))
            if len(processed) <= MAX_PROCESSED_ACTIVITIES and oldest_at > now - PROCESSED_RETENTION_SECONDS:
                break
            del processed[oldest_key]

    def enqueue_messages(
        self,
        activity_key: str,
        messages: Sequence[Message],
        conversation_reference: ConversationReference,
        language: Language,
        now: float,
    ) -> None:
        """Append the replies to an activity to the outbox."""
        self.outbox += [
            OutboxMessage(f"{activity_key}.{number}", message, conversation_reference, language, now)
            for number, message in enumerate(messages)
        ]

    def store_invoke_response(self, activity_key: str, message: ResponseMessage) -> None:
        """Keep the response to an invoke, for a repeated delivery, and drop the oldest one."""
        self.invoke_responses = dict([*self.invoke_responses.items(), (activity_key, message)][-MAX_INVOKE_RESPONSES:])

    def drop_undeliverable(self, now: float) -> list[OutboxMessage]:
        """Remove and return the messages that are too old, or that crashes interrupted too often.

        A send in flight counts as interrupted, so another instance must not hold the lease.
        """
        undeliverable = [
            message
            for message in self.outbox
            if message.created_at < now - REPLY_RETENTION_SECONDS
            or message.crashed_attempts + message.in_flight > MAX_CRASHED_SENDS
        ]
        self.outbox = [message for message in self.outbox if message not in undeliverable]
        return undeliverable

    def is_leased_by_another(self, instance: str, now: float) -> bool:
        """Return whether another instance is sending the outbox and its lease has not expired."""
        return self.outbox_lease_owner != instance and self.outbox_lease_expires_at > now

    def begin_send(self, instance: str, now: float, lease_seconds: float) -> bool:
        """Mark the first message of the outbox as being sent by `instance`.

        Returns:
            Whether to send it now: False if the outbox is empty or another instance holds the lease.
        """
        if not self.outbox:
            self.outbox_lease_owner, self.outbox_lease_expires_at = "", 0.0
            return False
        if self.is_leased_by_another(instance, now):
            return False
        self.outbox_lease_owner, self.outbox_lease_expires_at = instance, now + lease_seconds
        first = self.outbox[0]
        # a send that was already in flight was interrupted by a crash: it's unknown whether it arrived
        first.crashed_attempts += first.in_flight
        first.in_flight = True
        return True

    def find_message(self, message_id: str) -> OutboxMessage | None:
        """Return the message with that id, None if it no longer waits."""
        return next((message for message in self.outbox if message.id == message_id), None)

    def to_json(self) -> dict[str, Any]:
        """Return the document as plain JSON; it shares values that are already JSON."""
        return {
            "schema": SCHEMA_VERSION,
            "welcomed": self.welcomed,
            "language": self.language,
            "medic": self.dialog_state,
            "done": self.processed_activities,
            "outbox": [message.to_json() for message in self.outbox],
            "sender": self.outbox_lease_owner,
            "until": self.outbox_lease_expires_at,
            "answers": {key: message_to_json(message) for key, message in self.invoke_responses.items()},
            "pending": [pending.to_json() for pending in self.pending_turns],
            "sign_in": self.sign_in_expires_at,
            # few conversations have one, and earlier releases don't know it
            **({"back": dict(self.way_back)} if self.way_back else {}),
        }


def read_conversation_document(value: Mapping[str, Any]) -> ConversationDocument:
    """Read a stored document, of this or an earlier version; a broken part of it is replaced by its default.

    If the whole document is unusable, `dialog_state` is {} and not None, so the dialogs know that it was lost.
    """
    dialog_state, language = value.get("medic"), value.get("language")
    if value.get("schema") not in range(1, SCHEMA_VERSION + 1) or not isinstance(dialog_state, dict | None):
        return ConversationDocument(welcomed=value.get("welcomed") is True, dialog_state={})
    lease_owner, lease_expires_at, sign_in = value.get("sender"), value.get("until"), value.get("sign_in")
    return ConversationDocument(
        welcomed=value.get("welcomed") is True,
        language=get_texts().parse_language(language),
        dialog_state=dialog_state,
        processed_activities={key: at for key, at in _get_dict(value, "done").items() if isinstance(at, int)},
        outbox=[message for message in map(read_outbox_message, _get_list(value, "outbox")) if message],
        outbox_lease_owner=lease_owner if isinstance(lease_owner, str) else "",
        outbox_lease_expires_at=lease_expires_at if isinstance(lease_expires_at, int | float) else 0.0,
        invoke_responses={
            key: message
            for key, item in _get_dict(value, "answers").items()
            if isinstance(message := message_from_json(item), ResponseMessage)
        },
        pending_turns=[pending for pending in map(read_pending, _get_list(value, "pending")) if pending],
        sign_in_expires_at=sign_in if isinstance(sign_in, int | float) else 0.0,
        way_back=_get_dict(value, "back") or None,
    )


def compute_activity_key(activity_type: str, activity_id: str) -> str:
    """Return a short hash by which an activity is recognized; its id may be long and is only ever compared."""
    return hashlib.blake2b(
        f"{activity_type}\n{activity_id}".encode("utf-8", "surrogatepass"), digest_size=12
    ).hexdigest()


def _get_dict(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    item = value.get(key)
    return item if isinstance(item, dict) else {}


def _get_list(value: Mapping[str, Any], key: str) -> list[Any]:
    item = value.get(key)
    return item if isinstance(item, list) else []
