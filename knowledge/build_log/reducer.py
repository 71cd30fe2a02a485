"""Reduce a log of any size to the lines that matter, in one pass and in bounded memory.

These lines are kept:

- the first lines of the build;
- every line with a literal of a signature, or with one of Packer's own messages;
- the two lines around each long silence;
- the lines before the failure, and the end of the log.

All literals are searched for at once, in large blocks; line numbers are only computed in blocks with a hit. A literal
that occurs very often is dropped from the search, and from then on only its last line near the end of each block is
kept. When a new build starts in the same file, what was kept of the previous one is discarded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from knowledge.build_log.gaps import LogGapFinder
from knowledge.build_log.literal_search import WINDOW_BYTES, CompiledLiterals, LiteralSearch
from knowledge.build_log.packer_marks import BUILD_START_MARK, FAILURE_MARKS, PACKER_MARKS
from knowledge.model.diagnosis import LogGap
from knowledge.text.normalization import MAX_LINE_CHARS
from knowledge.text.streaming import ByteReader, read_blocks
from knowledge.text.text_lines import TextLine

HEAD_BYTES = 64 << 10
BEFORE_FAILURE_BYTES = 256 << 10
TAIL_BYTES = 48 << 10
MAX_LITERAL_HITS = 400
MAX_KEPT_BYTES = 16 << 20
MAX_LAST_HIT_BYTES = 1 << 20
"""How many bytes at the end of a block are searched for each literal that occurs very often."""
_LINES_AFTER_HIT = 2
_MAX_PREFIX_BYTES = 120
_PACKER_MARK_SET = frozenset(text.encode() for text in PACKER_MARKS)


class ReducedLog(NamedTuple):
    """The lines of a log that matter, its number of physical lines, and its silences, which only the full log shows."""

    lines: list[TextLine]
    line_count: int
    gaps: tuple[LogGap, ...]


class LogReducer:
    """Reduces logs, given the literals of all signatures. Build it once: it keeps no state between logs."""

    def __init__(self, literals: Iterable[str]) -> None:
        """Take the `literals` to search for, to which Packer's own messages are added."""
        self._literals = tuple(dict.fromkeys(text.encode() for text in (*PACKER_MARKS, *literals)))

    @cached_property
    def _compiled(self) -> CompiledLiterals:
        """The search for all literals, compiled for the first log that is large."""
        return CompiledLiterals(self._literals)

    def reduce_stream(self, stream: ByteReader, progress: Callable[[int], None] | None = None) -> ReducedLog:
        """Return the lines that matter, in order.

        `progress` is called with the number of bytes read so far. Errors from reading `stream` aren't caught.
        """
        reduction = _ReductionPass(self._literals, LiteralSearch(self._compiled))
        bytes_read = 0
        for block in read_blocks(stream):
            reduction.add_block(block)
            bytes_read += len(block)
            del block  # memory for the next one
            if progress is not None:
                progress(bytes_read)
        return ReducedLog(reduction.build_lines(), reduction.line_count + 1, tuple(reduction.list_gaps()))


class _ReductionPass:
    """One pass over one log."""

    def __init__(self, literals: tuple[bytes, ...], search: LiteralSearch) -> None:
        self._literals, self._search = literals, search
        self._spellings: dict[bytes, list[bytes]] = {}
        for text in literals:
            self._spellings.setdefault(text.lower(), []).append(text)
        self.line_count = 0
        self._retired: dict[bytes, None] = {}
        self._hit_counts: Counter[bytes] = Counter()
        self._preceding = b""
        self._start_build()

    def _start_build(self) -> None:
        """Discard what was kept from an earlier build in the same file."""
        self._kept_lines: dict[int, bytes] = {}
        self._kept_bytes = 0
        self._last_hits: dict[bytes, tuple[int, bytes]] = {}
        self._head: list[tuple[int, bytes]] = []
        self._head_bytes = 0
        self._failure: tuple[int, bytes] | None = None
        self._gaps = LogGapFinder()

    def add_block(self, block: bytes) -> None:
        """Read the next block, which ends with a whole line."""
        start = _find_last_build_start(block)
        if start > 0:  # Nothing before the last build in a block matters, except for the line count.
            self.line_count += block.count(b"\n", 0, start)
            block = block[start:]
            self._preceding = b""
        if start >= 0:
            self._start_build()
        number = self.line_count + 1
        if self._head_bytes < HEAD_BYTES:
            self._keep_head(block, number)
        position = 0  # `number` is the number of the line here.
        for begin, end, literal in self._find_hits(block):
            number += block.count(b"\n", position, begin)
            position = begin
            self._kept_lines[number] = line = block[begin : min(end, begin + MAX_LINE_CHARS)]
            self._kept_bytes += len(line)
            if literal in FAILURE_MARKS and self._failure is None:
                self._failure = (number, (self._preceding + block[:begin])[-BEFORE_FAILURE_BYTES:])
            if literal not in _PACKER_MARK_SET:
                self._keep_following(block, end, number)
            elif begin:  # A provisioner ends at the time of the line before the one that starts the next provisioner.
                before = block.rfind(b"\n", 0, begin - 1) + 1
                self._kept_lines.setdefault(number - 1, block[before : min(begin - 1, before + MAX_LINE_CHARS)])
            self._count_hit(literal)
        next_number = number + block.count(b"\n", position)
        for literal in self._retired:
            self._keep_last(block, literal, next_number)
        self._gaps.scan_block(block, next_number)
        self.line_count = next_number - 1
        is_long = len(block) >= BEFORE_FAILURE_BYTES
        self._preceding = (block if is_long else self._preceding + block)[-BEFORE_FAILURE_BYTES:]

    def _find_hits(self, block: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield the start and end of each line with a literal, and the first literal in it."""
        position = window = 0
        while window < len(block):
            for start, negative_length, lowercase in self._search.find_hits(block, window):
                if start < position:
                    continue  # the line is already known
                literal = self._spellings[lowercase][0]
                if literal in self._retired:
                    continue
                begin = block.rfind(b"\n", position, start) + 1 or position
                end = block.find(b"\n", start - negative_length)
                if end < 0:
                    end = len(block)
                yield begin, end, literal
                position = end
            window = max(window + WINDOW_BYTES, position)

    def _keep_following(self, block: bytes, end: int, number: int) -> None:
        """Keep the lines after a hit, since a message can be wrapped."""
        for offset in range(1, _LINES_AFTER_HIT + 1):
            begin, end = end + 1, block.find(b"\n", end + 1)
            if end < 0:
                return
            if number + offset not in self._kept_lines:
                self._kept_lines[number + offset] = block[begin : min(end, begin + MAX_LINE_CHARS)]

    def _count_hit(self, literal: bytes) -> None:
        """Count a hit, and retire the literal if it occurs too often.

        Once the kept lines take too much memory, all literals except those of a failure are retired.
        """
        self._hit_counts[literal] += 1
        if self._hit_counts[literal] > MAX_LITERAL_HITS:
            retiring = self._spellings[literal.lower()]
        elif self._kept_bytes > MAX_KEPT_BYTES:
            retiring = [text for text in self._literals if text not in FAILURE_MARKS and text not in self._retired]
        else:
            return
        self._retired |= dict.fromkeys(retiring)
        for text in retiring:
            self._search.drop(text.lower())

    def _keep_last(self, block: bytes, literal: bytes, next_number: int) -> None:
        """Keep the last line with a retired literal near the block's end.

        `next_number` is the line number after the block.
        """
        # searching whole blocks for hundreds of literals would take minutes
        position = block.rfind(literal, max(0, len(block) - MAX_LAST_HIT_BYTES))
        if position >= 0:
            begin = block.rfind(b"\n", 0, position) + 1
            end = block.find(b"\n", position)
            number = next_number - block.count(b"\n", begin)
            self._last_hits[literal] = (number, block[begin : end if end >= 0 else len(block)][:MAX_LINE_CHARS])

    def _keep_head(self, block: bytes, number: int) -> None:
        part = block[: HEAD_BYTES - self._head_bytes]
        self._head_bytes += len(part)
        if len(part) < len(block):  # The last line may have been cut: in half a line, redaction could miss a secret.
            part = part[: part.rfind(b"\n") + 1]
        self._head.append((number, part))

    def list_gaps(self) -> list[LogGap]:
        """Return the long silences of the last build."""
        return self._gaps.gaps

    def build_lines(self) -> list[TextLine]:
        """Return the kept lines in the order of the log."""
        kept = dict(self._kept_lines)
        kept.update(dict(self._last_hits.values()))
        for number, text in self._head:
            _add_lines(kept, number + text.count(b"\n"), text, is_whole=True)
        kept.update(self._gaps.get_edge_lines())
        if self._failure is not None:
            number, text = self._failure
            _add_lines(kept, number, text, is_whole=len(text) < BEFORE_FAILURE_BYTES)
        tail = self._preceding[-TAIL_BYTES:]
        _add_lines(kept, self.line_count + 1, tail, is_whole=len(tail) < TAIL_BYTES)
        return [TextLine(number, kept[number].decode("utf-8", "replace")) for number in sorted(kept)]


def _add_lines(kept: dict[int, bytes], last_number: int, text: bytes, is_whole: bool) -> None:
    """Add the lines of `text`, the last of which is `last_number`, to `kept`; lines already there stay.

    Unless `is_whole`, the first line may have been cut and is left out: in half a line, redaction could miss a secret.
    """
    lines = text.split(b"\n")
    first_number = last_number - len(lines) + 1
    for offset, line in enumerate(lines):
        if line and (offset or is_whole):
            kept.setdefault(first_number + offset, line[:MAX_LINE_CHARS])


def _find_last_build_start(block: bytes) -> int:
    """Return the offset of the line with which the last build in `block` starts; -1 when none starts.

    Only the version line of Packer's core starts a build, not a plugin's.
    """
    position = len(block)
    while True:
        position = block.rfind(BUILD_START_MARK, 0, position)
        if position < 0:
            return -1
        begin = block.rfind(b"\n", 0, position) + 1
        if position - begin <= _MAX_PREFIX_BYTES:
            prefix = block[begin:position]
            if b"PACKER" in prefix and b"plugin" not in prefix:
                return begin
