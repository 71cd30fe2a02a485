"""Reads durations in a text, such as "4 hours", "quattro ore", and "240min"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knowledge.patterns import define_text_pattern

_JOINED_DURATION = define_text_pattern(r"^([0-9]{1,4})([a-z]+)$")
_MAX_DIGITS = 4
_LONG_MINUTES = 90
_LONG_TERM = "~long"
"""A second term of every duration of at least so many minutes: people rarely say the exact one."""


class Durations:
    """The units and numbers in words of which durations are made, from `word_lexicon.yaml`."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._units = {str(word): name for name, words in content["units"].items() for word in words}
        self._joined_units = {str(word): name for name, words in content["joined_units"].items() for word in words}
        self._numbers = {str(word): int(number) for word, number in content["numbers"].items()}

    def is_unit(self, word: str) -> bool:
        """Whether a word is a unit of time."""
        return word in self._units

    def parse(self, words: Sequence[str], index: int) -> tuple[tuple[str, ...], int] | None:
        """Return the terms for the duration at `index` and the index after it, or `None`."""
        joined = _JOINED_DURATION.match(words[index]) if words[index][0].isdigit() else None
        if joined and (joined_unit := self._joined_units.get(joined[2])):
            return _build_terms(int(joined[1]), joined_unit), index + 1
        if index + 1 >= len(words):
            return None
        number, unit = words[index], self._units.get(words[index + 1])
        if unit is None:
            return None
        if number.isdigit() and len(number) <= _MAX_DIGITS:
            return _build_terms(int(number), unit), index + 2
        if number in self._numbers:
            return _build_terms(self._numbers[number], unit), index + 2
        return None


def _build_terms(number: int, unit: str) -> tuple[str, ...]:
    minutes = number if unit == "minutes" else number * 60
    term = f"{minutes}m"
    return (term, _LONG_TERM) if minutes >= _LONG_MINUTES else (term,)
