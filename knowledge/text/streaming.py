"""Read a stream as UTF-8 blocks of whole lines, whatever its encoding and however long its lines."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Protocol

from knowledge.text.decoding import detect_encoding

BLOCK_BYTES = 4 << 20
MAX_CARRY_BYTES = 256 << 10
_SAMPLE_BYTES = 4096


class ByteReader(Protocol):
    """A binary stream that a log is read from."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        ...


class ChainedReader:
    """A stream whose first bytes were already read, put back in front of the rest."""

    def __init__(self, start: bytes, rest: ByteReader) -> None:
        """Read `start` first, then `rest`."""
        self._start, self._offset, self._rest = start, 0, rest

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        if self._offset < len(self._start):
            part = self._start[self._offset : self._offset + size]
            self._offset += len(part)
            return part
        return self._rest.read(size)

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer with the next bytes, and return their number; 0 at the end."""
        start = self.read(len(buffer)) if self._offset < len(self._start) else b""
        buffer[: len(start)] = start
        with memoryview(buffer) as view:
            return len(start) + _read_into(self._rest, view[len(start) :])


def read_blocks(stream: ByteReader) -> Iterator[bytes]:
    """Yield the stream's text as UTF-8 blocks of a few megabytes, each but the last ending with a line break.

    A line longer than `MAX_CARRY_BYTES` is passed on in parts, so that memory stays bounded. No line break is added
    between the parts, so that line numbers stay correct.
    """
    first = stream.read(BLOCK_BYTES)
    encoding = detect_encoding(first[:_SAMPLE_BYTES])
    if encoding == "utf-8":
        yield from _split_after_lines(_read_raw_blocks(first, stream))
    else:
        yield from _split_after_lines(_transcode_blocks(first, stream, encoding))


def _read_raw_blocks(first: bytes, stream: ByteReader) -> Iterator[bytes | bytearray]:
    """Yield blocks that are valid until the next one is read: getting a new buffer takes longer than filling it."""
    yield first
    buffer = bytearray(BLOCK_BYTES)
    while size := _read_into(stream, buffer):
        yield buffer if size == len(buffer) else buffer[:size]


def _read_into(stream: ByteReader, buffer: bytearray | memoryview) -> int:
    """Fill the buffer from its start, and return how many bytes were read: fewer than its length at the end only."""
    # Only these fill a buffer for certain: a class of `io` has the method even if it only defines `read`.
    if isinstance(stream, (io.BufferedReader, ChainedReader)):
        return stream.readinto(buffer)
    block = stream.read(len(buffer))
    buffer[: len(block)] = block
    return len(block)


def _transcode_blocks(first: bytes, stream: ByteReader, encoding: str) -> Iterator[bytes]:
    # An incremental decoder keeps a character that two blocks share.
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for block in _read_raw_blocks(first, stream):
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _split_after_lines(blocks: Iterator[bytes | bytearray]) -> Iterator[bytes]:
    carry = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut == 0:
            carry += block
            if len(carry) >= MAX_CARRY_BYTES:
                yield carry
                carry = b""
            continue
        with memoryview(block) as view:
            lines = b"".join((carry, view[:cut]))
            carry = bytes(view[cut:])
        yield lines
        del lines  # memory for the next block
    if carry:
        yield carry
