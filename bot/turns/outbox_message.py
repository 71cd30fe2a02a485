"""One message of a conversation's outbox, and its form in the stored document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.cards.message_json import message_from_json, message_to_json
from bot.cards.messages import Message
from bot.turns.channel import ConversationReference
from dialogs.texts.catalog import get_texts
from dialogs.texts.languages import ENGLISH
from knowledge.model.entry import Language


@dataclass(slots=True)
class OutboxMessage:
    """One message waiting to be sent. Times are seconds since 1970.

    Attributes:
        id: The key of the activity that it answers, then a dot and its number among the answers.
        message: What to send.
        conversation_reference: The turn that it answers.
        language: The language of the notice that may have to take its place.
        created_at: When its turn was committed.
        due_at: When to try next; 0 for at once.
        attempts: Sends that failed or whose outcome is unknown.
        unknown_outcomes: Sends after which the channel didn't say whether it accepted the message.
        crashed_attempts: Sends that a crash interrupted.
        in_flight: A send was started and its outcome is not recorded yet.
        is_fallback: It is the notice that replaces a message which the channel refused.
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
        """Whether an earlier send may have reached the person."""
        return self.unknown_outcomes + self.crashed_attempts > 0

    def postpone(self, due_at: float, *, is_outcome_unknown: bool) -> None:
        """Record a failed attempt and wait until `due_at` for the next one."""
        self.in_flight, self.due_at = False, due_at
        self.attempts += 1
        self.unknown_outcomes += is_outcome_unknown

    def replace_message(self, message: Message, *, is_fallback: bool) -> None:
        """Send `message` instead, with a fresh count of attempts."""
        # the attempts counted against the old message, not this one
        self.message, self.is_fallback, self.in_flight, self.attempts = message, is_fallback, False, 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON. It shares the message: copying a card's thousand values would cost more than the turn."""
        written = {key: getattr(self, attribute) for key, (attribute, _) in _FIELDS.items()}
        return {**written, "message": message_to_json(self.message)}


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


def read_outbox_message(value: object) -> OutboxMessage | None:
    """Read what `OutboxMessage.to_json` wrote; return None for anything else."""
    if not isinstance(value, dict):
        return None
    # all or nothing: a message whose reference is damaged could reach the wrong person
    if not all(isinstance(value.get(key), expected_type) for key, (_, expected_type) in _FIELDS.items()):
        return None
    message = message_from_json(value["message"])
    if message is None:
        return None
    fields = {attribute: value[key] for key, (attribute, _) in _FIELDS.items()}
    language = get_texts().parse_language(fields["language"]) or ENGLISH
    return OutboxMessage(**{**fields, "message": message, "language": language})
