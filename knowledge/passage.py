"""The text in which signatures are looked for: bodies of lines joined by blanks, and the way back to the lines.

Joining undoes wrapped lines; a text that may have been cut in a word gets a second reading without the blanks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from knowledge.lines import Line

_SHORTEST_HARD_WRAP = 40
_MOST_CUT_LINES = 400


class Passage:
    """Flat bytes over lines. `flat` has its case, `lower` has none; offsets of both are the same."""

    __slots__ = ("_starts", "flat", "lines", "lower")

    def __init__(self, lines: Sequence[Line], cut: bool = False) -> None:
        """Joins the lines by blanks; `cut`: physical lines without, since words may have been cut at their ends."""
        self.lines = [line for line in lines if line.source != "echo"]
        parts: list[bytes] = []
        self._starts: list[int] = []
        at, number, hyphen = 0, 0, False
        for line in self.lines:
            body = line.body
            if "  " in body or "\t" in body or "\xa0" in body or body[:1] == " ":
                body = " ".join(body.split())
            raw = body.encode("utf-8", "replace")
            if parts and not (
                hyphen or (cut and line.number != number)
            ):  # a word that ends in a hyphen was wrapped there
                raw = b" " + raw
            self._starts.append(at)
            parts.append(raw)
            at += len(raw)
            number, hyphen = line.number, body[-1:] == "-" and body[-2:-1].isalnum()
        self.flat = b"".join(parts)
        self.lower = self.flat.lower()

    def index_at(self, offset: int) -> int:
        """The index in `lines` of the line that holds the byte at `offset`."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def start_of(self, index: int) -> int:
        """Where the line at `index` begins in `flat`."""
        return self._starts[index]

    def lines_of(self, begin: int, end: int) -> range:
        """The indexes of the lines that the bytes from `begin` to `end` touch."""
        return range(self.index_at(begin), self.index_at(max(end - 1, begin)) + 1)


def readings(lines: Sequence[Line]) -> list[Passage]:
    """The passage, and a second one without blanks between lines when words may have been cut."""
    first = Passage(lines)
    return [first, Passage(lines, cut=True)] if _maybe_cut(first.lines) else [first]


def _maybe_cut(lines: Sequence[Line]) -> bool:
    """Whether a short text has a long line that goes on in one without a prefix, as a terminal's width leaves it."""
    if not 2 <= len(lines) <= _MOST_CUT_LINES:
        return False
    return any(
        len(one.body) >= _SHORTEST_HARD_WRAP and after.source == "plain" and after.body[:1].strip()
        for one, after in pairwise(lines)
    )
