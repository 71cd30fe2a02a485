"""The first sentence of one of our texts, for replies that don't have room for all of it."""

from __future__ import annotations

import re
from functools import lru_cache

from dialogs.context import DialogContext
from knowledge.model.entry import LocalizedText

MIN_SENTENCE_CHARS = 60
"""A shorter first sentence rarely says anything by itself, such as "Two things changed."."""

_SENTENCE_END = re.compile(r"[.!?](?=\s+[^a-z\s])")
"""Where a sentence may end: before a word that can begin another one."""


def extract_first_sentence(
    context: DialogContext, localized_text: LocalizedText, min_chars: int = MIN_SENTENCE_CHARS
) -> str:
    """Return the first sentence of a text with its markup intact, or more if that's shorter than `min_chars`."""
    return _extract_first_sentence(localized_text.get(context.language), context.texts.abbreviations, min_chars)


@lru_cache(maxsize=1024)
def _extract_first_sentence(text: str, abbreviations: frozenset[str], min_chars: int) -> str:
    for match in _SENTENCE_END.finditer(text):
        sentence = text[: match.end()]
        is_abbreviation = sentence.split()[-1].lstrip("(") in abbreviations
        if len(sentence) >= min_chars and _has_whole_markup(sentence) and not is_abbreviation:
            return sentence
    return text


def _has_whole_markup(sentence: str) -> bool:
    """Return whether no `code`, **bold**, or placeholder is cut: a sentence can't end inside one."""
    is_code_whole = sentence.count("`") % 2 == 0 and sentence.count("**") % 2 == 0
    return is_code_whole and sentence.count("{") == sentence.count("}")
