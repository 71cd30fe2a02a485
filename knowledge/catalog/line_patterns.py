"""Patterns of what failing scripts print, and the search for all of them in one pass over a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from knowledge.model.finding import LinePattern
from knowledge.patterns import (
    InvalidPatternError,
    LiteralSet,
    PatternSet,
    compile_pattern,
    normalize_literal,
)
from knowledge.redaction.patterns import BytePattern
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

LINE_PATTERN_KEYS = ("id", "weight", "caps", "text", "regex", "unless", "examples", "not_examples")
_MAX_TEXT_CHARS = 2_000
_MAX_WEIGHT = 10
_MAX_SINGLE_SEARCHES = 2_000
_MIN_LARGE_COUNT = 20


class LinePatternMatch(NamedTuple):
    """The heaviest pattern found in a text, and the cap on the text's weight; each is `None` if there is none."""

    pattern: LinePattern | None
    weight_cap: int | None


_NO_MATCH = LinePatternMatch(None, None)


class _RegexSet:
    """Some of a list of regexes, which are searched for together."""

    def __init__(self, regexes: Sequence[str], numbers: Sequence[int]) -> None:
        """Take those of `regexes` that are at `numbers`."""
        self.numbers = frozenset(numbers)
        self._ordered = numbers
        self._set = PatternSet([regexes[number] for number in numbers])

    def find_in(self, searched: bytes) -> list[int]:
        """Return the numbers of the regexes that match a text."""
        return [self._ordered[index] for index in self._set.find_in(searched)]


class _SearchIndex:
    """What to search a text for: the patterns' literals, and the regexes that these make worth trying."""

    def __init__(self, patterns: Sequence[LinePattern]) -> None:
        # The positions of the patterns that a literal speaks for, and of those that it speaks against.
        self.positions_by_text: dict[bytes, list[int]] = {}
        self.positions_by_unless: dict[bytes, list[int]] = {}
        # The regexes by number, with the position of the pattern of each. A text with a regex's first literals may have
        # the others, too; only then it's worth a search.
        self._regexes: list[str] = []
        self._positions: list[int] = []
        self._numbers_by_literal: dict[bytes, list[int]] = {}
        self._other_literals: list[Sequence[Sequence[bytes]]] = []
        without_literals: list[int] = []
        for position, pattern in enumerate(patterns):
            for text in pattern.text:
                self.positions_by_text.setdefault(text.encode(), []).append(position)
            for text in pattern.unless:
                self.positions_by_unless.setdefault(text.encode(), []).append(position)
            for regex, groups in zip_longest(pattern.regex, pattern.regex_literals, fillvalue=()):
                number = len(self._regexes)
                self._regexes.append(str(regex))
                self._positions.append(position)
                first, *others = [[literal.encode() for literal in group] for group in groups] or [[]]
                self._other_literals.append(others)
                without_literals += [] if first else [number]
                for literal in first:
                    self._numbers_by_literal.setdefault(literal, []).append(number)
        other_literals = (literal for groups in self._other_literals for group in groups for literal in group)
        self.literals = LiteralSet(
            dict.fromkeys(
                (*self.positions_by_text, *self.positions_by_unless, *self._numbers_by_literal, *other_literals)
            )
        )
        self._without_literals = _RegexSet(self._regexes, without_literals)
        self._compiled: dict[int, BytePattern] = {}
        self._single_searches = 0

    @cached_property
    def _plain_regexes(self) -> _RegexSet:
        """The regexes with literals that are fast to search for together.

        Those that skip any text, or count to large numbers, aren't: RE2 distinguishes so many states that hardly any
        text reaches those of the texts before it, and each takes a hundred times as long.
        """
        repetitive = {number for number, regex in enumerate(self._regexes) if _is_repetitive(regex)}
        excluded = repetitive | self._without_literals.numbers
        return _RegexSet(self._regexes, [number for number in range(len(self._regexes)) if number not in excluded])

    def find_regexes(self, searched: bytes, literals: Iterable[bytes]) -> Iterator[int]:
        """Return the positions of the patterns with a regex that matches a text with these literals."""
        matching = self._without_literals.find_in(searched)
        numbers = {number for literal in literals for number in self._numbers_by_literal.get(literal, ())}
        present = frozenset(literals)
        # compiling many regexes together takes much longer than the first few searches one by one
        is_warm = self._single_searches >= _MAX_SINGLE_SEARCHES
        if is_warm and not numbers.isdisjoint(self._plain_regexes.numbers):
            numbers = numbers.difference(self._plain_regexes.numbers)
            matching += self._plain_regexes.find_in(searched)
        for number in numbers:
            if any(map(present.isdisjoint, self._other_literals[number])):
                continue
            self._single_searches += 1
            compiled = self._compiled.get(number)
            if compiled is None:
                compiled = self._compiled[number] = BytePattern(f"(?i){self._regexes[number]}")
            if compiled.has_match(searched):
                matching.append(number)
        return map(self._positions.__getitem__, matching)


def _is_repetitive(regex: str) -> bool:
    """Return whether a regex skips any text or any word, or repeats something up to a large number of times."""
    if re.search(r"(?:\.|\\S)[*+]", regex):
        return True
    return any(int(count) >= _MIN_LARGE_COUNT for count in re.findall(r"[{,](\d+)}", regex))


class LinePatternSet:
    """A set of patterns that is searched in one pass over a text, however many there are. It's compiled on first use.

    At first, a regex is only searched for, and compiled, if the text has a literal that each of its matches has.
    """

    def __init__(self, patterns: Sequence[LinePattern]) -> None:
        self._patterns = patterns

    @cached_property
    def _index(self) -> _SearchIndex:
        return _SearchIndex(self._patterns)

    def match_text(self, text: str) -> LinePatternMatch:
        """Search the first 2,000 characters of `text`. Among patterns with the same weight, the first one wins."""
        matching = self.find_all(text)
        if not matching:
            return _NO_MATCH
        return LinePatternMatch(
            max((pattern for pattern in matching if not pattern.is_weight_cap), key=_get_weight, default=None),
            min((pattern.weight for pattern in matching if pattern.is_weight_cap), default=None),
        )

    def find_all(self, text: str) -> list[LinePattern]:
        """Return every pattern found in the first 2,000 characters of `text`, in the order of the set."""
        index = self._index
        searched = normalize_literal(text[:_MAX_TEXT_CHARS]).encode("utf-8", "replace")
        literals = index.literals.find_in(searched)
        found = set(index.find_regexes(searched, literals))
        for literal in literals:
            found.update(index.positions_by_text.get(literal, ()))
        if not found:
            return []
        vetoed = {position for literal in literals for position in index.positions_by_unless.get(literal, ())}
        return [self._patterns[position] for position in sorted(found - vetoed)]


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
        text=tuple(map(normalize_literal, section.get_texts("text"))),
        regex=section.get_texts("regex"),
        unless=tuple(map(normalize_literal, section.get_texts("unless"))),
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
