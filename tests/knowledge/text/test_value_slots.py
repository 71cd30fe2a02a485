"""Texts with placeholders read well with a value and without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.value_slots import TextPart, fill_values, list_slots, split_slots

FILLED = [
    # text, values, result
    ("plain", {}, "plain"),
    ("{name|Something} failed", {"name": "npm"}, "npm failed"),
    ("{name|Something} failed", {}, "Something failed"),
    ("{name|Something} failed", {"name": ""}, "Something failed"),
    ("{name|} failed", {}, " failed"),
    ("{a|x}{b|y}{a|z}", {"a": "1"}, "1y1"),
    ("{a|x}", {"a": "{b|y}", "b": "never"}, "{b|y}"),
    ("a {brace} and ${variable} and {A|b}", {"brace": "no"}, "a {brace} and ${variable} and {A|b}"),
    ("{a|x", {"a": "1"}, "{a|x"),
    ("", {"a": "1"}, ""),
]


@pytest.mark.parametrize(("text", "values", "filled"), FILLED)
def test_a_placeholder_becomes_its_value_or_its_default(text: str, values: dict[str, str], filled: str) -> None:
    assert fill_values(text, values) == filled


def test_the_parts_say_which_of_them_are_values() -> None:
    parts = list(split_slots("The {tool|tool} wants {answer|an answer}.", {"tool": "apt"}))
    assert parts == [
        TextPart("The ", False),
        TextPart("apt", True),
        TextPart(" wants ", False),
        TextPart("an answer", False),
        TextPart(".", False),
    ]


def test_the_slots_are_listed_in_order() -> None:
    assert list_slots("{b|x} and {a|y}, again {b|z}, not {c}") == ("b", "a", "b")


@given(st.text(), st.dictionaries(st.sampled_from(["a", "b", "name"]), st.text()))
def test_any_text_is_filled_in_one_pass(text: str, values: dict[str, str]) -> None:
    readable = text.encode("utf-8", "replace").decode()
    parts = list(split_slots(readable, values))
    assert "".join(part.text for part in parts) == fill_values(readable, values)
    assert all(part.text for part in parts)
    assert all(part.text in values.values() for part in parts if part.is_value)
    assert fill_values(f"{readable} {{a|default}}", values).endswith(values.get("a") or "default")
