"""A stream as UTF-8 blocks that end with a whole line, whatever the encoding and however long its lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Protocol

from knowledge.text.decoding import encoding_of

BLOCK = 4 << 20
LONGEST_CARRY = 256 << 10


class Readable(Protocol):
    """What a log is read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""
        ...


class Chained:
    """A stream whose beginning was read already."""

    def __init__(self, start: bytes, rest: Readable) -> None:
        self._start, self._at, self._rest = start, 0, rest

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""
        if self._at < len(self._start):
            part = self._start[self._at : self._at + size]
            self._at += len(part)
            return part
        return self._rest.read(size)


def blocks_of(stream: Readable) -> Iterator[bytes]:
    """The stream's text in blocks of a few megabytes, each ending after a line break but for the last one.

    A line longer than a quarter of a megabyte is handed on in parts, so that memory stays bounded; a part keeps no
    break, and line numbers stay true.
    """
    first = stream.read(BLOCK)
    encoding = encoding_of(first[:4096])
    if encoding == "utf-8":
        yield from _whole_lines(_raw(first, stream))
    else:
        yield from _whole_lines(_decoded(first, stream, encoding))


def _raw(first: bytes, stream: Readable) -> Iterator[bytes]:
    block = first
    while block:
        yield block
        block = stream.read(BLOCK)


def _decoded(first: bytes, stream: Readable, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for block in _raw(first, stream):
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    carry = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut == 0:
            carry += block
            if len(carry) >= LONGEST_CARRY:
                yield carry
                carry = b""
            continue
        yield carry + block[:cut] if carry else block[:cut]
        carry = block[cut:]
    if carry:
        yield carry
