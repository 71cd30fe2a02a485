"""One message of a conversation's outbox, and its form in the stored document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from bot.cards.message_json import message_from_json, message_to_json
from bot.cards.messages import Message
from bot.turns.channel import ConversationReference
from dialogs.model.stored import Stored
from dialogs.state.codec import Layout, build_codec
from dialogs.state.json_fields import DecodeError
from dialogs.state.value_codecs import Codec
from dialogs.texts.catalog import get_texts
from dialogs.texts.languages import ENGLISH
from knowledge.model.entry import Language


def _parse_message(value: object) -> Message:
    message = message_from_json(value)
    if message is None:
        raise DecodeError("expected a message")
    return message


def _parse_language(value: object) -> Language:
    return get_texts().parse_language(value) or ENGLISH


@dataclass(slots=True)
class OutboxMessage:
    """One message waiting to be sent. Times are seconds since 1970.

    Attributes:
        id: The key of the activity that it answers, then a dot and its number among the answers.
        message: What to send.
        conversation_reference: The turn that it answers.
        language: The language of the notice that may have to replace it.
        created_at: When its turn was committed.
        due_at: When to try next; 0 for right away.
        attempts: Sends that failed or whose outcome is unknown.
        unknown_outcomes: Sends after which the channel didn't say whether it accepted the message.
        crashed_attempts: Sends that a crash interrupted.
        in_flight: Whether a send was started and its outcome isn't recorded yet.
        is_fallback: Whether it's the notice that replaces a message that the channel refused.
    """

    id: str
    message: Message
    conversation_reference: Annotated[ConversationReference, Stored("back")]
    language: Annotated[Language, Stored(decode=_parse_language)]
    created_at: Annotated[float, Stored("made")]
    due_at: Annotated[float, Stored("due")] = 0.0
    attempts: Annotated[int, Stored("tries")] = 0
    unknown_outcomes: Annotated[int, Stored("doubts")] = 0
    crashed_attempts: Annotated[int, Stored("breaks")] = 0
    in_flight: Annotated[bool, Stored("begun")] = False
    is_fallback: Annotated[bool, Stored("spare")] = False

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
        # the attempts were for the old message, not this one
        self.message, self.is_fallback, self.in_flight, self.attempts = message, is_fallback, False, 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON. It shares the card: copying a card's thousand values would cost more than the turn."""
        written: dict[str, Any] = _CODEC.encode(self)
        return written


# all or nothing: a message whose reference is damaged could reach the wrong person
_CODEC = build_codec(
    OutboxMessage,
    {OutboxMessage: Layout(optional=()), Message: Codec(message_to_json, _parse_message)},
    usual=Stored(max_chars=None),
)


def read_outbox_message(value: object) -> OutboxMessage | None:
    """Read what `OutboxMessage.to_json` wrote; return None for anything else."""
    try:
        return _CODEC.decode(value)
    except DecodeError:
        return None
