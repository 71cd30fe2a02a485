"""Streams over untrusted files: they count, enforce the limits, and unpack only as much as is read."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from bot.files.limits import FileLimits
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import FileRefusal
from knowledge.text.decoding import detect_encoding
from knowledge.text.streaming import ByteReader

CHUNK_BYTES = 64 << 10
SAMPLE_BYTES = 4096
"""How many of the first bytes decide whether a file is a text."""
_PRINTABLE_CONTROLS = frozenset(b"\t\n\r\f\b\x1b")
_BINARY_SIGNATURES = (b"%PDF-", b"{\\rtf", b"SQLite format 3", b"Rar!", b"7z\xbc\xaf")


class CountingReader:
    """A reader that can peek, returns full reads, and counts the bytes it has read in `size`."""

    def __init__(self, source: ByteReader, on_read: Callable[[int], None] = lambda _: None) -> None:
        """Create a reader of `source`. `on_read` gets the byte count of every read, and may raise to stop it."""
        self.size = 0
        self._source, self._on_read = source, on_read
        self._buffer = b""

    def peek(self, size: int) -> bytes:
        """Return the next bytes, at most `size`, without consuming them."""
        if len(self._buffer) < size:
            self._buffer += self._read_fully(size - len(self._buffer))
        return self._buffer[:size]

    def read(self, size: int) -> bytes:
        """Read `size` bytes, or fewer at the end."""
        content, self._buffer = self._buffer[:size], self._buffer[size:]
        if len(content) < size:
            content += self._read_fully(size - len(content))
        return content

    def _read_fully(self, size: int) -> bytes:
        chunks, missing = [], size
        while missing > 0:
            chunk = self._source.read(min(missing, CHUNK_BYTES))
            if not chunk:
                break
            chunks.append(chunk)
            missing -= len(chunk)
            self.size += len(chunk)
            self._on_read(len(chunk))
        return b"".join(chunks)


class GzipReader:
    """The unpacked content of a gzip file, member after member. Anything after the last member is ignored."""

    def __init__(self, source: ByteReader, limits: FileLimits) -> None:
        self._source, self._limits = source, limits
        self._unpacker = zlib.decompressobj(wbits=31)
        self._member_count = 1
        self._pending = b""
        self._packed_bytes = self._unpacked_bytes = 0
        self._has_ended = False

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes; none at the end.

        Raises:
            FileRefusedError: the file is damaged, or grows beyond the limits.
        """
        while not self._has_ended:
            if self._unpacker.eof:
                self._begin_member()
                continue
            packed = self._pending or self._read_packed()
            try:
                # zlib treats a size of 0 as no limit
                content = self._unpacker.decompress(packed, max(size, 1))
            except zlib.error:
                raise FileRefusedError(FileRefusal("damaged")) from None
            self._pending = self._unpacker.unused_data or self._unpacker.unconsumed_tail
            if not packed and not content:
                raise FileRefusedError(FileRefusal("damaged"))  # the file is cut off
            if content:
                self._unpacked_bytes += len(content)
                check_growth(self._packed_bytes - len(self._pending), self._unpacked_bytes, self._limits)
                return content
        return b""

    def _read_packed(self) -> bytes:
        packed = self._source.read(CHUNK_BYTES)
        self._packed_bytes += len(packed)
        return packed

    def _begin_member(self) -> None:
        if len(self._pending) < 2:
            self._pending += self._read_packed()
        if not self._pending.startswith(b"\x1f\x8b"):
            self._has_ended = True
            return
        self._member_count += 1
        if self._member_count > self._limits.max_gzip_members:
            raise FileRefusedError(FileRefusal("bomb"))
        self._unpacker = zlib.decompressobj(wbits=31)


def check_growth(packed_bytes: int, unpacked_bytes: int, limits: FileLimits) -> None:
    """Check that unpacking stays within the limits.

    Raises:
        FileRefusedError: the content grows like a zip bomb, or is too large.
    """
    if unpacked_bytes > limits.min_ratio_check_bytes and unpacked_bytes > packed_bytes * limits.max_unpack_ratio:
        raise FileRefusedError(FileRefusal("bomb"))
    if unpacked_bytes > limits.max_unpacked_bytes:
        raise FileRefusedError(FileRefusal("too-large", limits.max_unpacked_bytes))


def is_text(start: bytes) -> bool:
    """Tell whether a file that starts with these bytes is a text, in any encoding that logs come in.

    At most one in fifty characters of a text may be a control character.
    """
    if start.startswith(_BINARY_SIGNATURES):
        return False
    encoding = detect_encoding(start)
    if encoding != "utf-8":
        text = start.decode(encoding, "replace")
        unusual = sum((ord(char) < 32 and ord(char) not in _PRINTABLE_CONTROLS) or char == "\ufffd" for char in text)
        return unusual * 50 <= len(text)
    unusual = sum(byte < 32 and byte not in _PRINTABLE_CONTROLS for byte in start)
    return b"\0" not in start and unusual * 50 <= len(start)
