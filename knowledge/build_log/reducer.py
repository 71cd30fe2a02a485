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

from knowledge.build_log.gaps import Silences
from knowledge.text.normalising import LONGEST_LINE, Piece
from knowledge.text.patterns import compiled
from knowledge.text.streaming import Readable, blocks_of

HEAD = 64 << 10
BEFORE_TROUBLE = 256 << 10
TAIL = 48 << 10
OFTEN = 400
MOST_KEPT = 16 << 20
_AFTER_HIT = 2
_LONGEST_PREFIX = 120

BUILD_STARTS = b"[INFO] Packer version:"
TROUBLE = (b"Provisioning step had errors", b"Cancelling build after receiving", b"Cleanly cancelled builds")
MARKS = (
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


class Digester:
    """Digests logs with the literals of a set of signatures. Build it once; `digest` keeps no state between logs."""

    def __init__(self, literals: Iterable[str]) -> None:
        self._literals = tuple(dict.fromkeys(text.encode() for text in (*MARKS, *literals)))
        self._all = _search_for(self._literals)

    def digest(self, stream: Readable, progress: Callable[[int], None] | None = None) -> tuple[list[Piece], int]:
        """The lines that matter, in order, and how many physical lines there are. `progress` gets the bytes read."""
        reading = _Reading(self._literals, self._all)
        done = 0
        for block in blocks_of(stream):
            reading.take(block)
            done += len(block)
            if progress is not None:
                progress(done)
        return reading.pieces(), reading.lines + 1


class _Reading:
    """One pass over one log."""

    def __init__(self, literals: tuple[bytes, ...], search: re2._Regexp[bytes]) -> None:
        self._literals, self._search = literals, search
        self._lowered = {text.lower(): text for text in literals}
        self.lines = 0
        self._retired: list[bytes] = []
        self._times: Counter[bytes] = Counter()
        self._before = b""
        self._begin()

    def _begin(self) -> None:
        """A build begins: what was kept of an earlier one in the same file goes."""
        self._kept: dict[int, bytes] = {}
        self._size = 0
        self._last: dict[bytes, tuple[int, bytes]] = {}
        self._head: list[tuple[int, bytes]] = []
        self._head_size = 0
        self._trouble: tuple[int, bytes] | None = None
        self._silences = Silences()

    def take(self, block: bytes) -> None:
        """Reads the next block, which ends with its last whole line."""
        start = _last_start(block)
        if start > 0:  # nothing before the last build in a block can matter, but its lines count
            self.lines += block.count(b"\n", 0, start)
            block = block[start:]
            self._before = b""
        if start >= 0:
            self._begin()
        number = self.lines + 1
        if self._head_size < HEAD:
            self._keep_head(block, number)
        at = 0  # where `number` is true
        for begin, end, literal in self._hits(block):
            number += block.count(b"\n", at, begin)
            at = begin
            self._kept[number] = block[begin : min(end, begin + LONGEST_LINE)]
            self._size += end - begin
            if literal in TROUBLE and self._trouble is None:
                self._trouble = (number, (self._before + block[:begin])[-BEFORE_TROUBLE:])
            if literal not in _MARK_SET:
                self._keep_after(block, end, number)
            elif begin:  # a provisioner ends at the time of the line before the next one begins
                before = block.rfind(b"\n", 0, begin - 1) + 1
                self._kept.setdefault(number - 1, block[before : min(begin - 1, before + LONGEST_LINE)])
            self._count(literal)
        after = number + block.count(b"\n", at)
        for literal in self._retired:
            self._keep_last(block, literal, after)
        self._silences.take(block, after)
        self.lines = after - 1
        enough = len(block) >= BEFORE_TROUBLE
        self._before = block[-BEFORE_TROUBLE:] if enough else (self._before + block)[-BEFORE_TROUBLE:]

    def _hits(self, block: bytes) -> Iterator[tuple[int, int, bytes]]:
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
            yield begin, end, self._lowered[found[0].lower()]
            at = end
            search = self._search

    def _keep_after(self, block: bytes, end: int, number: int) -> None:
        """The lines after a hit: a message can be wrapped."""
        for following in range(1, _AFTER_HIT + 1):
            begin, end = end + 1, block.find(b"\n", end + 1)
            if end < 0:
                return
            self._kept.setdefault(number + following, block[begin : min(end, begin + LONGEST_LINE)])

    def _count(self, literal: bytes) -> None:
        """Retires a literal that turns up too often, and in a log made of nothing else every one but the trouble's."""
        self._times[literal] += 1
        full = self._size > MOST_KEPT
        if not full and self._times[literal] <= OFTEN:
            return
        going = [text for text in (self._literals if full else (literal,)) if text not in TROUBLE]
        going = [text for text in going if text not in self._retired]
        if going:
            self._retired += going
            self._search = _search_for([text for text in self._literals if text not in self._retired])

    def _keep_last(self, block: bytes, literal: bytes, after: int) -> None:
        """Keeps the last line with a retired literal; `after` is the number of the line that follows the block."""
        at = block.rfind(literal)
        if at >= 0:
            begin = block.rfind(b"\n", 0, at) + 1
            end = block.find(b"\n", at)
            number = after - block.count(b"\n", begin)
            self._last[literal] = (number, block[begin : end if end >= 0 else len(block)][:LONGEST_LINE])

    def _keep_head(self, block: bytes, number: int) -> None:
        part = block[: HEAD - self._head_size]
        self._head.append((number, part))
        self._head_size += len(part)

    def pieces(self) -> list[Piece]:
        """What was kept, in the order of the log."""
        kept = dict(self._kept)
        kept.update(dict(self._last.values()))
        for number, text in self._head:
            _spread(kept, number + text.count(b"\n"), text, whole=True)
        kept.update(self._silences.lines())
        if self._trouble is not None:
            number, text = self._trouble
            _spread(kept, number, text, whole=len(text) < BEFORE_TROUBLE)
        tail = self._before[-TAIL:]
        _spread(kept, self.lines + 1, tail, whole=len(tail) < TAIL)
        return [Piece(number, kept[number].decode("utf-8", "replace")) for number in sorted(kept)]


_MARK_SET = frozenset(text.encode() for text in MARKS)


def _spread(kept: dict[int, bytes], last: int, text: bytes, whole: bool) -> None:
    """Puts each line of `text` into `kept`; its last one has the number `last`. What is there already stays.

    The first line may have been cut (not `whole`): half a line could hide that it holds a secret, so it is left out.
    """
    lines = text.split(b"\n")
    number = last - len(lines) + 1
    for offset, line in enumerate(lines):
        if line and (offset or whole):
            kept.setdefault(number + offset, line[:LONGEST_LINE])


def _last_start(block: bytes) -> int:
    """Where the last build of the block begins, or -1: at the version of Packer's core, not of one of its plugins."""
    at = len(block)
    while True:
        at = block.rfind(BUILD_STARTS, 0, at)
        if at < 0:
            return -1
        begin = block.rfind(b"\n", 0, at) + 1
        if at - begin <= _LONGEST_PREFIX and b"PACKER" in block[begin:at] and b"plugin" not in block[begin:at]:
            return begin


def _search_for(literals: Iterable[bytes]) -> re2._Regexp[bytes]:
    ordered = sorted(literals, key=len, reverse=True)
    return compiled("|".join(re2.escape(text.decode()) for text in ordered) or "\\z.")
