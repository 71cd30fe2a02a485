"""The text of a card's notification."""

from __future__ import annotations

from dialogs.model.reply import Paragraph, Reply
from dialogs.replies.plain_text import sanitize_line, summarize_runs

_MAX_SUMMARY_CHARS = 120  # what a notification shows


def build_summary(reply: Reply) -> str:
    """Build the notification's text: the reply's summary or first paragraph, one line of at most 120 characters."""
    text = sanitize_line(reply.summary)
    if not text:
        paragraphs = (summarize_runs(block.text) for block in reply.blocks if isinstance(block, Paragraph))
        text = next((paragraph for paragraph in paragraphs if paragraph), "")
    return text if len(text) <= _MAX_SUMMARY_CHARS else f"{text[: _MAX_SUMMARY_CHARS - 1].rstrip()}…"
