"""The building blocks of replies: a text cut to what fits, in its own styles."""

from __future__ import annotations

import pytest

from dialogs.context import shorten_runs
from dialogs.model.reply import parse_markup
from dialogs.replies.plain_text import flatten_runs


@pytest.mark.parametrize(
    ("text", "max_chars", "shown"),
    [
        ("Run `a b` now.", 40, "Run a b now."),
        ("Run `a b` and then look at it.", 20, "Run a b and then…"),
        ("Run `Get-Content -Tail 40` now.", 20, "Run Get-Content…"),
        ("Run it.`x`", 8, "Run it.x"),
        ("Run it.`xyz`", 8, "Run it.…"),
    ],
)
def test_a_text_is_cut_at_a_word_and_keeps_its_styles(text: str, max_chars: int, shown: str) -> None:
    runs = shorten_runs(parse_markup(text), max_chars)
    assert flatten_runs(runs) == shown
    assert [run.style for run in runs] == [run.style for run in parse_markup(text)][: len(runs)]
