"""Patterns over byte views: RE2 on bytes, one byte a character, with groups by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import re2

Span = tuple[int, int]

_MAX_MEMORY_BYTES = 64 << 20
_PLAIN_CHARACTERS = {
    "\u201c": '"',
    "\u201d": '"',
    "\u2018": "'",
    "\u2019": "'",
    "\xa0": " ",
    "\u202f": " ",
    "\u2028": " ",
    "\u2029": " ",
    "\x85": " ",
}


def build_byte_view(text: str) -> bytes:
    """One byte a character, in the same places: curly quotes plain, odd blanks as blanks, foreign letters as `?`."""
    if text.isascii():
        return text.encode("ascii")
    for odd, plain in _PLAIN_CHARACTERS.items():
        text = text.replace(odd, plain)
    return text.encode("latin-1", "replace")


class ByteMatch:
    """A match: spans and bytes of its named groups (`""` is the whole). A group that took no part starts at -1."""

    __slots__ = ("_groups", "_match", "_view")

    def __init__(self, match: re2._Match[bytes], groups: dict[str, int], view: bytes) -> None:
        self._match = match
        self._groups = groups
        self._view = view

    def span(self, name: str = "") -> Span:
        """Where the group stands."""
        start, end = self._match.span(self._groups[name])
        return start, end

    def start(self, name: str = "") -> int:
        """Where the group begins, or -1."""
        return self.span(name)[0]

    def end(self, name: str = "") -> int:
        """Where the group ends, or -1."""
        return self.span(name)[1]

    def group(self, name: str = "") -> bytes:
        """The group's bytes; empty when it took no part."""
        start, end = self.span(name)
        return self._view[start:end] if start >= 0 else b""


class BytePattern:
    """A compiled pattern. `stop` ends the view for the search: `\\z` matches there."""

    __slots__ = ("_groups", "_regex")

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        options.max_mem = _MAX_MEMORY_BYTES
        self._regex = re2.compile(pattern.encode("ascii"), options)
        self._groups = {"": 0, **{_decode_group_name(name): index for name, index in self._regex.groupindex.items()}}

    def search(self, view: bytes, at: int = 0, stop: int | None = None) -> ByteMatch | None:
        """The leftmost match from `at` on."""
        match = self._regex.search(view, at, stop)
        return None if match is None else ByteMatch(match, self._groups, view)

    def match(self, view: bytes, at: int = 0, stop: int | None = None) -> ByteMatch | None:
        """The match that begins at `at`."""
        match = self._regex.match(view, at, stop)
        return None if match is None else ByteMatch(match, self._groups, view)

    def fullmatch(self, view: bytes) -> bool:
        """Whether the whole of `view` matches."""
        return self._regex.fullmatch(view) is not None

    def finditer(self, view: bytes, at: int = 0, stop: int | None = None) -> Iterator[ByteMatch]:
        """All matches, apart, from left to right."""
        for match in self._regex.finditer(view, at, stop):
            yield ByteMatch(match, self._groups, view)


RedactionRule = Callable[[bytes], Iterator[Span]]


class RulePrefilter:
    """Which rules may find something in a view, told in one scan.

    Each rule comes with a sign: a pattern, without regard to case, that is somewhere in every text in which the rule
    finds anything. Signs are words, so that the scan stays quick for any text: no long counts of repeated classes.
    """

    def __init__(self, rules: Sequence[tuple[str, RedactionRule]]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = _MAX_MEMORY_BYTES
        self._set = re2.Set.SearchSet(options)
        self._rules = [rule for _, rule in rules]
        for sign, _ in rules:
            self._set.Add(sign.encode("ascii"))
        self._set.Compile()

    def select_rules(self, view: bytes) -> list[RedactionRule]:
        """The rules whose signs `view` holds."""
        return [self._rules[index] for index in self._set.Match(view) or ()]


def _decode_group_name(name: str | bytes) -> str:
    """A group's name: bytes, in a pattern over bytes."""
    return name.decode("ascii") if isinstance(name, bytes) else name


def compute_max_findings(view: bytes) -> int:
    """How many findings of one sort deserve a look each; a text with more is no log, and is hidden more coarsely."""
    return 100 + len(view) // 256


def compile_pattern(pattern: str) -> BytePattern:
    """The pattern, compiled. Raises `re2.error` for one that RE2 does not take."""
    return BytePattern(pattern)
