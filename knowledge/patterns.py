"""Patterns for untrusted text: they run on RE2, in linear time, and are compiled on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import AnyStr, Generic

import re2

from knowledge.model.errors import KnowledgeError
from knowledge.vectorscan import compile_literals

_MAX_MEMORY_BYTES = 64 << 20
_MAX_PLAIN_SEARCH_COST = 16 << 10
"""How much text, in bytes, to search for a set's literals one by one. Compiling the set takes about as long."""
_CALL_COST = 256
"""The fixed cost of a search, in bytes of text."""


class InvalidPatternError(KnowledgeError):
    """A pattern that RE2 rejects; the message says why."""


def build_options(*, ignores_case: bool = True) -> re2.Options:
    """Build the options of patterns for bytes: byte offsets in, byte offsets out."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not ignores_case
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return options


def compile_pattern(pattern: str) -> re2._Regexp[bytes]:
    """Compile `pattern` for matching bytes, case-insensitively.

    Raises:
        InvalidPatternError: RE2 rejects the pattern, for example because it has a backreference.
    """
    try:
        return re2.compile(pattern.encode(), build_options())
    except re2.error as error:
        raise InvalidPatternError(f"RE2 doesn't accept {pattern!r}: {error}") from None


MAX_FOLLOWING_BYTES = 8


class LazyPattern(Generic[AnyStr]):
    """A pattern that's compiled on first use: most texts don't need most patterns."""

    def __init__(self, compile_it: Callable[[], re2._Regexp[AnyStr]]) -> None:
        self._compile: Callable[[], re2._Regexp[AnyStr]] = compile_it

    @cached_property
    def _regex(self) -> re2._Regexp[AnyStr]:
        return self._compile()

    def search(self, text: AnyStr, pos: int | None = None, endpos: int | None = None) -> re2._Match[AnyStr] | None:
        """Return the first match that starts at `pos` or later, in `text` up to `endpos`."""
        return self._regex.search(text, pos, endpos)

    def match(self, text: AnyStr) -> re2._Match[AnyStr] | None:
        """Return the match at the start of `text`."""
        return self._regex.match(text)

    def fullmatch(self, text: AnyStr) -> re2._Match[AnyStr] | None:
        """Return the match of all of `text`."""
        return self._regex.fullmatch(text)

    def finditer(self, text: AnyStr) -> Iterator[re2._Match[AnyStr]]:
        """Yield all matches that do not overlap, from left to right."""
        return self._regex.finditer(text)

    def findall(self, text: AnyStr) -> list[AnyStr]:
        """Return the texts of all matches of a pattern without groups."""
        return self._regex.findall(text)

    def split(self, text: AnyStr) -> list[AnyStr]:
        """Return what is between the matches of a pattern without groups."""
        return self._regex.split(text)

    def sub(self, replacement: AnyStr | Callable[[re2._Match[AnyStr]], AnyStr], text: AnyStr) -> AnyStr:
        """Return `text` with every match replaced."""
        return self._regex.sub(replacement, text)


def define_pattern(pattern: str) -> LazyPattern[bytes]:
    """Define a pattern for matching bytes, case-insensitively. RE2 rejects an invalid one on first use."""
    return LazyPattern(partial(compile_pattern, pattern))


def define_text_pattern(pattern: AnyStr) -> LazyPattern[AnyStr]:
    """Define a pattern in RE2's own terms: for text, or for bytes of UTF-8; its case counts."""
    return LazyPattern(partial(re2.compile, pattern))


def decode_groups(match: re2._Match[bytes]) -> dict[str, str]:
    """Return the groups that took part in a match, by name, as text: for a bytes pattern RE2 gives both as bytes."""
    return {_decode(name): _decode(value) for name, value in match.groupdict().items() if value}


def list_group_names(pattern: re2._Regexp[bytes]) -> list[str]:
    """Return the names of the groups in a pattern."""
    return [_decode(name) for name in pattern.groupindex]


def _decode(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


class PatternSet:
    """Patterns for bytes that are all searched for in one pass. They're compiled together on first use."""

    def __init__(self, patterns: Sequence[str], *, ignores_case: bool = True) -> None:
        self._patterns, self._ignores_case = patterns, ignores_case

    @cached_property
    def _match(self) -> Callable[[bytes], Sequence[int]]:
        """What RE2's wrapper calls. Most of the texts are a line, which takes the wrapper as long as the search."""
        compiled = re2.Set.SearchSet(build_options(ignores_case=self._ignores_case))
        for pattern in self._patterns:
            compiled.Add(pattern.encode())
        compiled.Compile()
        return compiled._set.Match

    def find_in(self, text: bytes) -> Sequence[int]:
        """Return the positions of the patterns that match anywhere in `text`, in no particular order."""
        return self._match(text) if self._patterns and text else ()


class LiteralSet:
    """Literal texts that are all searched for in one pass, however many there are.

    The first short texts are searched literal by literal: compiling the set takes longer, and the command line
    diagnoses just one log.
    """

    def __init__(self, literals: Iterable[bytes]) -> None:
        """Take `literals`, which are lowercase, with collapsed whitespace, and without duplicates."""
        self._literals = tuple(literals)
        self._plain_search_cost = 0

    @cached_property
    def _find(self) -> Callable[[bytes], Sequence[int]]:
        """The search for all of them. RE2 would first have to build its states for each text that's new to it."""
        scan = compile_literals(self._literals, ignores_case=False, finds_first=True)
        if scan is None:
            escaped = [re2.escape(literal.decode()) for literal in self._literals]
            return PatternSet(escaped, ignores_case=False).find_in

        def find(text: bytes) -> list[int]:
            found: list[int] = []
            scan(text, lambda index, *_: found.append(index))
            return found

        return find

    def find_in(self, lowercase: bytes) -> Sequence[bytes]:
        """Return the literals that occur in a lowercase text."""
        if self._plain_search_cost < _MAX_PLAIN_SEARCH_COST:
            self._plain_search_cost += _CALL_COST + len(lowercase)
        if self._plain_search_cost < _MAX_PLAIN_SEARCH_COST:
            return [literal for literal in self._literals if literal in lowercase]
        return [self._literals[index] for index in self._find(lowercase)]


def collapse_whitespace(text: str) -> str:
    """Return `text` with every run of whitespace replaced by one blank, and stripped."""
    return " ".join(text.split())


def normalize_literal(text: str) -> str:
    """Return `text` as texts are searched: with collapsed whitespace and in lowercase."""
    return collapse_whitespace(text).lower()
