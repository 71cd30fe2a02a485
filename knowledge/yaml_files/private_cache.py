"""A cache of files that only their owner can write, in the user's cache folder.

Nothing depends on it. If anything about it is suspicious (another owner, access for others, a link, a damaged file, no
home, a full disk), reading finds nothing and writing does nothing. A file is replaced as a whole, so other processes
never see half of one, and a checksum detects damage.

The setting `KNOWLEDGE_CACHE` moves it to another folder, an absolute path, or turns it off with `off`.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

SETTING_NAME = "KNOWLEDGE_CACHE"
_FOLDER_NAME = "image-medic"
_CHECKSUM_BYTES = 4
_MAX_BYTES = 64 << 20
_MAX_FILES = 40
"""How many files to keep: a few versions of everything that's cached."""
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
# Windows has none of these flags. Without O_NONBLOCK, opening a pipe would wait for a writer.
_SAFE_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class _Folder(NamedTuple):
    """An open folder. Its files are opened as `prefix` and name, relative to `descriptor` where the system can do so.

    This way, the folder can't be replaced after the check.
    """

    prefix: str
    descriptor: int | None


def find_cache_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """Return the cache's folder on this system; `None` if the cache is turned off or there is no place for it."""
    setting = environ.get(SETTING_NAME, "").strip()
    if setting:
        folder = Path(setting)
    elif platform == "win32":
        folder = Path(environ.get("LOCALAPPDATA", ""), _FOLDER_NAME, "Cache")
    elif platform == "darwin":
        folder = Path(environ.get("HOME", ""), "Library", "Caches", _FOLDER_NAME)
    else:
        root = Path(environ.get("XDG_CACHE_HOME", ""))
        # this variable's specification says to ignore a relative path
        folder = (root if root.is_absolute() else Path(environ.get("HOME", ""), ".cache")) / _FOLDER_NAME
    return folder if folder.is_absolute() else None


def has_cache() -> bool:
    """Tell whether there is a place for the cache."""
    return find_cache_folder(os.environ) is not None


def read_cached(name: str) -> bytes | None:
    """Return the content that was stored as `name`; `None` if there is none that can be trusted."""
    try:
        with _open_folder(should_create=False) as folder:
            descriptor = os.open(folder.prefix + name, os.O_RDONLY | _SAFE_FLAGS, dir_fd=folder.descriptor)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                status = os.fstat(descriptor)
                _check_owner(status, stat.S_ISREG)
                if status.st_size > _MAX_BYTES:
                    return None
                checksum, content = file.read(_CHECKSUM_BYTES), file.read()
    except (OSError, ValueError):
        return None
    return content if checksum == _compute_checksum(content) else None


def write_cached(name: str, content: bytes) -> None:
    """Store `content` as `name`, if possible."""
    with contextlib.suppress(OSError, ValueError), _open_folder(should_create=True) as folder:
        path, unfinished = folder.prefix + name, f"{folder.prefix}{name}.{os.getpid()}.unfinished"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE_FLAGS
        descriptor = os.open(unfinished, flags, 0o600, dir_fd=folder.descriptor)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_compute_checksum(content) + content)
            os.replace(unfinished, path, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)
        except BaseException:
            os.unlink(unfinished, dir_fd=folder.descriptor)
            raise
        _remove_oldest_files(folder)


@contextlib.contextmanager
def _open_folder(should_create: bool) -> Iterator[_Folder]:
    """Open the cache folder. Raises `OSError` if it cannot be used."""
    path = find_cache_folder(os.environ)
    if path is None:
        raise FileNotFoundError("there is no cache")
    if should_create and not path.exists():
        _create_folder(path)
    if sys.platform == "win32":  # users' folders are closed to others, and files can't be opened relative to a folder
        yield _Folder(f"{path}{os.sep}", None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _SAFE_FLAGS)
    try:
        _check_owner(os.fstat(descriptor), stat.S_ISDIR)
        yield _Folder("", descriptor)
    finally:
        os.close(descriptor)


def _create_folder(path: Path) -> None:
    """Create a folder that only its owner can access, but not in another person's home, as `sudo` would."""
    missing = [path]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    if sys.platform != "win32" and missing[-1].parent.stat().st_uid not in (os.geteuid(), 0):
        raise PermissionError(f"{missing[-1].parent} belongs to somebody else")
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def _check_owner(status: os.stat_result, is_expected_type: Callable[[int], bool]) -> None:
    """Raise `PermissionError` if it isn't of the expected type, isn't ours, or is writable by others."""
    is_ours = sys.platform == "win32" or (status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS)
    if not (is_ours and is_expected_type(status.st_mode)):
        raise PermissionError("the cache is not private")


def _remove_oldest_files(folder: _Folder) -> None:
    """Remove all but the newest files, including those that a process left unfinished when it was killed."""
    with os.scandir(folder.prefix if folder.descriptor is None else folder.descriptor) as files:
        written = sorted((file.stat(follow_symlinks=False).st_mtime_ns, file.name) for file in files)
    for _, name in written[:-_MAX_FILES]:
        os.unlink(folder.prefix + name, dir_fd=folder.descriptor)


def _compute_checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")
