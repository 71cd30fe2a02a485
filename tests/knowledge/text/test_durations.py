"""Durations are written as people say them, the same in every language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.durations import format_duration

DURATIONS = [
    (0, "0 s"),
    (59, "59 s"),
    (60, "1 min"),
    (185, "3 min 5 s"),
    (599, "9 min 59 s"),
    (600, "10 min"),
    (659, "10 min"),
    (3_599, "59 min"),
    (3_600, "1 h"),
    (6_900, "1 h 55 min"),
    (86_400, "24 h"),
    (-5, "0 s"),
]


@pytest.mark.parametrize(("seconds", "text"), DURATIONS)
def test_a_duration_is_written_as_people_say_it(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 10**7))
def test_a_duration_is_never_said_to_be_longer_than_it_was(seconds: int) -> None:
    words = format_duration(seconds).split()
    units = {"h": 3_600, "min": 60, "s": 1}
    said = sum(int(number) * units[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert said <= seconds < said + 60
