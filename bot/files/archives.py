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

from bot.files.limits import FileLimits
from bot.files.unpacking import check_growth
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import FileRefusal

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined,unused-ignore]

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins: with a member, or with the end of an empty one."""

# what the archive module raises over one that is damaged, whether by chance or on purpose
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, OSError, IndexError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip
_TEXT_FILE_NAME = re2.compile(r"(?is)[^.]+|.*\.(?:log|txt|text|out|err|json)(?:\.\d{1,3})?")
_BUILD_LOG_NAME = "customization.log"
_ENCRYPTED_FLAGS = 0x1 | 0x40
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways to pack that are unpacked in bounded steps, whatever the archive says."""


class BoundedFile(io.RawIOBase):
    """A file of which no more than `most` bytes are handed out at once: what an archive says of its own table of
    contents would be believed otherwise.
    """

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        super().__init__()
        self._file, self._max_bytes = file, max_bytes

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
        wanted = self._max_bytes + 1 if size is None or size < 0 else min(size, self._max_bytes + 1)
        found = self._file.read(wanted)
        if len(found) > self._max_bytes:
            raise FileRefusedError(FileRefusal("bomb"))
        return found

    def readinto(self, buffer: Buffer) -> int:
        """Fill `buffer`."""
        found = self.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(found)] = found
        return len(found)


@contextmanager
def open_archive(file: IO[bytes], limits: FileLimits) -> Iterator[zipfile.ZipFile]:
    """The archive in `file`. Raises `FileRefused`."""
    try:
        archive = zipfile.ZipFile(BoundedFile(file, limits.max_directory_bytes))
    except _ZIP_ERRORS:
        raise FileRefusedError(FileRefusal("damaged")) from None
    with archive:
        yield archive


class ArchiveMember:
    """The content of a member, as a stream. Raises `FileRefused` where it is damaged."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        try:
            self._content = archive.open(info)
        except _ZIP_ERRORS:
            raise FileRefusedError(FileRefusal("damaged")) from None

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""
        try:
            return self._content.read(size)
        except _ZIP_ERRORS:
            raise FileRefusedError(FileRefusal("damaged")) from None

    def close(self) -> None:
        """Let go of it."""
        self._content.close()


def find_texts(archive: zipfile.ZipFile, limits: FileLimits) -> list[zipfile.ZipInfo]:
    """The members that may be a log, the most promising first: by name, then by size. Raises `FileRefused`."""
    members = archive.infolist()
    if len(members) > limits.max_archive_members:
        raise FileRefusedError(FileRefusal("bomb"))
    texts = [one for one in members if _is_possible_text(one)]
    if not texts:
        raise FileRefusedError(FileRefusal("no-log"))
    open_ones = [one for one in texts if not one.flag_bits & _ENCRYPTED_FLAGS]
    if not open_ones:
        raise FileRefusedError(FileRefusal("encrypted"))
    readable = [one for one in open_ones if one.compress_type in _READABLE_METHODS]
    if not readable:
        raise FileRefusedError(FileRefusal("not-text"))
    if not any(one.file_size for one in readable):
        raise FileRefusedError(FileRefusal("empty"))
    for one in readable:
        if one.file_size <= limits.max_unpacked_bytes:
            check_growth(one.compress_size, one.file_size, limits)
    return sorted(filter(lambda one: one.file_size, readable), key=_rank_member)


def is_build_log(name: str) -> bool:
    """Whether a member is called as the log of a build is."""
    return _get_base_name(name).casefold() == _BUILD_LOG_NAME


def _rank_member(info: zipfile.ZipInfo) -> tuple[bool, bool, int]:
    return not is_build_log(info.filename), ".log" not in _get_base_name(info.filename).casefold(), -info.file_size


def _is_possible_text(info: zipfile.ZipInfo) -> bool:
    name = info.filename.replace("\\", "/")
    hidden = _get_base_name(name).startswith(".") or "__MACOSX/" in name
    return not info.is_dir() and not hidden and _TEXT_FILE_NAME.fullmatch(_get_base_name(name)) is not None


def _get_base_name(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]
