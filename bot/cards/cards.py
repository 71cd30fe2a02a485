"""The card of a reply, the text of its notification, and a note below a message that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.size import fit_card
from bot.cards.text_runs import CardElement
from dialogs.model.reply import Paragraph, Reply
from dialogs.replies.plain_text import flatten_runs, sanitize_line

_MAX_SUMMARY_CHARS = 120  # what a notification shows


def render_card(reply: Reply) -> CardElement:
    """Render `reply` as an Adaptive Card, a plain dict that JSON can carry.

    It stays under 25 KB of UTF-16 if shortening lines, commands and copyable texts can achieve that, and always under
    80 KB. To lose nothing of a long copyable text, render each part of `split_reply(reply)`.
    """
    return fit_card(reply)


def build_summary(reply: Reply) -> str:
    """Build the notification's text: the reply's summary or first paragraph, one line of at most 120 characters."""
    text = sanitize_line(reply.summary)
    if not text:
        paragraphs = (sanitize_line(flatten_runs(block.text)) for block in reply.blocks if isinstance(block, Paragraph))
        text = next((paragraph for paragraph in paragraphs if paragraph), "")
    return text if len(text) <= _MAX_SUMMARY_CHARS else f"{text[: _MAX_SUMMARY_CHARS - 1].rstrip()}…"


def append_note(message: Mapping[str, Any], note: str) -> dict[str, Any]:
    """Return a message, card or text, with `note` as one more line; the note must be our own text, not foreign."""
    if "card" not in message:
        return {**message, "text": f"{message['text']}\n\n{note}"}
    line = {"type": "TextBlock", "text": note, "wrap": True, "isSubtle": True, "spacing": "Small"}
    return {**message, "card": {**message["card"], "body": [*message["card"]["body"], line]}}
