"""The server's own texts exist in both languages, with the same values."""

from __future__ import annotations

from dataclasses import asdict
from string import Formatter
from typing import get_args

from bot.terminal.messages import get_messages
from bot.turns.notices import NoticeId, render_notice
from knowledge.model.entry import COMPLETE_LANGUAGES
from tests.reporting import failures_together
from tests.shipped_texts import TEXTS

_REFERENCE, _LINK, _PERCENT = "REFERENCE", "LINK", 42


def test_both_languages_name_the_same_values() -> None:
    with failures_together() as failures:
        for notice in get_args(NoticeId):
            english, italian = (
                render_notice(notice, language, _REFERENCE, _LINK, _PERCENT) for language in COMPLETE_LANGUAGES
            )
            with failures.check(notice):
                assert english != italian
                for value in (_REFERENCE, _LINK, str(_PERCENT)):
                    assert english.count(value) == italian.count(value)


def test_the_terminal_says_the_same_in_both_languages() -> None:
    with failures_together() as failures:
        for name, english in asdict(get_messages("en")).items():
            italian = asdict(get_messages("it"))[name]
            with failures.check(name):
                assert english != italian
                assert _slots(english) == _slots(italian)


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_notice_has_a_text_and_every_text_its_notice() -> None:
    keys = {key.removeprefix("notice.") for key in TEXTS["en"] if key.startswith("notice.")}
    assert keys == set(get_args(NoticeId))


def test_a_language_that_is_not_known_gets_english() -> None:
    assert render_notice("image", "tlh") == render_notice("image", "en")
    assert get_messages("tlh") == get_messages("en")
