"""Reduces a log of any size to the lines that matter, in one pass and in memory that does not grow with the log.

Kept are: the build's first lines, every line that holds a signature's literal or one of Packer's marks, the two lines
around each long silence, what stands before the trouble, and the end. All literals are looked for at once over blocks;
positions are worked out only in blocks that hit. A literal that turns up very often is taken out of the search and from
then on only its last line in each block is kept. A new build in the same file starts everything anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import re2

from knowledge.build_log.gaps import LogGapFinder
from knowledge.text.normalization import MAX_LINE_CHARS, TextLine
from knowledge.text.patterns import compile_pattern
from knowledge.text.streaming import ByteReader, read_blocks

HEAD_BYTES = 64 << 10
BEFORE_FAILURE_BYTES = 256 << 10
TAIL_BYTES = 48 << 10
MAX_LITERAL_HITS = 400
MAX_KEPT_BYTES = 16 << 20
_LINES_AFTER_HIT = 2
_MAX_PREFIX_BYTES = 120

BUILD_START_MARK = b"[INFO] Packer version:"
FAILURE_MARKS = (b"Provisioning step had errors", b"Cancelling build after receiving", b"Cleanly cancelled builds")
PACKER_MARKS = (
    "Provisioning step had errors",
    "Cancelling build after receiving",
    "Cleanly cancelled builds",
    "Cancelling provision",
    "Cancelling builder after context",
    ": Provisioning with ",
    ": Restarting Machine",
    ": Uploading the Windows update",
    ": Running Windows update",
    ": Uploading /",
    "(telemetry) Starting provisioner",
    "(telemetry) ending",
    "' errored after",
    "' errored:",
    "' finished after",
    "Some builds didn't complete",
    "machine readable: azure-arm,error",
    "Failed to prepare build",
    "Connected to WinRM!",
    "Connected to SSH!",
    "Waiting for WinRM to become",
    "Waiting for SSH to become",
    "Getting the VM's IP address",
    "Querying the machine's properties",
    "Powering off machine",
    "Deleting Virtual Machine deployment",
    "Deleting individual resources",
    "Deleting KeyVault created",
    ">>> Sysprepping VM",
    ">>> Waiting for GA Service",
    "IMAGE_STATE_UNDEPLOYABLE",
    "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE",
    "Done exporting Packer logs",
    "' exited with code: ",
    "Remote command exited with",
)


class LogReducer:
    """Digests logs with the literals of a set of signatures. Build it once; `digest` keeps no state between logs."""

    def __init__(self, literals: Iterable[str]) -> None:
        self._literals = tuple(dict.fromkeys(text.encode() for text in (*PACKER_MARKS, *literals)))
        self._search = _compile_search(self._literals)

    def reduce_stream(
        self, stream: ByteReader, progress: Callable[[int], None] | None = None
    ) -> tuple[list[TextLine], int]:
        """The lines that matter, in order, and how many physical lines there are. `progress` gets the bytes read."""
        reading = _ReductionPass(self._literals, self._search)
        done = 0
        for block in read_blocks(stream):
            reading.add_block(block)
            done += len(block)
            if progress is not None:
                progress(done)
        return reading.build_lines(), reading.line_count + 1


class _ReductionPass:
    """One pass over one log."""

    def __init__(self, literals: tuple[bytes, ...], search: re2._Regexp[bytes]) -> None:
        self._literals, self._search = literals, search
        self._literals_by_lowercase = {text.lower(): text for text in literals}
        self.line_count = 0
        self._retired: list[bytes] = []
        self._hit_counts: Counter[bytes] = Counter()
        self._preceding = b""
        self._start_build()

    def _start_build(self) -> None:
        """A build begins: what was kept of an earlier one in the same file goes."""
        self._kept_lines: dict[int, bytes] = {}
        self._kept_bytes = 0
        self._last_hits: dict[bytes, tuple[int, bytes]] = {}
        self._head: list[tuple[int, bytes]] = []
        self._head_bytes = 0
        self._failure: tuple[int, bytes] | None = None
        self._gaps = LogGapFinder()

    def add_block(self, block: bytes) -> None:
        """Reads the next block, which ends with its last whole line."""
        start = _find_last_build_start(block)
        if start > 0:  # nothing before the last build in a block can matter, but its lines count
            self.line_count += block.count(b"\n", 0, start)
            block = block[start:]
            self._preceding = b""
        if start >= 0:
            self._start_build()
        number = self.line_count + 1
        if self._head_bytes < HEAD_BYTES:
            self._keep_head(block, number)
        at = 0  # where `number` is true
        for begin, end, literal in self._find_hits(block):
            number += block.count(b"\n", at, begin)
            at = begin
            self._kept_lines[number] = block[begin : min(end, begin + MAX_LINE_CHARS)]
            self._kept_bytes += end - begin
            if literal in FAILURE_MARKS and self._failure is None:
                self._failure = (number, (self._preceding + block[:begin])[-BEFORE_FAILURE_BYTES:])
            if literal not in _PACKER_MARK_SET:
                self._keep_after(block, end, number)
            elif begin:  # a provisioner ends at the time of the line before the next one begins
                before = block.rfind(b"\n", 0, begin - 1) + 1
                self._kept_lines.setdefault(number - 1, block[before : min(begin - 1, before + MAX_LINE_CHARS)])
            self._count_hit(literal)
        after = number + block.count(b"\n", at)
        for literal in self._retired:
            self._keep_last(block, literal, after)
        self._gaps.scan_block(block, after)
        self.line_count = after - 1
        enough = len(block) >= BEFORE_FAILURE_BYTES
        self._preceding = block[-BEFORE_FAILURE_BYTES:] if enough else (self._preceding + block)[-BEFORE_FAILURE_BYTES:]

    def _find_hits(self, block: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Every line with a literal: where it begins and ends, and the first literal in it."""
        at, search = 0, self._search
        while True:
            found = search.search(block, at)
            if found is None:
                return
            begin = block.rfind(b"\n", at, found.start()) + 1 or at
            end = block.find(b"\n", found.end())
            if end < 0:
                end = len(block)
            yield begin, end, self._literals_by_lowercase[found[0].lower()]
            at = end
            search = self._search

    def _keep_after(self, block: bytes, end: int, number: int) -> None:
        """The lines after a hit: a message can be wrapped."""
        for following in range(1, _LINES_AFTER_HIT + 1):
            begin, end = end + 1, block.find(b"\n", end + 1)
            if end < 0:
                return
            self._kept_lines.setdefault(number + following, block[begin : min(end, begin + MAX_LINE_CHARS)])

    def _count_hit(self, literal: bytes) -> None:
        """Retires a literal that turns up too often, and in a log made of nothing else every one but the trouble's."""
        self._hit_counts[literal] += 1
        full = self._kept_bytes > MAX_KEPT_BYTES
        if not full and self._hit_counts[literal] <= MAX_LITERAL_HITS:
            return
        going = [text for text in (self._literals if full else (literal,)) if text not in FAILURE_MARKS]
        going = [text for text in going if text not in self._retired]
        if going:
            self._retired += going
            self._search = _compile_search([text for text in self._literals if text not in self._retired])

    def _keep_last(self, block: bytes, literal: bytes, next_number: int) -> None:
        """Keeps the last line with a retired literal; `after` is the number of the line that follows the block."""
        at = block.rfind(literal)
        if at >= 0:
            begin = block.rfind(b"\n", 0, at) + 1
            end = block.find(b"\n", at)
            number = next_number - block.count(b"\n", begin)
            self._last_hits[literal] = (number, block[begin : end if end >= 0 else len(block)][:MAX_LINE_CHARS])

    def _keep_head(self, block: bytes, number: int) -> None:
        part = block[: HEAD_BYTES - self._head_bytes]
        self._head.append((number, part))
        self._head_bytes += len(part)

    def build_lines(self) -> list[TextLine]:
        """What was kept, in the order of the log."""
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


_PACKER_MARK_SET = frozenset(text.encode() for text in PACKER_MARKS)


def _add_lines(kept: dict[int, bytes], last_number: int, text: bytes, is_whole: bool) -> None:
    """Puts each line of `text` into `kept`; its last one has the number `last`. What is there already stays.

    The first line may have been cut (not `whole`): half a line could hide that it holds a secret, so it is left out.
    """
    lines = text.split(b"\n")
    number = last_number - len(lines) + 1
    for offset, line in enumerate(lines):
        if line and (offset or is_whole):
            kept.setdefault(number + offset, line[:MAX_LINE_CHARS])


def _find_last_build_start(block: bytes) -> int:
    """Where the last build of the block begins, or -1: at the version of Packer's core, not of one of its plugins."""
    at = len(block)
    while True:
        at = block.rfind(BUILD_START_MARK, 0, at)
        if at < 0:
            return -1
        begin = block.rfind(b"\n", 0, at) + 1
        if at - begin <= _MAX_PREFIX_BYTES and b"PACKER" in block[begin:at] and b"plugin" not in block[begin:at]:
            return begin


def _compile_search(literals: Iterable[bytes]) -> re2._Regexp[bytes]:
    ordered = sorted(literals, key=len, reverse=True)
    return compile_pattern("|".join(re2.escape(text.decode()) for text in ordered) or "\\z.")
