"""The bot's own texts, by key, in both languages; untrusted values are put into them as literal runs."""

from __future__ import annotations

import re
from functools import cache

from dialogs.model.reply import RichText, TextRun, parse_markup
from dialogs.texts import (
    aside_en,
    aside_it,
    case_en,
    case_it,
    case_out_en,
    case_out_it,
    en,
    files_en,
    files_it,
    it,
    look_en,
    look_it,
    refused_en,
    refused_it,
    thread_en,
    thread_it,
    ticket_en,
    ticket_it,
)
from knowledge.model.entry import Language

TEXTS: dict[Language, dict[str, str]] = {
    "en": {
        **en.TEXTS,
        **aside_en.TEXTS,
        **case_en.TEXTS,
        **case_out_en.TEXTS,
        **thread_en.TEXTS,
        **files_en.TEXTS,
        **look_en.TEXTS,
        **refused_en.TEXTS,
        **ticket_en.TEXTS,
    },
    "it": {
        **it.TEXTS,
        **aside_it.TEXTS,
        **case_it.TEXTS,
        **case_out_it.TEXTS,
        **thread_it.TEXTS,
        **files_it.TEXTS,
        **look_it.TEXTS,
        **refused_it.TEXTS,
        **ticket_it.TEXTS,
    },
}

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class TrustedText(str):
    """A text of our own, such as an entry's title: shown in the style of the sentence around it, not as code."""

    __slots__ = ()


def format_text(key: str, language: Language, **values: object) -> str:
    """Return the text of `key` as a plain string, for labels and for texts to copy."""
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), TEXTS[language][key])


def has_text(key: str) -> bool:
    """Return whether there is a text with this key."""
    return key in TEXTS["en"]


def format_runs(key: str, language: Language, **values: object) -> RichText:
    """Return the text of `key` as runs.

    Values are untrusted and become code, except numbers, `TrustedText` and values that already are runs.
    """
    runs: list[TextRun] = []
    for run, placeholder in _split_at_placeholders(key, language):
        if placeholder:
            runs += [value_run for value_run in _render_value(values[placeholder], run) if value_run.text]
        else:
            runs.append(run)
    return tuple(runs)


@cache
def _split_at_placeholders(key: str, language: Language) -> tuple[tuple[TextRun, str], ...]:
    """Split a text into (run, "") pairs for literal parts and (surrounding run, name) pairs for placeholders."""
    parts: list[tuple[TextRun, str]] = []
    for run in parse_markup(TEXTS[language][key]):
        position = 0
        for match in _PLACEHOLDER.finditer(run.text):
            parts += [(TextRun(run.text[position : match.start()], run.style), ""), (run, match[1])]
            position = match.end()
        parts.append((TextRun(run.text[position:], run.style), ""))
    return tuple((run, placeholder) for run, placeholder in parts if placeholder or run.text)


def _render_value(value: object, surrounding_run: TextRun) -> RichText:
    if isinstance(value, tuple):
        return value
    return (TextRun(str(value), surrounding_run.style if isinstance(value, (TrustedText, int)) else "code"),)
