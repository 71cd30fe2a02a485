"""Finds long silences in a log from the times at the edges of blocks; only where an edge shows one is looked closer."""

from __future__ import annotations

from datetime import datetime

import re2

from knowledge.text.lines import read_line

SILENCE = 600  # seconds
MOST = 20
_TIME = re2.compile(rb"PACKER (?:ERR )?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")


class Silences:
    """Collects the lines before and after each silence of ten minutes or more; of very many, the first ones."""

    def __init__(self) -> None:
        self._last: tuple[datetime, int, bytes] | None = None
        self._found: dict[int, bytes] = {}

    def take(self, block: bytes, after: int) -> None:
        """Looks through the next block; `after` is the number of the line that follows it."""
        first = _timed(block, 0, len(block))
        if first is None:
            return
        last = _last_timed(block, first)
        if self._last is not None and _gap(self._last[0], first[0]):
            self._note(self._last[1], self._last[2])
            self._note(after - block.count(b"\n", first[1]), first[2])
        if _gap(first[0], last[0]):
            self._between(block, after, first, last)
        self._last = (last[0], after - block.count(b"\n", last[1]), last[2])

    def lines(self) -> dict[int, bytes]:
        """The lines around the silences, by number."""
        return self._found

    def _note(self, number: int, line: bytes) -> None:
        if len(self._found) < 2 * MOST:
            self._found[number] = line

    def _between(
        self, block: bytes, after: int, first: tuple[datetime, int, bytes], last: tuple[datetime, int, bytes]
    ) -> None:
        """Halves the span until the silence lies between two lines that follow each other."""
        spans = [(first, last)]
        while spans and len(self._found) < 2 * MOST:
            begin, end = spans.pop()
            if not _gap(begin[0], end[0]):
                continue
            middle = (begin[1] + end[1]) // 2
            between = _timed(block, block.find(b"\n", middle) + 1 or end[1], end[1])
            if between is None or between[1] >= end[1]:
                between = _timed(block, begin[1] + len(begin[2]), end[1])
            if between is None or not begin[1] < between[1] < end[1]:
                self._note(after - block.count(b"\n", begin[1]), begin[2])
                self._note(after - block.count(b"\n", end[1]), end[2])
                continue
            spans += [(between, end), (begin, between)]


def _gap(begin: datetime, end: datetime) -> bool:
    return (end - begin).total_seconds() >= SILENCE


def _timed(block: bytes, begin: int, end: int) -> tuple[datetime, int, bytes] | None:
    """The first line with a time that begins at or after `begin`: its time, where it begins, and the line."""
    found = _TIME.search(block, begin, end) if begin < end else None
    if found is None:
        return None
    start = block.rfind(b"\n", 0, found.start()) + 1
    stop = block.find(b"\n", start)
    line = block[start : stop if stop >= 0 else len(block)][:8_000]
    time = read_line(0, line.decode("utf-8", "replace")).time
    return (time, start, line) if time else None


def _last_timed(block: bytes, first: tuple[datetime, int, bytes]) -> tuple[datetime, int, bytes]:
    """The last line with a time, looked for in growing pieces from the end."""
    size = 4_096
    while True:
        begin = max(first[1], len(block) - size)
        last = None
        at = begin
        while (found := _timed(block, at, len(block))) is not None:
            last, at = found, found[1] + len(found[2]) + 1
        if last is not None or begin <= first[1]:
            return last or first
        size *= 8
