"""Streams over what is untrusted: counted, bounded, and unpacked only as far as somebody reads."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from bot.files.limits import Limits
from dialogs.model.errors import FileRefused
from dialogs.model.files import FileRefusal
from knowledge.text.decoding import encoding_of
from knowledge.text.streaming import Readable

CHUNK = 64 << 10
SAMPLE = 4096
"""Bytes by which a text is told from anything else."""
_PRINTED = frozenset(b"\t\n\r\f\b\x1b")
_NO_TEXTS = (b"%PDF-", b"{\\rtf", b"SQLite format 3", b"Rar!", b"7z\xbc\xaf")


class Counted:
    """`source` with a look ahead, and with reads as long as asked for but at the end.

    `note` gets every number of bytes that was read, and may raise; `size` is how many there were so far.
    """

    def __init__(self, source: Readable, note: Callable[[int], None] = lambda _: None) -> None:
        self.size = 0
        self._source, self._note = source, note
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; they will be read again."""
        if len(self._ahead) < size:
            self._ahead += self._filled(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """The next bytes, `size` of them but at the end."""
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(taken) < size:
            taken += self._filled(size - len(taken))
        return taken

    def _filled(self, size: int) -> bytes:
        parts, left = [], size
        while left > 0:
            found = self._source.read(min(left, CHUNK))
            if not found:
                break
            parts.append(found)
            left -= len(found)
            self.size += len(found)
            self._note(len(found))
        return b"".join(parts)


class Gunzipped:
    """What is packed in a gzip file, member after member; what follows the last one is passed over.

    Raises `FileRefused`: it is damaged, or grows beyond the limits.
    """

    def __init__(self, packed: Readable, limits: Limits) -> None:
        self._packed, self._limits = packed, limits
        self._unpacker = zlib.decompressobj(wbits=31)
        self._members = 1
        self._waiting = b""
        self._came = self._made = 0
        self._ended = False

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""
        while not self._ended:
            if self._unpacker.eof:
                self._begin_member()
                continue
            waiting = self._waiting or self._more()
            try:
                found = self._unpacker.decompress(waiting, max(size, 1))
            except zlib.error:
                raise FileRefused(FileRefusal("damaged")) from None
            self._waiting = self._unpacker.unused_data or self._unpacker.unconsumed_tail
            if not waiting and not found:
                raise FileRefused(FileRefusal("damaged"))  # it ends before its end
            if found:
                self._made += len(found)
                check_growth(self._came - len(self._waiting), self._made, self._limits)
                return found
        return b""

    def _more(self) -> bytes:
        found = self._packed.read(CHUNK)
        self._came += len(found)
        return found

    def _begin_member(self) -> None:
        if len(self._waiting) < 2:
            self._waiting += self._more()
        if not self._waiting.startswith(b"\x1f\x8b"):
            self._ended = True
            return
        self._members += 1
        if self._members > self._limits.parts:
            raise FileRefused(FileRefusal("bomb"))
        self._unpacker = zlib.decompressobj(wbits=31)


def check_growth(packed: int, unpacked: int, limits: Limits) -> None:
    """Refuse what grows beyond what a text can: `packed` bytes became `unpacked` ones."""
    if unpacked > limits.unsuspicious and unpacked > packed * limits.ratio:
        raise FileRefused(FileRefusal("bomb"))
    if unpacked > limits.unpacked:
        raise FileRefused(FileRefusal("too-large", limits.unpacked))


def is_text(start: bytes) -> bool:
    """Whether what begins with these bytes is a text, in any of the encodings that logs come in."""
    if start.startswith(_NO_TEXTS):
        return False
    encoding = encoding_of(start)
    if encoding != "utf-8":
        shown = start.decode(encoding, "replace")
        strange = sum((ord(char) < 32 and ord(char) not in _PRINTED) or char == "\ufffd" for char in shown)
        return strange * 50 <= len(shown)
    strange = sum(byte < 32 and byte not in _PRINTED for byte in start)
    return b"\0" not in start and strange * 50 <= len(start)
