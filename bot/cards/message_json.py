"""The stored form of messages. Its keys are those of version 1 of the conversation document and stay."""

from __future__ import annotations

from typing import Any, assert_never

from bot.cards.messages import CardMessage, FileMessage, Message, SignInMessage, TextMessage


def message_to_json(message: Message) -> dict[str, Any]:
    """Return plain JSON. It shares the card: copying a card's thousand values would cost more than the turn."""
    written: dict[str, Any]
    match message:
        case TextMessage(text):
            written = {"text": text}
        case CardMessage(card, summary, asks_feedback):
            written = {"card": card, "summary": summary, **({"feedback": True} if asks_feedback else {})}
        case FileMessage(attachment, summary):
            written = {"attachment": attachment, "summary": summary}
        case SignInMessage(language):
            written = {"sign_in": language}
        case _:
            assert_never(message)
    return {**written, "replaces": message.replaced_activity_id} if message.replaced_activity_id else written


def message_from_json(value: object) -> Message | None:
    """Read what `message_to_json` wrote; return None for anything else."""
    if not isinstance(value, dict) or not isinstance(replaced_activity_id := value.get("replaces", ""), str):
        return None
    match value:
        case {"text": str(text)}:
            return TextMessage(text, replaced_activity_id=replaced_activity_id)
        case {"card": dict(card), "summary": str(summary)}:
            asks_feedback = value.get("feedback") is True
            return CardMessage(card, summary, asks_feedback, replaced_activity_id=replaced_activity_id)
        case {"attachment": dict(attachment), "summary": str(summary)}:
            return FileMessage(attachment, summary, replaced_activity_id=replaced_activity_id)
        case {"sign_in": str(language)}:
            return SignInMessage(language, replaced_activity_id=replaced_activity_id)
        case _:
            return None
