"""Recognizes short messages that are a command as a whole; anything else is text to diagnose."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.state.conversation_state import OfferedButton
from dialogs.texts.typed_phrases import TypedPhrases, normalize_phrase
from knowledge.input.input_kind import has_failure_sign

MAX_COMMAND_CHARS = 600
MAX_LABEL_TEXT_CHARS = 200
MAX_OPENING_TEXT_CHARS = 200


def parse_command(text: str, phrases: TypedPhrases) -> str | None:
    """Return the id of the action that `text` as a whole means, or None."""
    if len(text) > MAX_COMMAND_CHARS or "\n" in text.strip():
        return None
    return phrases.commands.get(normalize_phrase(text))


def parse_opening(text: str, phrases: TypedPhrases) -> str | None:
    """Return the id of the action that the beginning of `text` means, or None if `text` says more than that.

    "Thanks, that did it" is talk; "thanks, but it fails again" and "hi, where is the log" are not.
    """
    if len(text) > MAX_OPENING_TEXT_CHARS or "\n" in text.strip() or has_failure_sign(text):
        return None
    typed = normalize_phrase(text)
    for phrase, action_id in phrases.openings.items():
        rest = typed.removeprefix(phrase)
        if rest != typed and not rest[:1].isalnum():
            words = (word.strip(",;:.!?") for word in rest.split())
            return None if any(word in phrases.opening_exceptions for word in words) else action_id
    return None


def find_typed_button(text: str, buttons: Sequence[OfferedButton]) -> OfferedButton | None:
    """Return the button whose number (from 1) or whole label was typed, or None."""
    if len(text) > MAX_LABEL_TEXT_CHARS or "\n" in text.strip():
        return None
    typed = normalize_phrase(text)
    if typed.isascii() and typed.isdecimal() and len(typed) <= 2:
        number = int(typed)
        return buttons[number - 1] if 1 <= number <= len(buttons) else None
    return next((button for button in buttons if typed and normalize_phrase(button.label) == typed), None)


def find_next_page(text: str, phrases: TypedPhrases, buttons: Sequence[OfferedButton]) -> OfferedButton | None:
    """Return the button of a list's next page if `text` asks for the rest of the list, or None."""
    if len(text) > MAX_LABEL_TEXT_CHARS or normalize_phrase(text) not in phrases.next_pages:
        return None
    return next((button for button in buttons if button.args.get("first")), None)
