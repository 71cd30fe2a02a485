"""The text in which signatures are looked for: bodies of lines joined by blanks, and the way back to the lines.

Joining undoes wrapped lines; a text that may have been cut in a word gets a second reading without the blanks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from knowledge.text.lines import LogLine

_MIN_HARD_WRAP_CHARS = 40
_MAX_HARD_WRAPPED_LINES = 400


class IndexedText:
    """Flat bytes over lines. `flat` has its case, `lower` has none; offsets of both are the same."""

    __slots__ = ("_line_starts", "flat", "lines", "lower")

    def __init__(self, lines: Sequence[LogLine], is_hard_wrapped: bool = False) -> None:
        """Joins the lines by blanks; `cut`: physical lines without, since words may have been cut at their ends."""
        self.lines = [line for line in lines if line.source != "echo"]
        bodies = [line.body for line in self.lines]
        text = "\n".join(bodies)
        if text[:1] == " " or any(blank in text for blank in ("  ", "\n ", "\t", "\xa0")):
            bodies = [_collapse_whitespace(body) for body in bodies]
            text = "\n".join(bodies)
        if not is_hard_wrapped and "-\n" not in text and text.isascii():  # the common case, at the speed of the library
            self.flat = text.replace("\n", " ").encode()
            ends = list(accumulate(map(len, bodies[:-1])))
            self._line_starts = [0, *(end + at for at, end in enumerate(ends))] if bodies else []
        else:
            self.flat, self._line_starts = _join_bodies([line.number for line in self.lines], bodies, is_hard_wrapped)
        self.lower = self.flat.lower()

    def find_line_index(self, offset: int) -> int:
        """The index in `lines` of the line that holds the byte at `offset`."""
        return max(bisect_right(self._line_starts, offset) - 1, 0)

    def get_line_start(self, index: int) -> int:
        """Where the line at `index` begins in `flat`."""
        return self._line_starts[index]

    def find_line_range(self, begin: int, end: int) -> range:
        """The indexes of the lines that the bytes from `begin` to `end` touch."""
        return range(self.find_line_index(begin), self.find_line_index(max(end - 1, begin)) + 1)


def _collapse_whitespace(body: str) -> str:
    if "  " in body or "\t" in body or "\xa0" in body or body[:1] == " ":
        return " ".join(body.split())
    return body


def _join_bodies(numbers: Sequence[int], bodies: Sequence[str], is_hard_wrapped: bool) -> tuple[bytes, list[int]]:
    """The bodies of the lines of these numbers in one, and where each begins."""
    parts: list[bytes] = []
    starts: list[int] = []
    at, before, hyphen = 0, 0, False
    for number, body in zip(numbers, bodies, strict=True):
        raw = body.encode("utf-8", "replace")
        if parts and not (
            hyphen or (is_hard_wrapped and number != before)
        ):  # a word that ends in a hyphen was wrapped there
            raw = b" " + raw
        starts.append(at)
        parts.append(raw)
        at += len(raw)
        before, hyphen = number, body[-1:] == "-" and body[-2:-1].isalnum()
    return b"".join(parts), starts


def build_indexed_texts(lines: Sequence[LogLine]) -> list[IndexedText]:
    """The passage, and a second one without blanks between lines when words may have been cut."""
    first = IndexedText(lines)
    return [first, IndexedText(lines, is_hard_wrapped=True)] if _is_likely_hard_wrapped(first.lines) else [first]


def _is_likely_hard_wrapped(lines: Sequence[LogLine]) -> bool:
    """Whether a short text has a long line that goes on in one without a prefix, as a terminal's width leaves it."""
    if not 2 <= len(lines) <= _MAX_HARD_WRAPPED_LINES:
        return False
    return any(
        len(one.body) >= _MIN_HARD_WRAP_CHARS and after.source == "plain" and after.body[:1].strip()
        for one, after in pairwise(lines)
    )
