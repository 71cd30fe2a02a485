"""Patterns of what failing scripts print, and the search for all of them in one pass over a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from knowledge.model.finding import LinePattern
from knowledge.patterns import InvalidPatternError, LiteralSet, PatternSet, collapse_whitespace, compile_pattern
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

LINE_PATTERN_KEYS = ("id", "weight", "caps", "text", "regex", "unless", "examples", "not_examples")
_MAX_TEXT_CHARS = 2_000
_MAX_WEIGHT = 10


class LinePatternMatch(NamedTuple):
    """The heaviest pattern found in a text, and the cap on the text's weight; each is `None` if there is none."""

    pattern: LinePattern | None
    weight_cap: int | None


class LinePatternSet:
    """A set of patterns that is searched in one pass over a text, however many there are."""

    def __init__(self, patterns: Sequence[LinePattern]) -> None:
        self._patterns = patterns
        # The positions of the patterns that a literal speaks for, and of those that it speaks against.
        self._positions_by_text: dict[bytes, list[int]] = {}
        self._positions_by_unless: dict[bytes, list[int]] = {}
        for position, pattern in enumerate(patterns):
            for text in pattern.text:
                self._positions_by_text.setdefault(_normalize(text), []).append(position)
            for text in pattern.unless:
                self._positions_by_unless.setdefault(_normalize(text), []).append(position)
        self._literals = LiteralSet(text for pattern in patterns for text in (*pattern.text, *pattern.unless))
        self._positions_by_regex = [position for position, pattern in enumerate(patterns) for _ in pattern.regex]
        self._regexes = PatternSet([regex for pattern in patterns for regex in pattern.regex])

    def match_text(self, text: str) -> LinePatternMatch:
        """Search the first 2,000 characters of `text`. Among patterns with the same weight, the first one wins."""
        matching = self.find_all(text)
        return LinePatternMatch(
            max((pattern for pattern in matching if not pattern.is_weight_cap), key=_get_weight, default=None),
            min((pattern.weight for pattern in matching if pattern.is_weight_cap), default=None),
        )

    def find_all(self, text: str) -> list[LinePattern]:
        """Return every pattern found in the first 2,000 characters of `text`, in the order of the set."""
        searched = _normalize(text[:_MAX_TEXT_CHARS])
        literals = self._literals.find_in(searched)
        found = {position for literal in literals for position in self._positions_by_text.get(literal, ())}
        found.update(self._positions_by_regex[index] for index in self._regexes.find_in(searched))
        vetoed = {position for literal in literals for position in self._positions_by_unless.get(literal, ())}
        return [self._patterns[position] for position in sorted(found - vetoed)]


def _normalize(text: str) -> bytes:
    return collapse_whitespace(text).lower().encode("utf-8", "replace")


def _get_weight(pattern: LinePattern) -> int:
    return pattern.weight


def parse_line_pattern(file: YamlFile, key_path: KeyPath, value: object) -> LinePattern:
    """Read a pattern that only helps to choose the lines to show."""
    section = Section(file, key_path, value, LINE_PATTERN_KEYS)
    pattern = read_line_pattern(section, section.get_texts("examples"))
    check_regexes(section, "regex", pattern.regex)
    if not (pattern.text or pattern.regex):
        section.add_fault("id", "needs at least one 'text' or 'regex' to look for")
    if not pattern.examples:
        section.add_fault("examples", "needs at least one example line")
    return pattern


def read_line_pattern(section: Section, examples: Sequence[str]) -> LinePattern:
    """Read the keys of `section` that describe a line."""
    pattern = LinePattern(
        id=section.get_text("id"),
        weight=section.get_int("weight", 1),
        text=section.get_texts("text"),
        regex=section.get_texts("regex"),
        unless=section.get_texts("unless"),
        is_weight_cap=section.get_raw("caps") is True,
        examples=tuple(examples),
        not_examples=section.get_texts("not_examples"),
    )
    if not 0 <= pattern.weight <= _MAX_WEIGHT:
        section.add_fault("weight", f"a weight is from 0 to {_MAX_WEIGHT}")
    return pattern


def check_regexes(section: Section, key: str, regexes: Sequence[str]) -> None:
    """Record a fault for each expression that RE2 doesn't take."""
    for regex in regexes:
        try:
            compile_pattern(regex)
        except InvalidPatternError as error:
            section.add_fault(key, str(error))
