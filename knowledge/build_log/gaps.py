"""Find long silences in a log of any size. A block is searched only if its first and last times are far apart."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from knowledge.build_log.observations import MIN_GAP_SECONDS
from knowledge.patterns import define_text_pattern
from knowledge.text.lines import read_line

MAX_GAPS = 20
_MAX_LINE_BYTES = 8_000
_FIRST_TAIL_BYTES = 4_096
_TIME_PREFIX = define_text_pattern(rb"PACKER (?:ERR )?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")


class _TimedLine(NamedTuple):
    """A line with a time, and the offset in its block at which it starts."""

    time: datetime
    start: int
    text: bytes


class LogGapFinder:
    """The lines before and after each silence of at least `MIN_GAP_SECONDS`, of at most `MAX_GAPS` silences.

    The blocks of a log are scanned in order.
    """

    def __init__(self) -> None:
        """Start before the first block."""
        self._last_timed_line: tuple[datetime, int, bytes] | None = None
        self._edge_lines: dict[int, bytes] = {}

    def scan_block(self, block: bytes, next_number: int) -> None:
        """Scan the next block; `next_number` is the number of the line that follows it."""
        first = _find_timed_line(block, 0, len(block))
        if first is None:
            return
        last = _find_last_timed_line(block, first)
        if self._last_timed_line is not None:
            time, number, text = self._last_timed_line
            if _is_gap(time, first.time):  # The silence lies between two blocks.
                self._keep_line(number, text)
                self._keep_line(next_number - block.count(b"\n", first.start), first.text)
        if _is_gap(first.time, last.time):
            self._bisect(block, next_number, first, last)
        self._last_timed_line = (last.time, next_number - block.count(b"\n", last.start), last.text)

    def get_edge_lines(self) -> dict[int, bytes]:
        """Return the lines next to the silences, by line number."""
        return self._edge_lines

    def _keep_line(self, number: int, line: bytes) -> None:
        if len(self._edge_lines) < 2 * MAX_GAPS:
            self._edge_lines[number] = line

    def _bisect(self, block: bytes, next_number: int, first: _TimedLine, last: _TimedLine) -> None:
        """Halve the span from `first` to `last` until each silence lies between two neighboring lines."""
        spans = [(first, last)]
        while spans and len(self._edge_lines) < 2 * MAX_GAPS:
            begin, end = spans.pop()
            if not _is_gap(begin.time, end.time):
                continue
            middle = (begin.start + end.start) // 2
            between = _find_timed_line(block, block.find(b"\n", middle) + 1 or end.start, end.start)
            if between is None or between.start >= end.start:
                between = _find_timed_line(block, begin.start + len(begin.text), end.start)
            if between is None or not begin.start < between.start < end.start:
                self._keep_line(next_number - block.count(b"\n", begin.start), begin.text)
                self._keep_line(next_number - block.count(b"\n", end.start), end.text)
                continue
            spans += [(between, end), (begin, between)]


def _is_gap(begin: datetime, end: datetime) -> bool:
    return (end - begin).total_seconds() >= MIN_GAP_SECONDS


def _find_timed_line(block: bytes, begin: int, end: int) -> _TimedLine | None:
    """Return the first line whose time is between the offsets `begin` and `end`; `None` when there is none."""
    match = _TIME_PREFIX.search(block, begin, end) if begin < end else None
    if match is None:
        return None
    start = block.rfind(b"\n", 0, match.start()) + 1
    stop = block.find(b"\n", start)
    text = block[start : stop if stop >= 0 else len(block)][:_MAX_LINE_BYTES]
    time = read_line(0, text.decode("utf-8", "replace")).time
    return _TimedLine(time, start, text) if time else None


def _find_last_timed_line(block: bytes, first: _TimedLine) -> _TimedLine:
    """Return the last line with a time, which is `first` if it is the only one."""
    # The last line is likely to have a time: ever larger parts of the block's end are searched.
    size = _FIRST_TAIL_BYTES
    while True:
        begin = max(first.start, len(block) - size)
        last = None
        position = begin
        while (line := _find_timed_line(block, position, len(block))) is not None:
            last, position = line, line.start + len(line.text) + 1
        if last is not None or begin <= first.start:
            return last or first
        size *= 8
