"""The bot's own sentences, by key, in both languages; foreign values are put into them as literal runs."""

from __future__ import annotations

import re
from functools import cache

from dialogs.model.reply import RichText, Run, prose
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

_SLOT = re.compile(r"\{(\w+)\}")


class Own(str):
    """A text of our own (an entry's title, a count in words): shown in the style of the sentence around it."""

    __slots__ = ()


def word(key: str, language: Language, **values: object) -> str:
    """The text of `key` as a plain string, for labels and for texts to copy."""
    return _SLOT.sub(lambda found: str(values[found[1]]), TEXTS[language][key])


def has(key: str) -> bool:
    """Whether there is such a text."""
    return key in TEXTS["en"]


def line(key: str, language: Language, **values: object) -> RichText:
    """The text of `key` as runs. Values are foreign and become code, except numbers, `Own` texts and ready runs."""
    runs: list[Run] = []
    for run, slot in _parts(key, language):
        if slot:
            runs += [one for one in _value(values[slot], run) if one.text]
        else:
            runs.append(run)
    return tuple(runs)


@cache
def _parts(key: str, language: Language) -> tuple[tuple[Run, str], ...]:
    """The text of `key` in parts: a run as it stands, or one around the value of the slot that is named with it."""
    parts: list[tuple[Run, str]] = []
    for run in prose(TEXTS[language][key]):
        at = 0
        for found in _SLOT.finditer(run.text):
            parts += [(Run(run.text[at : found.start()], run.style), ""), (run, found[1])]
            at = found.end()
        parts.append((Run(run.text[at:], run.style), ""))
    return tuple((run, slot) for run, slot in parts if slot or run.text)


def _value(value: object, around: Run) -> RichText:
    if isinstance(value, tuple):
        return value
    return (Run(str(value), around.style if isinstance(value, (Own, int)) else "code"),)
