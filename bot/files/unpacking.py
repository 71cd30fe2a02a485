"""Streams over what is untrusted: counted, bounded, and unpacked only as far as somebody reads."""

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
"""Bytes by which a text is told from anything else."""
_PRINTABLE_CONTROLS = frozenset(b"\t\n\r\f\b\x1b")
_BINARY_SIGNATURES = (b"%PDF-", b"{\\rtf", b"SQLite format 3", b"Rar!", b"7z\xbc\xaf")


class CountingReader:
    """`source` with a look ahead, and with reads as long as asked for but at the end.

    `note` gets every number of bytes that was read, and may raise; `size` is how many there were so far.
    """

    def __init__(self, source: ByteReader, on_read: Callable[[int], None] = lambda _: None) -> None:
        self.size = 0
        self._source, self._on_read = source, on_read
        self._buffer = b""

    def peek(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; they will be read again."""
        if len(self._buffer) < size:
            self._buffer += self._read_fully(size - len(self._buffer))
        return self._buffer[:size]

    def read(self, size: int) -> bytes:
        """The next bytes, `size` of them but at the end."""
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        if len(taken) < size:
            taken += self._read_fully(size - len(taken))
        return taken

    def _read_fully(self, size: int) -> bytes:
        parts, left = [], size
        while left > 0:
            found = self._source.read(min(left, CHUNK_BYTES))
            if not found:
                break
            parts.append(found)
            left -= len(found)
            self.size += len(found)
            self._on_read(len(found))
        return b"".join(parts)


class GzipReader:
    """What is packed in a gzip file, member after member; what follows the last one is passed over.

    Raises `FileRefused`: it is damaged, or grows beyond the limits.
    """

    def __init__(self, source: ByteReader, limits: FileLimits) -> None:
        self._source, self._limits = source, limits
        self._unpacker = zlib.decompressobj(wbits=31)
        self._member_count = 1
        self._pending = b""
        self._packed_bytes = self._unpacked_bytes = 0
        self._has_ended = False

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""
        while not self._has_ended:
            if self._unpacker.eof:
                self._begin_member()
                continue
            waiting = self._pending or self._read_packed()
            try:
                found = self._unpacker.decompress(waiting, max(size, 1))
            except zlib.error:
                raise FileRefusedError(FileRefusal("damaged")) from None
            self._pending = self._unpacker.unused_data or self._unpacker.unconsumed_tail
            if not waiting and not found:
                raise FileRefusedError(FileRefusal("damaged"))  # it ends before its end
            if found:
                self._unpacked_bytes += len(found)
                check_growth(self._packed_bytes - len(self._pending), self._unpacked_bytes, self._limits)
                return found
        return b""

    def _read_packed(self) -> bytes:
        found = self._source.read(CHUNK_BYTES)
        self._packed_bytes += len(found)
        return found

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
    """Refuse what grows beyond what a text can: `packed` bytes became `unpacked` ones."""
    if unpacked_bytes > limits.min_ratio_check_bytes and unpacked_bytes > packed_bytes * limits.max_unpack_ratio:
        raise FileRefusedError(FileRefusal("bomb"))
    if unpacked_bytes > limits.max_unpacked_bytes:
        raise FileRefusedError(FileRefusal("too-large", limits.max_unpacked_bytes))


def is_text(start: bytes) -> bool:
    """Whether what begins with these bytes is a text, in any of the encodings that logs come in."""
    if start.startswith(_BINARY_SIGNATURES):
        return False
    encoding = detect_encoding(start)
    if encoding != "utf-8":
        shown = start.decode(encoding, "replace")
        strange = sum((ord(char) < 32 and ord(char) not in _PRINTABLE_CONTROLS) or char == "\ufffd" for char in shown)
        return strange * 50 <= len(shown)
    strange = sum(byte < 32 and byte not in _PRINTABLE_CONTROLS for byte in start)
    return b"\0" not in start and strange * 50 <= len(start)
