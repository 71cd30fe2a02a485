"""What the outside says is there in both languages, with the same values in it."""

from __future__ import annotations

from dataclasses import asdict
from string import Formatter
from typing import get_args

import pytest

from bot.terminal.messages import get_messages
from bot.turns.notices import NoticeId, render_notice
from knowledge.model.entry import LANGUAGES

_REFERENCE, _LINK, _PERCENT = "REFERENCE", "LINK", 42


@pytest.mark.parametrize("sentence", get_args(NoticeId))
def test_both_languages_name_the_same_values(sentence: NoticeId) -> None:
    english, italian = (render_notice(sentence, language, _REFERENCE, _LINK, _PERCENT) for language in LANGUAGES)
    assert english != italian
    for value in (_REFERENCE, _LINK, str(_PERCENT)):
        assert english.count(value) == italian.count(value)


@pytest.mark.parametrize("name", sorted(asdict(get_messages("en"))))
def test_the_terminal_says_the_same_in_both_languages(name: str) -> None:
    english, italian = asdict(get_messages("en"))[name], asdict(get_messages("it"))[name]
    assert english != italian
    assert _slots(english) == _slots(italian)


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
