"""What the outside says is there in both languages, with the same values in it."""

from __future__ import annotations

from dataclasses import asdict
from string import Formatter
from typing import get_args

import pytest

from bot.terminal.words import words
from bot.turns.notices import Sentence, say
from knowledge.model.entry import LANGUAGES

_REFERENCE, _LINK, _PERCENT = "REFERENCE", "LINK", 42


@pytest.mark.parametrize("sentence", get_args(Sentence))
def test_both_languages_name_the_same_values(sentence: Sentence) -> None:
    english, italian = (say(sentence, language, _REFERENCE, _LINK, _PERCENT) for language in LANGUAGES)
    assert english != italian
    for value in (_REFERENCE, _LINK, str(_PERCENT)):
        assert english.count(value) == italian.count(value)


@pytest.mark.parametrize("name", sorted(asdict(words("en"))))
def test_the_terminal_says_the_same_in_both_languages(name: str) -> None:
    english, italian = asdict(words("en"))[name], asdict(words("it"))[name]
    assert english != italian
    assert _slots(english) == _slots(italian)


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
