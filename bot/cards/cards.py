"""Replies as Adaptive Cards for Teams: one card a reply, inside the size that Teams takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.layout import Element
from bot.cards.size import fitted_layout, parts
from dialogs.model.reply import Paragraph, Reply
from dialogs.replies.plain_text import flat, one_line

__all__ = ["card", "parts", "summary", "with_note"]

_SUMMARY = 120  # characters that a notification shows


def card(reply: Reply) -> Element:
    """`reply` as an Adaptive Card, a plain dict that JSON can carry.

    It stays under 25 KB of UTF-16 where shortening lines, commands and copyable texts can do it, and under 80 KB
    always. Send each of `parts(reply)` to lose nothing of a long copyable text.
    """
    return fitted_layout(reply)


def summary(reply: Reply) -> str:
    """The notification's text: the reply's summary or its first paragraph, on one line of at most 120 characters."""
    text = one_line(reply.summary)
    if not text:
        paragraphs = (one_line(flat(block.text)) for block in reply.blocks if isinstance(block, Paragraph))
        text = next((words for words in paragraphs if words), "")
    return text if len(text) <= _SUMMARY else f"{text[: _SUMMARY - 1].rstrip()}…"


def with_note(message: Mapping[str, Any], note: str) -> dict[str, Any]:
    """A message, card or text, with one more line at its end; `note` is our own text."""
    if "card" not in message:
        return {**message, "text": f"{message['text']}\n\n{note}"}
    line = {"type": "TextBlock", "text": note, "wrap": True, "isSubtle": True, "spacing": "Small"}
    return {**message, "card": {**message["card"], "body": [*message["card"]["body"], line]}}
