"""State in one SQLite file, for a single process on a local disk. What was committed survives a crash.

The event loop reads and writes it directly. That takes a tenth of a millisecond, less than handing the work to a
thread: it only reaches the system's memory. What waits for the disk itself, or for a lock, runs in a thread.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from bot.errors import StateConflictError, StoreError
from bot.state.store import StoredState, decode_state, encode_state

FORMAT_VERSION = 2
"""`PRAGMA user_version` of the file; a file with a later version is left alone."""

_CREATE_TABLE = """
create table if not exists state (
    key text primary key,
    value text not null,
    etag integer not null,
    touched real not null,
    waiting integer not null default 0
)
"""
# for values of some KB; files that exist keep theirs, and their tables without row ids
_PAGE_BYTES = 8192
# format 1 didn't record which states wait
_MIGRATE_FROM_1 = "alter table state add column waiting integer not null default 0"
_CREATE_INDEX = "create index if not exists state_waiting on state (touched) where waiting"

CHECKPOINT_BYTES = 4_000_000
"""After how many bytes of committed states the write-ahead log is moved into the file.

That waits for the disk. So the thread does it, along with the commits that come meanwhile.
"""
FILE_CHECK_SECONDS = 0.1
"""How soon a commit notices that the file was deleted or replaced, along with all that was in it."""
_LOCK_TIMEOUT_SECONDS = 5.0
"""How long the thread waits for a lock, which only a program besides the bot can hold for long."""

_COUNTABLE_ETAG = re.compile(r"[0-9]{1,18}")
"""An ETag that the next number follows; SQLite's numbers end at 19 digits."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class _Connections(NamedTuple):
    """`direct` is the event loop's, and doesn't wait for a lock; `patient` is the thread's."""

    direct: sqlite3.Connection
    patient: sqlite3.Connection


class SqliteStore:
    """A `StateStore` in the file `path`. The event loop never waits for a lock, nor for the disk to finish a write."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._connections: _Connections | None = None
        self._file_id: tuple[int, int] | None = None
        self._file_checked_at = -math.inf
        self._bytes_since_checkpoint = 0
        self._checkpoint: asyncio.Future[None] | None = None

    async def open(self) -> SqliteStore:
        """Create the folder and the file if they are missing, readable by their owner only, and return `self`.

        Raises:
            StoreError: The file can't be created, or is not a database of this format.
        """
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._open)
        except (OSError, StoreError, sqlite3.Error) as error:
            self._executor.shutdown()
            if isinstance(error, StoreError):
                raise
            if isinstance(error, sqlite3.Error):
                raise self._describe(error) from error
            raise StoreError(
                f"State cannot be kept in {self._path}: {error.strerror or error}. "
                "Make its folder writable, or set STATE_PATH to a file elsewhere."
            ) from error
        return self

    async def load(self, key: str) -> StoredState | None:
        """Return what was last committed under `key`, or None."""
        # as text and as bytes, whatever somebody else has written there
        query = "select cast(etag as text), cast(value as blob) from state where key = ?"
        row = await self._run(lambda database: database.execute(query, (key,)).fetchone())
        return StoredState(str(row[0]), decode_state(row[1])) if row else None

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Store `value` if `etag` is current, and return the new ETag. See `StateStore.commit`."""
        content = encode_state(value)
        new_etag = await self._run(lambda database: self._commit(database, key, etag, content, waiting))
        self._bytes_since_checkpoint += len(content)
        if self._bytes_since_checkpoint >= CHECKPOINT_BYTES:
            self._start_checkpoint()
        return new_etag

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """Return at most `limit` keys that were committed with `waiting`, longest waiting first."""
        query = "select key from state where waiting order by touched limit ?"
        # like the commits: in the thread, it could see those that came after it
        return await self._run(lambda database: [key for (key,) in database.execute(query, (limit,))])

    async def forget(self, key: str) -> None:
        """Delete what is stored under `key`, if anything."""
        await self._run(lambda database: database.execute("delete from state where key = ?", (key,)).rowcount)

    async def prune(self, older_than_seconds: float) -> int:
        """Delete the states that haven't been committed for that long; return how many there were."""
        oldest = self._clock() - older_than_seconds
        return await self._run_in_thread(
            lambda database: database.execute("delete from state where touched < ?", (oldest,)).rowcount
        )

    async def close(self) -> None:
        """Finish the running commits and close the file."""
        if self._connections is not None:
            await self._run_in_thread(lambda _: self._close())
        self._executor.shutdown()

    async def _run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run a brief operation in the event loop; in the thread, if something else has locked the file."""
        if self._checkpoint is None:
            try:
                return operation(self._get_connections().direct)
            except sqlite3.Error as error:
                if not _is_locked(error):
                    raise self._describe(error) from error
        return await self._run_in_thread(operation)

    async def _run_in_thread(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._get_connections().patient
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, operation, connection)
        except sqlite3.Error as error:
            raise self._describe(error) from error

    def _start_checkpoint(self) -> None:
        """Move the write-ahead log into the file, in the thread. Until that's done, all operations go there."""
        if self._checkpoint is not None:
            return
        self._bytes_since_checkpoint = 0
        connection = self._get_connections().patient
        self._checkpoint = asyncio.get_running_loop().run_in_executor(self._executor, _move_log, connection)
        self._checkpoint.add_done_callback(self._end_checkpoint)

    def _end_checkpoint(self, checkpoint: asyncio.Future[None]) -> None:
        self._checkpoint = None
        # nothing is lost: what couldn't be moved stays in the log
        if not checkpoint.cancelled() and (error := checkpoint.exception()):
            _log.warning("The state's write-ahead log could not be moved into its file: %s", error)

    def _get_connections(self) -> _Connections:
        if self._connections is None:
            raise StoreError("The state store is not open.")
        return self._connections

    def _describe(self, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"State cannot be kept in {self._path}: {error}. "
            "Check the disk and the file's permissions; if it is damaged or something else, move it away and retry."
        )

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.is_symlink() and not self._path.exists():
            raise StoreError(
                f"{self._path} is a link to a file that doesn't exist, so nothing is created. Create that file, or "
                "remove the link."
            )
        # SQLite's other files, such as the write-ahead log, get this one's permissions
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        database = self._connect(_LOCK_TIMEOUT_SECONDS)
        try:
            version = database.execute("pragma user_version").fetchone()[0]
            if version > FORMAT_VERSION:
                raise StoreError(
                    f"{self._path} was written by a later version (format {version}, this one knows {FORMAT_VERSION}). "
                    "Start that version, or set STATE_PATH to another file."
                )
            database.execute(f"pragma page_size = {_PAGE_BYTES}")
            database.execute("pragma journal_mode = wal")
            # all or nothing: a crash in the middle leaves the file as it was
            database.execute("begin immediate")
            database.execute(_MIGRATE_FROM_1 if version == 1 else _CREATE_TABLE)
            database.execute(_CREATE_INDEX)
            database.execute(f"pragma user_version = {FORMAT_VERSION}")
            database.execute("commit")
            direct = self._connect(timeout_seconds=0)
        except BaseException:
            database.close()
            raise
        self._connections, self._file_id = _Connections(direct, database), self._read_file_id()

    def _connect(self, timeout_seconds: float) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, timeout=timeout_seconds, check_same_thread=False)
        # deleted text is overwritten, however SQLite was built; in the write-ahead log, once that's emptied
        database.execute("pragma secure_delete = on")
        # a crash of the program loses nothing; a power failure may lose the last turns, never the file
        database.execute("pragma synchronous = normal")
        # only the store itself moves the log, since a commit that did would wait for the disk
        database.execute("pragma wal_autocheckpoint = 0")
        return database

    def _close(self) -> None:
        connections, self._connections = self._get_connections(), None
        connections.direct.close()
        connections.patient.close()

    def _check_file(self) -> None:
        if self._read_file_id() != self._file_id:
            raise StoreError(
                f"State cannot be kept in {self._path}: the file was deleted or replaced while the bot was running. "
                "Restart the bot; it starts a new file if there's none."
            )

    def _read_file_id(self) -> tuple[int, int] | None:
        """Return what tells the file at the path from another one; None if there's none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _commit(self, database: sqlite3.Connection, key: str, etag: str | None, content: bytes, waiting: bool) -> str:
        now = self._clock()
        # an open file can still be written after it was deleted, but nobody will ever read it
        if not 0 <= now - self._file_checked_at < FILE_CHECK_SECONDS:
            self._check_file()
            self._file_checked_at = now
        # a random start: the ETag of a deleted state must not match the state that follows it
        new_etag = int(etag) + 1 if etag and _COUNTABLE_ETAG.fullmatch(etag) else secrets.randbits(48) + 1
        # a single statement is a transaction in SQLite, and its condition compares the ETags
        if etag is None:
            cursor = database.execute(
                "insert into state (key, value, etag, touched, waiting) values (?, cast(? as text), ?, ?, ?) "
                "on conflict do nothing",
                (key, content, new_etag, now, waiting),
            )
        else:
            cursor = database.execute(
                "update state set value = cast(? as text), etag = ?, touched = ?, waiting = ? "
                "where key = ? and cast(etag as text) = ?",
                (content, new_etag, now, waiting, key, etag),
            )
        if cursor.rowcount != 1:
            raise StateConflictError(
                "This conversation was changed by another turn meanwhile; load it again and repeat the turn."
            )
        return str(new_etag)


def _move_log(database: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file, and start it over: both wait until the disk has what was written."""
    database.execute("pragma wal_checkpoint(passive)").fetchone()
    # the first write starts the log over: here, so that no commit has to wait for it
    database.execute(f"pragma user_version = {FORMAT_VERSION}")


def _is_locked(error: sqlite3.Error) -> bool:
    # the low byte; the others say why
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
