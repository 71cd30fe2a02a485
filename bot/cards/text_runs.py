"""Text on a card as TextRuns, which show it literally; TextBlock and FactSet would read untrusted text as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
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
_get_style = attrgetter("style")
_MAX_WORD_CHARS = 32  # what fits a narrow card; clients break a line at spaces and hyphens only
_MAX_TITLE_WORD_CHARS = 22
_MAX_VALUE_WORD_CHARS = 22  # a value has two thirds of the width
_SOFT_BREAK = "\N{ZERO WIDTH SPACE}"


def build_text_runs(text: str, **style: Any) -> list[CardElement]:
    """Build the TextRuns of `text`, sanitized, in one style; none for an empty text.

    Clients replace `{{DATE(…)}}` and `{{TIME(…)}}` inside a run, so the braces are put in two runs and stay literal.
    """
    return _build_sanitized_runs(sanitize_text(text), style)


def build_styled_runs(text: RichText, style: Mapping[str, Any]) -> list[CardElement]:
    """Build the TextRuns of a rich text; neighbors of the same style become one run. `style` applies to all of them."""
    if len(text) == 1:
        return _build_sanitized_runs(sanitize_text(text[0].text), {**style, **_RUN_STYLES[text[0].style]})
    joined = [(name, "".join([sanitize_text(run.text) for run in runs])) for name, runs in groupby(text, _get_style)]
    return [
        element for name, words in joined for element in _build_sanitized_runs(words, {**style, **_RUN_STYLES[name]})
    ]


def build_rich_text(runs: Sequence[CardElement], **options: Any) -> CardElement:
    """Build the block that holds TextRuns."""
    return {"type": "RichTextBlock", **options, "inlines": list(runs)}


def break_long_words(text: str, max_chars: int = _MAX_WORD_CHARS) -> str:
    """Insert soft breaks in the words that are too long for a narrow card."""
    if len(text) <= max_chars:
        return text
    words = text.split(" ")
    # most texts have no such word
    return " ".join([_break_word(word, max_chars) for word in words]) if len(max(words, key=len)) > max_chars else text


def break_title_words(text: RichText) -> RichText:
    """Insert soft breaks in the words of a title that are too long for a narrow card."""
    return tuple(TextRun(break_long_words(run.text, _MAX_TITLE_WORD_CHARS), run.style) for run in text)


def break_place_words(text: RichText) -> RichText:
    """Insert soft breaks in the words of a place that are too long for a narrow card."""
    return tuple(TextRun(break_long_words(run.text), run.style) for run in text)


def break_value_words(text: RichText) -> RichText:
    """Insert soft breaks in the words of a value, but none where the client breaks it itself: people copy names."""
    return tuple(
        TextRun(" ".join(map(_break_value_word, run.text.split(" "))), run.style)
        if run.style == "code" and len(run.text) > _MAX_VALUE_WORD_CHARS
        else run
        for run in text
    )


def _break_value_word(word: str) -> str:
    is_too_long = any(len(part) > _MAX_VALUE_WORD_CHARS for part in word.split("-"))
    return _break_word(word, _MAX_VALUE_WORD_CHARS) if is_too_long else word


def _break_word(word: str, max_chars: int) -> str:
    """Insert soft breaks in a word that is too long: after slashes, commas, and dots, then anywhere."""
    if len(word) <= max_chars:
        return word
    for mark in "/\\,.":
        word = word.replace(mark, mark + _SOFT_BREAK)
    return _SOFT_BREAK.join(
        part[at : at + max_chars] for part in word.split(_SOFT_BREAK) for at in range(0, max(len(part), 1), max_chars)
    )


def _build_sanitized_runs(text: str, style: Mapping[str, Any]) -> list[CardElement]:
    if "{{" not in text:
        return [{"type": "TextRun", "text": text, **style}] if text else []
    # sanitized text has no NUL, so it can mark where a run ends
    parts = text.replace("{DATE(", "\0{DATE(").replace("{TIME(", "\0{TIME(").split("\0")
    return [{"type": "TextRun", "text": part, **style} for part in parts if part]
