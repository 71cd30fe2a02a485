"""Replies as Adaptive Cards for Teams: one card a reply, inside the size that Teams takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.layout import CardElement
from bot.cards.size import fit_card, split_reply
from dialogs.model.reply import Paragraph, Reply
from dialogs.replies.plain_text import flatten_runs, sanitize_line

__all__ = ["append_note", "build_summary", "render_card", "split_reply"]

_MAX_SUMMARY_CHARS = 120  # characters that a notification shows


def render_card(reply: Reply) -> CardElement:
    """`reply` as an Adaptive Card, a plain dict that JSON can carry.

    It stays under 25 KB of UTF-16 where shortening lines, commands and copyable texts can do it, and under 80 KB
    always. Send each of `parts(reply)` to lose nothing of a long copyable text.
    """
    return fit_card(reply)


def build_summary(reply: Reply) -> str:
    """The notification's text: the reply's summary or its first paragraph, on one line of at most 120 characters."""
    text = sanitize_line(reply.summary)
    if not text:
        paragraphs = (sanitize_line(flatten_runs(block.text)) for block in reply.blocks if isinstance(block, Paragraph))
        text = next((words for words in paragraphs if words), "")
    return text if len(text) <= _MAX_SUMMARY_CHARS else f"{text[: _MAX_SUMMARY_CHARS - 1].rstrip()}…"


def append_note(message: Mapping[str, Any], note: str) -> dict[str, Any]:
    """A message, card or text, with one more line at its end; `note` is our own text."""
    if "card" not in message:
        return {**message, "text": f"{message['text']}\n\n{note}"}
    line = {"type": "TextBlock", "text": note, "wrap": True, "isSubtle": True, "spacing": "Small"}
    return {**message, "card": {**message["card"], "body": [*message["card"]["body"], line]}}
