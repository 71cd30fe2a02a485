"""A lock that only one process can hold: one server per state file. It ends with the process, however that ends."""

from __future__ import annotations

import errno
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_MAX_HOLDER_BYTES = 400
_LOCKED_OFFSET = 1 << 20
"""On Windows, a locked byte can't be read: this one is behind the text that names the holder."""
_HELD_ERRORS = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK)


class StateFileLock:
    """The lock of the state file `path`, in a file beside it that also names its holder."""

    def __init__(self, path: Path) -> None:
        self._state_path = path
        self._lock_path = path.with_name(f"{path.name}.lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process holds it, or there can be none; the message says who does, and what to do.
        """
        try:
            self._lock_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # a link could lead to another file, which would be overwritten
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            raise StoreError(self._describe_failure(error)) from error
        try:
            _lock(descriptor)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {_format_now()}".encode())
        except OSError as error:
            holder = os.pread(descriptor, _MAX_HOLDER_BYTES, 0) if hasattr(os, "pread") else b""
            os.close(descriptor)
            if error.errno not in _HELD_ERRORS:
                raise StoreError(self._describe_failure(error)) from error
            name = "".join(char for char in holder.decode("utf-8", "replace") if char.isprintable())
            raise StoreError(
                f"{self._state_path} is in use by another server: {name or 'its name is unknown'}. A state file is for "
                "one server. Stop that one, or set STATE_PATH to another file; several instances need STATE_BLOB_URL."
            ) from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next process take it. The file stays: removing it could remove the lock of a process that has it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _describe_failure(self, error: OSError) -> str:
        return (
            f"State cannot be kept in {self._state_path}: {self._lock_path} cannot be locked "
            f"({error.strerror or error}). Make its folder writable, or set STATE_PATH to a file on a local disk."
        )


def _lock(descriptor: int) -> None:
    """Lock the open file for this process. Raise `OSError` if another one holds the lock."""
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_OFFSET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _format_now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
