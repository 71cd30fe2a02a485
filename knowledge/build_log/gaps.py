"""Find long silences in a log of any size. A block is searched only if its first and last times are far apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from knowledge.build_log.observations import MIN_GAP_SECONDS
from knowledge.model.diagnosis import LogGap
from knowledge.text.line_prefix import MAX_RUN_ID_CHARS, TIME_CHARS, parse_time
from knowledge.text.lines import read_line

MAX_GAPS = 20
_MAX_LINE_BYTES = 8_000
_FIRST_TAIL_BYTES = 4_096
# Not RE2: it can't backtrack, and thousands of matches cost less with the standard library.
_TIME_PREFIX = re.compile(rb"PACKER (?:ERR )?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")


class _TimedLine(NamedTuple):
    """A line with a time, and the offset where it starts in its block."""

    time: datetime
    start: int
    text: bytes


class _LineCounter:
    """Counts lines from one offset to the next: neighboring offsets are near each other, and blocks are large."""

    def __init__(self, block: bytes, next_number: int) -> None:
        """Start at the end of the block, where the line with `next_number` begins."""
        self._block, self._offset, self._number = block, len(block), next_number

    def get_number(self, offset: int) -> int:
        """Return the number of the line that begins at `offset`."""
        first, last = sorted((offset, self._offset))
        count = self._block.count(b"\n", first, last)
        self._number += count if offset > self._offset else -count
        self._offset = offset
        return self._number


class LogGapFinder:
    """The silences of at least `MIN_GAP_SECONDS`, and the lines before and after each.

    The blocks of a log are scanned in order. `gaps` holds the silences found so far, each with the line before it. Once
    there are `MAX_GAPS`, only one that's longer than all of them counts.
    """

    def __init__(self) -> None:
        """Start before the first block."""
        self.gaps: list[LogGap] = []
        self._longest_seconds = 0
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
            if self._is_worth_keeping(time, first.time):  # The silence is between two blocks.
                number_after = next_number - block.count(b"\n", first.start)
                self._keep_gap(_count_seconds(time, first.time), {number: text, number_after: first.text})
        if self._is_worth_keeping(first.time, last.time):
            self._bisect(block, next_number, first, last)
        self._last_timed_line = (last.time, next_number - block.count(b"\n", last.start), last.text)

    def get_edge_lines(self) -> dict[int, bytes]:
        """Return the lines next to the silences, by line number."""
        return self._edge_lines

    def _is_worth_keeping(self, begin: datetime, end: datetime) -> bool:
        """Return whether a span is long enough to be a silence, or to hold one."""
        seconds = _count_seconds(begin, end)
        return seconds >= MIN_GAP_SECONDS and (len(self.gaps) < MAX_GAPS or seconds > self._longest_seconds)

    def _keep_gap(self, seconds: int, edge_lines: Mapping[int, bytes]) -> None:
        self.gaps.append(LogGap(seconds, min(edge_lines)))
        self._longest_seconds = max(self._longest_seconds, seconds)
        if len(self._edge_lines) < 2 * MAX_GAPS:
            self._edge_lines.update(edge_lines)

    def _bisect(self, block: bytes, next_number: int, first: _TimedLine, last: _TimedLine) -> None:
        """Halve the span from `first` to `last` until each silence is between two adjacent lines."""
        spans = [(first, last)]
        counter = _LineCounter(block, next_number)
        while spans:
            begin, end = spans.pop()
            if not self._is_worth_keeping(begin.time, end.time):
                continue
            middle = (begin.start + end.start) // 2
            between = _find_timed_line(block, block.find(b"\n", middle) + 1 or end.start, end.start)
            if between is None or between.start >= end.start:
                between = _find_timed_line(block, begin.start + len(begin.text), end.start)
            if between is None or not begin.start < between.start < end.start:
                edges = {counter.get_number(line.start): line.text for line in (begin, end)}
                self._keep_gap(_count_seconds(begin.time, end.time), edges)
                continue
            spans += [(between, end), (begin, between)]


def _count_seconds(begin: datetime, end: datetime) -> int:
    return int((end - begin).total_seconds())


def _find_timed_line(block: bytes, begin: int, end: int) -> _TimedLine | None:
    """Return the first line whose time is between the offsets `begin` and `end`; `None` when there is none."""
    match = _TIME_PREFIX.search(block, begin, end) if begin < end else None
    if match is None:
        return None
    start = block.rfind(b"\n", 0, match.start()) + 1
    stop = block.find(b"\n", start)
    text = block[start : min(stop if stop >= 0 else len(block), start + _MAX_LINE_BYTES)]
    prefix = match.start() - start
    # In nearly all lines, what was found is the prefix; any other line is parsed as a whole.
    is_prefix = prefix == 0 or (text.startswith(b"[") and text.find(b"]", 1, MAX_RUN_ID_CHARS) == prefix - 2)
    if is_prefix:
        time, _ = parse_time(match[0].decode("ascii"), len(match[0]) - TIME_CHARS - 1)
    else:
        time = read_line(0, text.decode("utf-8", "replace")).time
    return _TimedLine(time, start, text) if time else None


def _find_last_timed_line(block: bytes, first: _TimedLine) -> _TimedLine:
    """Return the last line with a time, which is `first` if it is the only one."""
    # The last line probably has a time, so search from the end, in growing chunks.
    size = _FIRST_TAIL_BYTES
    while True:
        begin = max(first.start, len(block) - size)
        offsets = [match.start() for match in _TIME_PREFIX.finditer(block, begin)]
        for offset in reversed(offsets):
            if line := _find_timed_line(block, offset, len(block)):
                return line
        if begin <= first.start:
            return first
        size *= 8
