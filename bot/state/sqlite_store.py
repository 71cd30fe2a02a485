"""State in one SQLite file, for a single process on a local disk. What was committed survives a crash."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

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
) without rowid
"""
# format 1 didn't record which states wait
_MIGRATE_FROM_1 = "alter table state add column waiting integer not null default 0"
_CREATE_INDEX = "create index if not exists state_waiting on state (touched) where waiting"

_COUNTABLE_ETAG = re.compile(r"[0-9]{1,18}")
"""An ETag that the next number follows; SQLite's numbers end at 19 digits."""

T = TypeVar("T")


class SqliteStore:
    """A `StateStore` in the file `path`. One thread does all database work: the event loop never waits for a disk."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._database: sqlite3.Connection | None = None
        self._file_id: tuple[int, int] | None = None

    async def open(self) -> SqliteStore:
        """Create the folder and the file if they are missing, readable by their owner only, and return `self`.

        Raises:
            StoreError: The file can't be created, or is not a database of this format.
        """
        try:
            await self._run_in_thread(self._open)
        except (OSError, StoreError) as error:
            self._executor.shutdown()
            if isinstance(error, StoreError):
                raise
            raise StoreError(
                f"State cannot be kept in {self._path}: {error.strerror or error}. "
                "Make its folder writable, or set STATE_PATH to a file elsewhere."
            ) from error
        return self

    async def load(self, key: str) -> StoredState | None:
        """Return what was last committed under `key`, or None."""
        return await self._run_in_thread(lambda: self._load(key))

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Store `value` if `etag` is current, and return the new ETag. See `StateStore.commit`."""
        text = encode_state(value)
        return await self._run_in_thread(lambda: self._commit(key, etag, text, waiting))

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """Return at most `limit` keys that were committed with `waiting`, longest waiting first."""
        query = "select key from state where waiting order by touched limit ?"
        return await self._run_in_thread(lambda: [key for (key,) in self._connection.execute(query, (limit,))])

    async def forget(self, key: str) -> None:
        """Delete what is stored under `key`, if anything."""
        await self._run_in_thread(lambda: self._connection.execute("delete from state where key = ?", (key,)).rowcount)

    async def prune(self, older_than_seconds: float) -> int:
        """Delete the states that haven't been committed for that long; return how many there were."""
        oldest = self._clock() - older_than_seconds
        return await self._run_in_thread(
            lambda: self._connection.execute("delete from state where touched < ?", (oldest,)).rowcount
        )

    async def close(self) -> None:
        """Finish the running commits and close the file."""
        if self._database is not None:
            await self._run_in_thread(self._connection.close)
            self._database = None
        self._executor.shutdown()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._database is None:
            raise StoreError("The state store is not open.")
        return self._database

    async def _run_in_thread(self, operation: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, operation)
        except sqlite3.Error as error:
            raise StoreError(
                f"State cannot be kept in {self._path}: {error}. "
                "Check the disk and the file's permissions; if it is damaged or something else, move it away and retry."
            ) from error

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.is_symlink() and not self._path.exists():
            raise StoreError(
                f"{self._path} is a link to a file that doesn't exist, so nothing is created. Create that file, or "
                "remove the link."
            )
        # SQLite's other files, such as the write-ahead log, get this one's permissions
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(self._path, isolation_level=None, timeout=5, check_same_thread=False)
        try:
            version = database.execute("pragma user_version").fetchone()[0]
            if version > FORMAT_VERSION:
                raise StoreError(
                    f"{self._path} was written by a later version (format {version}, this one knows {FORMAT_VERSION}). "
                    "Start that version, or set STATE_PATH to another file."
                )
            database.execute("pragma journal_mode = wal")
            # deleted text is overwritten, however SQLite was built; in the write-ahead log, once that's emptied
            database.execute("pragma secure_delete = on")
            # a crash of the program loses nothing; a power failure may lose the last turns, never the file
            database.execute("pragma synchronous = normal")
            # all or nothing: a crash in the middle leaves the file as it was
            database.execute("begin immediate")
            database.execute(_MIGRATE_FROM_1 if version == 1 else _CREATE_TABLE)
            database.execute(_CREATE_INDEX)
            database.execute(f"pragma user_version = {FORMAT_VERSION}")
            database.execute("commit")
        except BaseException:
            database.close()
            raise
        self._database, self._file_id = database, self._read_file_id()

    def _read_file_id(self) -> tuple[int, int] | None:
        """Return what tells the file at the path from another one; None if there's none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _load(self, key: str) -> StoredState | None:
        # as text, whatever somebody else has written there
        row = self._connection.execute("select cast(etag as text), value from state where key = ?", (key,)).fetchone()
        return StoredState(str(row[0]), decode_state(row[1])) if row else None

    def _commit(self, key: str, etag: str | None, text: str, waiting: bool) -> str:
        # an open file can still be written after it was deleted, but nobody will ever read it
        if self._read_file_id() != self._file_id:
            raise StoreError(
                f"State cannot be kept in {self._path}: the file was deleted or replaced while the bot was running. "
                "Restart the bot; it starts a new file if there's none."
            )
        now = self._clock()
        # a random start: the ETag of a deleted state must not match the state that follows it
        new_etag = int(etag) + 1 if etag and _COUNTABLE_ETAG.fullmatch(etag) else secrets.randbits(48) + 1
        # a single statement is a transaction in SQLite, and its condition compares the ETags
        if etag is None:
            cursor = self._connection.execute(
                "insert into state (key, value, etag, touched, waiting) values (?, ?, ?, ?, ?) on conflict do nothing",
                (key, text, new_etag, now, waiting),
            )
        else:
            cursor = self._connection.execute(
                "update state set value = ?, etag = ?, touched = ?, waiting = ? "
                "where key = ? and cast(etag as text) = ?",
                (text, new_etag, now, waiting, key, etag),
            )
        if cursor.rowcount != 1:
            raise StateConflictError(
                "This conversation was changed by another turn meanwhile; load it again and repeat the turn."
            )
        return str(new_etag)
