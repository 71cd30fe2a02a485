"""A log's lines that a terminal cut at its width are joined, and whether there can be any is told without the width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.text_lines import TextLines
from knowledge.text.unwrapping import may_be_wrapped, unwrap_lines

WIDTH = 80
PREFIXED = "[run] PACKER 2026/01/12 08:00:00 ui: ==> azure-arm: ".ljust(WIDTH, "x")


def number_lines(texts: list[str]) -> TextLines:
    return TextLines(range(1, len(texts) + 1), texts)


def test_the_rest_of_a_cut_line_is_joined_to_it() -> None:
    lines = number_lines([PREFIXED, "the rest", PREFIXED])
    assert may_be_wrapped(lines)
    assert unwrap_lines(lines).texts == [PREFIXED + "the rest", PREFIXED]


@given(st.lists(st.sampled_from([PREFIXED, "[short", "==> azure-arm: x", "rest", "", "x" * WIDTH]), max_size=8))
def test_what_cannot_be_wrapped_stays_as_it_is(texts: list[str]) -> None:
    lines = number_lines(texts)
    assert may_be_wrapped(lines) or unwrap_lines(lines) is lines
