"""Values from a store are cleaned of what no store or client accepts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialogs.state.json_fields import clean_text


def allowed(character: str) -> bool:
    """The rule, one character at a time."""
    if character in "\n\t":
        return True
    return character >= " " and not "\x7f" <= character <= "\x9f" and not "\ud800" <= character <= "\udfff"


@given(st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from("\r\n\t\x00\x7f\x9f\ud800\udfff")))
def test_clean_keeps_exactly_what_may_stay(value: str) -> None:
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    assert clean_text(value, 10**6) == "".join(filter(allowed, lines))


def test_clean_cuts_before_it_looks() -> None:
    assert clean_text("ab\x00c", 3) == "ab"
