"""The texts in a zip archive, whose every word is untrusted: nothing is written by a name that stands in it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import re2

from bot.files.limits import Limits
from bot.files.unpacking import check_growth
from dialogs.model.errors import FileRefused
from dialogs.model.files import FileRefusal

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined,unused-ignore]

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins: with a member, or with the end of an empty one."""

# what the archive module raises over one that is damaged, whether by chance or on purpose
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, OSError, IndexError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip
_TEXT = re2.compile(r"(?is)[^.]+|.*\.(?:log|txt|text|out|err|json)(?:\.\d{1,3})?")
_THE_LOG = "customization.log"
_ENCRYPTED = 0x1 | 0x40
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways to pack that are unpacked in bounded steps, whatever the archive says."""


class Bounded(io.RawIOBase):
    """A file of which no more than `most` bytes are handed out at once: what an archive says of its own table of
    contents would be believed otherwise.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        super().__init__()
        self._file, self._most = file, most

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes. Raises `FileRefused` where there are more than may be handed out."""
        wanted = self._most + 1 if size is None or size < 0 else min(size, self._most + 1)
        found = self._file.read(wanted)
        if len(found) > self._most:
            raise FileRefused(FileRefusal("bomb"))
        return found

    def readinto(self, buffer: Buffer) -> int:
        """Fill `buffer`."""
        found = self.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(found)] = found
        return len(found)


@contextmanager
def opened(file: IO[bytes], limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive in `file`. Raises `FileRefused`."""
    try:
        archive = zipfile.ZipFile(Bounded(file, limits.listed))
    except _BROKEN:
        raise FileRefused(FileRefusal("damaged")) from None
    with archive:
        yield archive


class Member:
    """The content of a member, as a stream. Raises `FileRefused` where it is damaged."""

    def __init__(self, archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> None:
        try:
            self._content = archive.open(one)
        except _BROKEN:
            raise FileRefused(FileRefusal("damaged")) from None

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""
        try:
            return self._content.read(size)
        except _BROKEN:
            raise FileRefused(FileRefusal("damaged")) from None

    def close(self) -> None:
        """Let go of it."""
        self._content.close()


def texts_in(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    """The members that may be a log, the most promising first: by name, then by size. Raises `FileRefused`."""
    members = archive.infolist()
    if len(members) > limits.members:
        raise FileRefused(FileRefusal("bomb"))
    texts = [one for one in members if _may_be_text(one)]
    if not texts:
        raise FileRefused(FileRefusal("no-log"))
    open_ones = [one for one in texts if not one.flag_bits & _ENCRYPTED]
    if not open_ones:
        raise FileRefused(FileRefusal("encrypted"))
    readable = [one for one in open_ones if one.compress_type in _READABLE]
    if not readable:
        raise FileRefused(FileRefusal("not-text"))
    if not any(one.file_size for one in readable):
        raise FileRefused(FileRefusal("empty"))
    for one in readable:
        if one.file_size <= limits.unpacked:
            check_growth(one.compress_size, one.file_size, limits)
    return sorted(filter(lambda one: one.file_size, readable), key=_promise)


def is_the_log(name: str) -> bool:
    """Whether a member is called as the log of a build is."""
    return _base(name).casefold() == _THE_LOG


def _promise(one: zipfile.ZipInfo) -> tuple[bool, bool, int]:
    return not is_the_log(one.filename), ".log" not in _base(one.filename).casefold(), -one.file_size


def _may_be_text(one: zipfile.ZipInfo) -> bool:
    name = one.filename.replace("\\", "/")
    hidden = _base(name).startswith(".") or "__MACOSX/" in name
    return not one.is_dir() and not hidden and _TEXT.fullmatch(_base(name)) is not None


def _base(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]
