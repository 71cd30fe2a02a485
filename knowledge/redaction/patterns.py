"""Match byte views of a text: RE2 patterns with named groups, on one byte per character."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence, Set
from functools import cached_property
from typing import NamedTuple

import re2

from knowledge.patterns import MAX_FOLLOWING_BYTES, PatternSet, build_options

Span = tuple[int, int]
_MAX_SINGLE_SEARCH_COST = 32 << 10
"""How much text, in bytes, to search for the rules' signs one by one. Compiling all of them takes about as long."""
_MIN_LARGE_COUNT = 30
_MAX_TESTED_BYTES = 1 << 10
_UNANCHORED, _ANCHOR_START, _ANCHOR_BOTH = re2._Anchor.UNANCHORED, re2._Anchor.ANCHOR_START, re2._Anchor.ANCHOR_BOTH
_NO_SPANS: Sequence[Span] = ((-1, -1),)
_CALL_COST = 256
"""The fixed cost of a search, in bytes of text."""

_FULL_WIDTH = range(0xFF01, 0xFF5F)
_PLAIN_SPELLINGS = {
    '"': "\u201c\u201d\u201e",
    "'": "\u2018\u2019\u201a",
    " ": "\u2007\u202f\u2028\u2029\u3000",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
    ">": "\u2192\u21d2\u27a1\u2794",
    "|": "\u2502",
    "l": "\u0142",
}
_PLAIN_CHARACTERS = {
    **{chr(code): chr(code - 0xFEE0) for code in _FULL_WIDTH},
    **{unusual: plain for plain, spellings in _PLAIN_SPELLINGS.items() for unusual in spellings},
}
_PLAIN_BYTES = bytes.maketrans(b"\xa0\x85\xab\xbb", b'  ""')
_ERRORS = "image-medic-plain"


def _replace_beyond_latin_1(error: UnicodeError) -> tuple[str, int]:
    """Handle characters outside Latin-1: `str.translate` would look at all characters, and is much slower."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join([_PLAIN_CHARACTERS.get(c, "?") for c in error.object[error.start : error.end]]), error.end


codecs.register_error(_ERRORS, _replace_beyond_latin_1)


def build_byte_view(text: str) -> bytes:
    """Return `text` with one byte per character, so that offsets are the same in both.

    Curly quotes become straight ones, unusual blanks and dashes plain ones, arrows `>`, and full-width characters
    ordinary ones. A character outside Latin-1 becomes `?`.
    """
    if text.isascii():
        return text.encode("ascii")
    return text.encode("latin-1", _ERRORS).translate(_PLAIN_BYTES)


def escape_literal(text: str) -> str:
    """Return a pattern for `text` in a byte view."""
    return str(re2.escape(text)) if text.isascii() else "".join(map(_escape_character, text))


def _escape_character(character: str) -> str:
    return str(re2.escape(character)) if character.isascii() else f"\\x{ord(character):02x}"


class ByteMatch:
    """A match with named groups; the group `""` is the whole match. A group that did not take part starts at -1."""

    __slots__ = ("_groups", "_spans", "_view")

    def __init__(self, spans: Sequence[Span], groups: dict[str, int], view: bytes) -> None:
        """Take the `spans` of the groups by number, found in `view` with a pattern that has these `groups` by name."""
        self._spans = spans
        self._groups = groups
        self._view = view

    def span(self, name: str = "") -> Span:
        """Return the offsets at which the group starts and ends."""
        return self._spans[self._groups[name]]

    def start(self, name: str = "") -> int:
        """Return the offset at which the group starts, or -1."""
        return self._spans[self._groups[name]][0]

    def end(self, name: str = "") -> int:
        """Return the offset at which the group ends, or -1."""
        return self._spans[self._groups[name]][1]

    def group(self, name: str = "") -> bytes:
        """Return the bytes of the group; none if it didn't take part."""
        start, end = self._spans[self._groups[name]]
        return self._view[start:end] if start >= 0 else b""

    def decode_groups(self) -> dict[str, str]:
        """Return the groups with names that aren't empty, as text, for a pattern that was searched for in UTF-8."""
        spans = ((name, self._spans[index]) for name, index in self._groups.items() if name)
        return {name: self._view[start:end].decode("utf-8", "replace") for name, (start, end) in spans if end > start}

    def read_following(self, name: str) -> str:
        """Return the next few characters after the group, of a text in UTF-8."""
        end = self.end(name)
        return self._view[end : end + MAX_FOLLOWING_BYTES].decode("utf-8", "ignore")


class BytePattern:
    r"""A pattern for bytes, compiled on first use.

    A search starts at `pos` and ends at `endpos`, where `\z` matches.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    @cached_property
    def _regex(self) -> re2._Regexp[bytes]:
        return re2.compile(self._pattern.encode(), build_options(ignores_case=False))

    @cached_property
    def _find(self) -> Callable[[re2._Anchor, bytes, int, int], Sequence[Span]]:
        """What RE2's wrapper calls. A hostile text has thousands of matches, and the wrapper's objects cost time."""
        return self._regex._regexp.Match

    @cached_property
    def _groups(self) -> dict[str, int]:
        return {"": 0, **{_decode_group_name(name): index for name, index in self._regex.groupindex.items()}}

    @cached_property
    def group_names(self) -> Set[str]:
        """The names of the groups, other than the whole match."""
        return frozenset(self._groups) - {""}

    def search(self, view: bytes, pos: int = 0, endpos: int | None = None) -> ByteMatch | None:
        """Return the first match that starts at `pos` or later."""
        return self._match(_UNANCHORED, view, pos, endpos)

    def has_match(self, view: bytes) -> bool:
        """Return whether there's a match in `view`."""
        return self._find(_UNANCHORED, view, 0, len(view))[0][0] >= 0

    def match(self, view: bytes, pos: int = 0, endpos: int | None = None) -> ByteMatch | None:
        """Return the match that starts at `pos`."""
        return self._match(_ANCHOR_START, view, pos, endpos)

    def _match(self, anchor: re2._Anchor, view: bytes, pos: int, endpos: int | None) -> ByteMatch | None:
        length = len(view)
        end = length if endpos is None else min(endpos, length)
        pos = min(pos, length)
        spans = self._find(anchor, view, pos, end) if pos <= end else _NO_SPANS
        return None if spans[0][0] < 0 else ByteMatch(spans, self._groups, view)

    def fullmatch(self, view: bytes) -> bool:
        """Return whether all of `view` matches."""
        return self._find(_ANCHOR_BOTH, view, 0, len(view))[0][0] >= 0

    def split(self, view: bytes) -> list[bytes]:
        """Return what is between the matches of a pattern without groups."""
        return self._regex.split(view)

    def finditer(self, view: bytes, pos: int = 0, endpos: int | None = None) -> Iterator[ByteMatch]:
        """Yield all matches that do not overlap, from left to right."""
        end = len(view) if endpos is None else min(endpos, len(view))
        while pos <= end and (match := self._match(_UNANCHORED, view, pos, end)) is not None:
            yield match
            # after an empty match, the next one can only begin further on
            pos = max(match.end(), pos + 1)


RedactionRule = Callable[[bytes], Iterator[Span]]
"""Finds one kind of secret in a byte view. Spans may overlap and come in any order."""


class WordSigns(NamedTuple):
    """The signs of a rule with many words, each with a lowercase text that what it matches has."""

    rows: Sequence[tuple[bytes, str]]

    def join(self) -> str:
        """Return one sign for all words."""
        return "|".join(dict.fromkeys(sign for _, sign in self.rows))

    def are_in(self, view: bytes) -> bool:
        """Return whether the view has one of the signs, without compiling those of words that aren't in it."""
        lowercase = view.lower()
        signs = dict.fromkeys(sign for literal, sign in self.rows if literal in lowercase)
        return bool(signs) and BytePattern(f"(?i){'|'.join(signs)}").search(view) is not None


PrefilteredRule = tuple[str | WordSigns, RedactionRule]
"""A rule with its sign: a case-insensitive pattern that matches every text in which the rule finds anything."""


class RulePrefilter:
    """Selects the rules that can find something in a view.

    Signs are searched for together. One that counts to a large number is searched for alone, and only in a short view,
    since in a long one its rule takes no longer: together with others, RE2 distinguishes so many states that a new text
    hardly reaches those of the texts before it, and building one takes a hundred times as long as using it.

    The first short texts are searched sign by sign: compiling all signs takes longer, and the command line redacts just
    one log.
    """

    def __init__(self, rules: Sequence[PrefilteredRule]) -> None:
        self._tests = [(_build_test(sign), rule) for sign, rule in rules]
        signs = [(sign if isinstance(sign, str) else sign.join(), rule) for sign, rule in rules]
        self._signs = PatternSet([sign for sign, _ in signs if not _is_counting(sign)])
        self._rules = [rule for sign, rule in signs if not _is_counting(sign)]
        self._counting_tests = [(_build_test(sign), rule) for sign, rule in signs if _is_counting(sign)]
        self._single_search_cost = 0

    def select_rules(self, view: bytes) -> list[RedactionRule]:
        """Return the rules whose signs are in `view`, in no particular order."""
        if not view:
            return []
        if self._single_search_cost < _MAX_SINGLE_SEARCH_COST:
            self._single_search_cost += _CALL_COST + len(view)
        if self._single_search_cost < _MAX_SINGLE_SEARCH_COST:
            return [rule for is_in, rule in self._tests if is_in(view)]
        selected = [self._rules[index] for index in self._signs.find_in(view)]
        is_long = len(view) > _MAX_TESTED_BYTES
        return selected + [rule for is_in, rule in self._counting_tests if is_long or is_in(view)]


def _is_counting(sign: str) -> bool:
    """Return whether a sign counts to a large number."""
    return any(int(count) >= _MIN_LARGE_COUNT for count in re.findall(r"[{,](\d+)}", sign))


def _build_test(sign: str | WordSigns) -> Callable[[bytes], bool]:
    return sign.are_in if isinstance(sign, WordSigns) else BytePattern(f"(?i){sign}").has_match


def _decode_group_name(name: str | bytes) -> str:
    """Return a group's name as text; for a bytes pattern, RE2 returns it as bytes."""
    return name.decode("ascii") if isinstance(name, bytes) else name


def compute_max_findings(view: bytes) -> int:
    """Return how many findings of one kind are examined one by one.

    A text with more isn't a log, and is hidden more coarsely to keep redaction linear.
    """
    return 100 + len(view) // 256
