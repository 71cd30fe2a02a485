"""Finds long silences in a log from the times at the edges of blocks; only where an edge shows one is looked closer."""

from __future__ import annotations

from datetime import datetime

import re2

from knowledge.text.lines import read_line

MIN_GAP_SECONDS = 600  # seconds
MAX_GAPS = 20
_TIME_PREFIX = re2.compile(rb"PACKER (?:ERR )?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")


class LogGapFinder:
    """Collects the lines before and after each silence of ten minutes or more; of very many, the first ones."""

    def __init__(self) -> None:
        self._last_timed_line: tuple[datetime, int, bytes] | None = None
        self._edge_lines: dict[int, bytes] = {}

    def scan_block(self, block: bytes, next_number: int) -> None:
        """Looks through the next block; `after` is the number of the line that follows it."""
        first = _find_timed_line(block, 0, len(block))
        if first is None:
            return
        last = _find_last_timed_line(block, first)
        if self._last_timed_line is not None and _is_gap(self._last_timed_line[0], first[0]):
            self._keep_line(self._last_timed_line[1], self._last_timed_line[2])
            self._keep_line(next_number - block.count(b"\n", first[1]), first[2])
        if _is_gap(first[0], last[0]):
            self._bisect(block, next_number, first, last)
        self._last_timed_line = (last[0], next_number - block.count(b"\n", last[1]), last[2])

    def get_edge_lines(self) -> dict[int, bytes]:
        """The lines around the silences, by number."""
        return self._edge_lines

    def _keep_line(self, number: int, line: bytes) -> None:
        if len(self._edge_lines) < 2 * MAX_GAPS:
            self._edge_lines[number] = line

    def _bisect(
        self, block: bytes, next_number: int, first: tuple[datetime, int, bytes], last: tuple[datetime, int, bytes]
    ) -> None:
        """Halves the span until the silence lies between two lines that follow each other."""
        spans = [(first, last)]
        while spans and len(self._edge_lines) < 2 * MAX_GAPS:
            begin, end = spans.pop()
            if not _is_gap(begin[0], end[0]):
                continue
            middle = (begin[1] + end[1]) // 2
            between = _find_timed_line(block, block.find(b"\n", middle) + 1 or end[1], end[1])
            if between is None or between[1] >= end[1]:
                between = _find_timed_line(block, begin[1] + len(begin[2]), end[1])
            if between is None or not begin[1] < between[1] < end[1]:
                self._keep_line(next_number - block.count(b"\n", begin[1]), begin[2])
                self._keep_line(next_number - block.count(b"\n", end[1]), end[2])
                continue
            spans += [(between, end), (begin, between)]


def _is_gap(begin: datetime, end: datetime) -> bool:
    return (end - begin).total_seconds() >= MIN_GAP_SECONDS


def _find_timed_line(block: bytes, begin: int, end: int) -> tuple[datetime, int, bytes] | None:
    """The first line with a time that begins at or after `begin`: its time, where it begins, and the line."""
    found = _TIME_PREFIX.search(block, begin, end) if begin < end else None
    if found is None:
        return None
    start = block.rfind(b"\n", 0, found.start()) + 1
    stop = block.find(b"\n", start)
    line = block[start : stop if stop >= 0 else len(block)][:8_000]
    time = read_line(0, line.decode("utf-8", "replace")).time
    return (time, start, line) if time else None


def _find_last_timed_line(block: bytes, first: tuple[datetime, int, bytes]) -> tuple[datetime, int, bytes]:
    """The last line with a time, looked for in growing pieces from the end."""
    size = 4_096
    while True:
        begin = max(first[1], len(block) - size)
        last = None
        at = begin
        while (found := _find_timed_line(block, at, len(block))) is not None:
            last, at = found, found[1] + len(found[2]) + 1
        if last is not None or begin <= first[1]:
            return last or first
        size *= 8
