"""The text of a card for clients that can't show it. They read it as Markdown, so it's escaped."""

from __future__ import annotations

import re

from dialogs.model.reply import Reply
from dialogs.replies.plain_text import render_plain_text

_MARKS = r"\`*_[]<~"
_LINE_STARTS = re.compile(r"(\n[ \t]*)([#>+-])")


def render_fallback(reply: Reply) -> str:
    """Render a reply as Markdown that shows its plain text as it is: foreign text makes no link and no heading."""
    return escape_markdown(render_plain_text(reply))


def escape_markdown(text: str) -> str:
    """Escape what a client could take for Markdown."""
    # one mark after the other: for a text of some KB that takes a fifth of the time of one pattern for all
    for mark in _MARKS:
        text = text.replace(mark, f"\\{mark}")
    # a pattern that begins with a literal is searched faster than one for the start of a line
    return _LINE_STARTS.sub(r"\1\\\2", f"\n{text}")[1:]
