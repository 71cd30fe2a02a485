"""The card of a reply, and the text of its notification."""

from __future__ import annotations

from bot.cards.size import fit_card
from bot.cards.text_runs import CardElement
from dialogs.model.reply import Paragraph, Reply
from dialogs.replies.plain_text import sanitize_line, summarize_runs

_MAX_SUMMARY_CHARS = 120  # what a notification shows


def render_card(reply: Reply) -> CardElement:
    """Render `reply` as an Adaptive Card, a plain dict that JSON can carry.

    It stays under 25 KB of UTF-16 if shortening lines, commands and copyable texts can achieve that, and always under
    80 KB. To lose nothing of a long copyable text, render each part of `split_reply(reply)`.
    """
    card, _ = fit_card(reply)
    return card


def build_summary(reply: Reply) -> str:
    """Build the notification's text: the reply's summary or first paragraph, one line of at most 120 characters."""
    text = sanitize_line(reply.summary)
    if not text:
        paragraphs = (summarize_runs(block.text) for block in reply.blocks if isinstance(block, Paragraph))
        text = next((paragraph for paragraph in paragraphs if paragraph), "")
    return text if len(text) <= _MAX_SUMMARY_CHARS else f"{text[: _MAX_SUMMARY_CHARS - 1].rstrip()}…"
