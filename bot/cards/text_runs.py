"""Text on a card as TextRuns, which show it literally; TextBlock and FactSet would read untrusted text as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dialogs.model.reply import RichText, TextRun, TextStyle
from dialogs.replies.plain_text import sanitize_text

CardElement = dict[str, Any]
"""A part of an Adaptive Card, or the card itself, as JSON."""

_RUN_STYLES: Mapping[TextStyle, CardElement] = {
    "plain": {},
    "bold": {"weight": "bolder"},
    "code": {"fontType": "monospace"},
}
_MAX_WORD_CHARS = 32  # what fits a narrow card; clients break a line at spaces and hyphens only
_MAX_TITLE_WORD_CHARS = 22
_MAX_VALUE_WORD_CHARS = 22  # a value has two thirds of the width
_SOFT_BREAK = "\N{ZERO WIDTH SPACE}"


def build_text_runs(text: str, **style: Any) -> list[CardElement]:
    """Build the TextRuns of `text`, sanitized, in one style; none for an empty text."""
    return build_sanitized_runs(sanitize_text(text), style)


def build_sanitized_runs(text: str, style: Mapping[str, Any]) -> list[CardElement]:
    """Build the TextRuns of a text that is sanitized already, or our own.

    Clients replace `{{DATE(…)}}` and `{{TIME(…)}}` inside a run, so the braces are put in two runs and stay literal.
    """
    if "{{" not in text:
        return [{"type": "TextRun", "text": text, **style}] if text else []
    # sanitized text has no NUL, so it can mark where a run ends
    parts = text.replace("{DATE(", "\0{DATE(").replace("{TIME(", "\0{TIME(").split("\0")
    return [{"type": "TextRun", "text": part, **style} for part in parts if part]


def sanitize_run(run: TextRun) -> str:
    """Return a run's text, sanitized."""
    return sanitize_text(run.text)


def break_title(run: TextRun) -> str:
    """Return a run of a title, sanitized, with soft breaks in the words that are too long for a narrow card."""
    return break_long_words(sanitize_text(run.text), _MAX_TITLE_WORD_CHARS)


def break_place(run: TextRun) -> str:
    """Return a run of a place, sanitized, with soft breaks in the words that are too long for a narrow card."""
    return break_long_words(sanitize_text(run.text))


def break_value(run: TextRun) -> str:
    """Return a run of a value, sanitized, with soft breaks where the client has none itself: people copy names."""
    text = sanitize_text(run.text)
    if run.style != "code" or len(text) <= _MAX_VALUE_WORD_CHARS:
        return text
    return " ".join([_break_value_word(word) for word in text.split(" ")])


def build_styled_runs(
    text: RichText, style: Mapping[str, Any], show: Callable[[TextRun], str] = sanitize_run
) -> list[CardElement]:
    """Build the TextRuns of a rich text; neighbors of the same style become one run.

    `style` applies to all of them. `show` returns the sanitized text of a run.
    """
    elements: list[CardElement] = []
    words = ""
    for position, run in enumerate(text, 1):
        words += show(run)
        if position == len(text) or text[position].style != run.style:
            elements += build_sanitized_runs(words, {**style, **_RUN_STYLES[run.style]})
            words = ""
    return elements


def build_rich_text(runs: list[CardElement], **options: Any) -> CardElement:
    """Build the block that holds TextRuns."""
    return {"type": "RichTextBlock", **options, "inlines": runs}


def break_long_words(text: str, max_chars: int = _MAX_WORD_CHARS) -> str:
    """Insert soft breaks in the words that are too long for a narrow card. The text must be sanitized already."""
    if len(text) <= max_chars:
        return text
    return " ".join([word if len(word) <= max_chars else _break_word(word, max_chars) for word in text.split(" ")])


def _break_value_word(word: str) -> str:
    is_too_long = any(len(part) > _MAX_VALUE_WORD_CHARS for part in word.split("-"))
    return _break_word(word, _MAX_VALUE_WORD_CHARS) if is_too_long else word


def _break_word(word: str, max_chars: int) -> str:
    """Insert soft breaks in a word that is too long: after slashes, commas, and dots, then anywhere."""
    for mark in "/\\,.":
        word = word.replace(mark, mark + _SOFT_BREAK)
    return _SOFT_BREAK.join(
        part[at : at + max_chars] for part in word.split(_SOFT_BREAK) for at in range(0, max(len(part), 1), max_chars)
    )
