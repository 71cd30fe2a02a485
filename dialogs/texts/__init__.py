"""The bot's own sentences, by key, in both languages; foreign values are put into them as literal runs."""

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
    """A text of our own (an entry's title, a count in words): shown in the style of the sentence around it."""

    __slots__ = ()


def format_text(key: str, language: Language, **values: object) -> str:
    """The text of `key` as a plain string, for labels and for texts to copy."""
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), TEXTS[language][key])


def has_text(key: str) -> bool:
    """Whether there is such a text."""
    return key in TEXTS["en"]


def format_runs(key: str, language: Language, **values: object) -> RichText:
    """The text of `key` as runs. Values are foreign and become code, except numbers, `Own` texts and ready runs."""
    runs: list[TextRun] = []
    for run, slot in _split_at_placeholders(key, language):
        if slot:
            runs += [one for one in _render_value(values[slot], run) if one.text]
        else:
            runs.append(run)
    return tuple(runs)


@cache
def _split_at_placeholders(key: str, language: Language) -> tuple[tuple[TextRun, str], ...]:
    """The text of `key` in parts: a run as it stands, or one around the value of the slot that is named with it."""
    parts: list[tuple[TextRun, str]] = []
    for run in parse_markup(TEXTS[language][key]):
        at = 0
        for found in _PLACEHOLDER.finditer(run.text):
            parts += [(TextRun(run.text[at : found.start()], run.style), ""), (run, found[1])]
            at = found.end()
        parts.append((TextRun(run.text[at:], run.style), ""))
    return tuple((run, slot) for run, slot in parts if slot or run.text)


def _render_value(value: object, surrounding_run: TextRun) -> RichText:
    if isinstance(value, tuple):
        return value
    return (TextRun(str(value), surrounding_run.style if isinstance(value, (TrustedText, int)) else "code"),)
