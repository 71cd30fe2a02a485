"""The text that signatures are searched in: the lines' bodies joined by blanks, and an index back to the lines.

Joining the lines undoes soft wrapping. A text whose words may have been split at line ends is also joined without the
blanks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, count
from operator import add

from knowledge.text.lines import LogLine
from knowledge.text.log_lines import LogLines, PlainLines

_MIN_HARD_WRAP_CHARS = 40
_MAX_HARD_WRAPPED_LINES = 400


class IndexedText:
    """Lines joined into one byte string, with the offset of each line.

    `flat` is the text as written, `lower` the same text in lowercase; an offset is valid in both. Echoed script source
    is left out. `sources` has each line's source.
    """

    def __init__(self, lines: Sequence[LogLine], is_hard_wrapped: bool = False) -> None:
        """Join `lines` by blanks; with `is_hard_wrapped`, without one between physical lines, which may split words."""
        if not isinstance(lines, PlainLines):
            lines = (lines if isinstance(lines, LogLines) else LogLines(lines)).drop_echo()
        self.lines: LogLines | PlainLines = lines
        self.sources = self.lines.sources
        self._bodies = self.lines.bodies
        text = "\n".join(self._bodies)
        if _has_blanks_to_collapse(text):
            self._bodies = [_collapse_whitespace(body) for body in self._bodies]
            text = "\n".join(self._bodies)
        # In the common case, ASCII, the offsets follow from the lengths, without a Python loop.
        self._is_simple = not is_hard_wrapped and "-\n" not in text and text.isascii()
        if self._is_simple:
            self.flat = text.replace("\n", " ").encode()
        else:
            numbers = [line.number for line in self.lines]
            self.flat, self._line_starts = _join_bodies(numbers, self._bodies, is_hard_wrapped)
        self.lower = self.flat.lower()

    @cached_property
    def _line_starts(self) -> list[int]:
        """The offset of each line, from the blank before it, and where another one would be; not all texts need it."""
        return [0, *map(add, accumulate(map(len, self._bodies)), count())]

    def find_line_index(self, offset: int) -> int:
        """Return the index in `lines` of the line that contains the byte at `offset`."""
        return max(bisect_right(self._line_starts, offset, hi=len(self.lines)) - 1, 0)

    def get_line_start(self, index: int) -> int:
        """Return the offset in `flat` at which the line at `index` starts."""
        return self._line_starts[index]

    def find_line_range(self, begin: int, end: int) -> range:
        """Return the indexes in `lines` of the lines that the bytes from `begin` to `end` touch."""
        return range(self.find_line_index(begin), self.find_line_index(max(end - 1, begin)) + 1)


def _has_blanks_to_collapse(text: str) -> bool:
    if text[:1] == " " or "\t" in text or "\xa0" in text:
        return True
    # One search for both in nearly all texts: reading the text is what takes time.
    return "  " in text.replace("\n", " ") and ("  " in text or "\n " in text)


def _collapse_whitespace(body: str) -> str:
    if "  " in body or "\t" in body or "\xa0" in body or body[:1] == " ":
        return " ".join(body.split())
    return body


def _join_bodies(numbers: Sequence[int], bodies: Sequence[str], is_hard_wrapped: bool) -> tuple[bytes, list[int]]:
    """Join bodies whose physical lines are `numbers`; return the joined bytes and the offset of each body."""
    parts: list[bytes] = []
    starts: list[int] = []
    offset, previous_number, ends_in_hyphen = 0, 0, False
    for number, body in zip(numbers, bodies, strict=True):
        raw = body.encode("utf-8", "replace")
        # A word that ends in a hyphen was wrapped there, so it needs no blank.
        if parts and not (ends_in_hyphen or (is_hard_wrapped and number != previous_number)):
            raw = b" " + raw
        starts.append(offset)
        parts.append(raw)
        offset += len(raw)
        previous_number, ends_in_hyphen = number, body[-1:] == "-" and body[-2:-1].isalnum()
    return b"".join(parts), starts


def build_indexed_texts(lines: Sequence[LogLine]) -> list[IndexedText]:
    """Return `lines` as one text, and as a second one without blanks if words may be split at the lines' ends."""
    text = IndexedText(lines)
    return [text, IndexedText(lines, is_hard_wrapped=True)] if _is_likely_hard_wrapped(text) else [text]


def _is_likely_hard_wrapped(text: IndexedText) -> bool:
    """Return whether a short text was cut at a terminal's width: a line without a prefix follows a long one."""
    if not 2 <= len(text.lines) <= _MAX_HARD_WRAPPED_LINES or "plain" not in text.sources:
        return False
    bodies = text.lines.bodies
    return any(
        index and len(bodies[index - 1]) >= _MIN_HARD_WRAP_CHARS and bodies[index][:1].strip()
        for index, source in enumerate(text.sources)
        if source == "plain"
    )
