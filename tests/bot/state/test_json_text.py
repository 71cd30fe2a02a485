"""What counts as JSON, and what doesn't."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.state.json_text import EncodedJson, encode_json

PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(some.characters(exclude_categories=())),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
def test_it_reads_back_as_it_was(value: Any) -> None:
    assert json.loads(encode_json(value)) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"a": (1, 2.5), "b": "è"}, '{"a":[1,2.5],"b":"è"}'),
        ("half a pair: \ud83d", '"half a pair: \\ud83d"'),
        (2**70, str(2**70)),
    ],
)
def test_it_is_compact(value: Any, written: str) -> None:
    assert encode_json(value).decode() == written


@pytest.mark.parametrize("value", [object(), b"x", {1}, date(2026, 1, 12), {"x": [object()]}])
def test_what_is_no_plain_json_is_a_fault(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode_json(value)


@pytest.mark.parametrize("beside", ["plain", "half a pair: \ud83d", 2**70])
@pytest.mark.parametrize("value", [{"a": [1, "è"]}, {"half": "\ud83d"}, 2**70, "", None])
def test_what_is_encoded_already_is_taken_over(value: Any, beside: Any) -> None:
    assert json.loads(encode_json({"part": EncodedJson(encode_json(value)), "beside": beside})) == {
        "part": value,
        "beside": beside,
    }
