"""Untrusted zip archives: bounded reading, and the choice of the members that may be a log.

Members are read as streams. Nothing is ever extracted to a path, so names in the archive can't do harm.
"""

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
"""The first bytes of an archive: those of a member, or of the directory if the archive is empty."""

# everything that zipfile raises for damaged archives, even those damaged on purpose
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, OSError, IndexError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip
_TEXT_FILE_NAME = re2.compile(r"(?is)[^.]+|.*\.(?:log|txt|text|out|err|json)(?:\.\d{1,3})?")
_BUILD_LOG_NAME = "customization.log"
_ENCRYPTED_FLAGS = 0x1 | 0x40
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods that zipfile unpacks in bounded steps, whatever sizes the archive claims."""


class BoundedFile(io.RawIOBase):
    """A file that returns at most `max_bytes` bytes per read.

    zipfile reads the whole directory of an archive at once and believes the size that the archive states. This class
    keeps a fake size from filling the memory.
    """

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        super().__init__()
        self._file, self._max_bytes = file, max_bytes

    def readable(self) -> bool:
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the file can be read from any position."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the current position."""
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """Read the next bytes.

        Raises:
            FileRefusedError: there are more than `max_bytes`.
        """
        wanted = self._max_bytes + 1 if size is None or size < 0 else min(size, self._max_bytes + 1)
        content = self._file.read(wanted)
        if len(content) > self._max_bytes:
            raise FileRefusedError(FileRefusal("bomb"))
        return content

    def readinto(self, buffer: Buffer) -> int:
        """Fill `buffer` and return how many bytes were read."""
        content = self.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(content)] = content
        return len(content)


@contextmanager
def open_archive(file: IO[bytes], limits: FileLimits) -> Iterator[zipfile.ZipFile]:
    """Open the archive in `file`, and close it at the end of the block.

    Raises:
        FileRefusedError: the archive is damaged, or its directory is too large.
    """
    try:
        archive = zipfile.ZipFile(BoundedFile(file, limits.max_directory_bytes))
    except _ZIP_ERRORS:
        raise FileRefusedError(FileRefusal("damaged")) from None
    with archive:
        yield archive


class ArchiveMember:
    """The content of an archive member, as a stream."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        """Open the member. Raises `FileRefusedError` if it is damaged."""
        try:
            self._content = archive.open(info)
        except _ZIP_ERRORS:
            raise FileRefusedError(FileRefusal("damaged")) from None

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes; none at the end. Raises `FileRefusedError` if the member is damaged."""
        try:
            return self._content.read(size)
        except _ZIP_ERRORS:
            raise FileRefusedError(FileRefusal("damaged")) from None

    def close(self) -> None:
        """Close the stream."""
        self._content.close()


def find_texts(archive: zipfile.ZipFile, limits: FileLimits) -> list[zipfile.ZipInfo]:
    """Return the members that may be logs, the most promising first: by name, then by size.

    Raises:
        FileRefusedError: there is none that can be read, or the archive looks like a zip bomb.
    """
    members = archive.infolist()
    if len(members) > limits.max_archive_members:
        raise FileRefusedError(FileRefusal("bomb"))
    texts = [member for member in members if _is_possible_text(member)]
    if not texts:
        raise FileRefusedError(FileRefusal("no-log"))
    unencrypted = [member for member in texts if not member.flag_bits & _ENCRYPTED_FLAGS]
    if not unencrypted:
        raise FileRefusedError(FileRefusal("encrypted"))
    readable = [member for member in unencrypted if member.compress_type in _READABLE_METHODS]
    if not readable:
        raise FileRefusedError(FileRefusal("not-text"))
    nonempty = [member for member in readable if member.file_size]
    if not nonempty:
        raise FileRefusedError(FileRefusal("empty"))
    for member in nonempty:
        # one that's too large is skipped when it's read; the others can still help
        if member.file_size <= limits.max_unpacked_bytes:
            check_growth(member.compress_size, member.file_size, limits)
    return sorted(nonempty, key=_rank_member)


def is_build_log(name: str) -> bool:
    """Tell whether a member has the name that Image Builder gives to the log of a build."""
    return _get_base_name(name).casefold() == _BUILD_LOG_NAME


def _rank_member(info: zipfile.ZipInfo) -> tuple[bool, bool, int]:
    return not is_build_log(info.filename), ".log" not in _get_base_name(info.filename).casefold(), -info.file_size


def _is_possible_text(info: zipfile.ZipInfo) -> bool:
    name = info.filename.replace("\\", "/")
    is_hidden = _get_base_name(name).startswith(".") or "__MACOSX/" in name
    return not info.is_dir() and not is_hidden and _TEXT_FILE_NAME.fullmatch(_get_base_name(name)) is not None


def _get_base_name(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]
