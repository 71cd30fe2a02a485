"""The embedded store: one SQLite file, for one process on a local disk. What was committed survives a crash."""

from __future__ import annotations

import asyncio
import os
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
"""`PRAGMA user_version` of the file; one made by a later version is not touched."""

_CREATE_TABLE = """
create table if not exists state (
    key text primary key,
    value text not null,
    etag integer not null,
    touched real not null,
    waiting integer not null default 0
) without rowid
"""
# format 1 knew nothing that waits
_MIGRATE_FROM_1 = "alter table state add column waiting integer not null default 0"
_CREATE_INDEX = "create index if not exists state_waiting on state (touched) where waiting"

T = TypeVar("T")


class SqliteStore:
    """A `StateStore` on `path`. A thread of its own does all database work: the event loop never waits for a disk."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._database: sqlite3.Connection | None = None

    async def open(self) -> SqliteStore:
        """Make the folder and the file, readable by their owner only, where they are missing.

        Raises:
            StoreError: the file cannot be made, or is something else.
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
        """What was last committed under `key`, or None."""
        return await self._run_in_thread(lambda: self._load(key))

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        """Keep `value` if `etag` is current; returns the new ETag. See `StateStore.commit`."""
        text = encode_state(value)
        return await self._run_in_thread(lambda: self._commit(key, etag, text, waiting))

    async def list_waiting_keys(self, limit: int) -> list[str]:
        """At most so many keys whose last commit said `waiting`, those that wait longest first."""
        found = "select key from state where waiting order by touched limit ?"
        return await self._run_in_thread(lambda: [key for (key,) in self._connection.execute(found, (limit,))])

    async def forget(self, key: str) -> None:
        """Remove what is kept under `key`."""
        await self._run_in_thread(lambda: self._connection.execute("delete from state where key = ?", (key,)).rowcount)

    async def prune(self, older_than_seconds: float) -> int:
        """Remove what was not touched for so long; returns how many states went."""
        limit = self._clock() - older_than_seconds
        return await self._run_in_thread(
            lambda: self._connection.execute("delete from state where touched < ?", (limit,)).rowcount
        )

    async def close(self) -> None:
        """Close the file; every commit that was begun is finished first."""
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
                "Check the disk and the file's rights; if it is damaged or something else, move it away and retry."
            ) from error

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # made before SQLite does, whose files (the log beside it too) take over these rights
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(self._path, isolation_level=None, timeout=5, check_same_thread=False)
        try:
            found = database.execute("pragma user_version").fetchone()[0]
            if found > FORMAT_VERSION:
                raise StoreError(
                    f"{self._path} was written by a later version (format {found}, this one knows {FORMAT_VERSION}). "
                    "Start that version, or set STATE_PATH to another file."
                )
            database.execute("pragma journal_mode = wal")
            # what is forgotten is overwritten, however SQLite was built; in the log beside it once that is emptied
            database.execute("pragma secure_delete = on")
            # a crash of the program loses nothing; only a power cut may lose the last turns, never the file
            database.execute("pragma synchronous = normal")
            # all or nothing: a crash in the middle leaves the file as it was
            database.execute("begin immediate")
            database.execute(_MIGRATE_FROM_1 if found == 1 else _CREATE_TABLE)
            database.execute(_CREATE_INDEX)
            database.execute(f"pragma user_version = {FORMAT_VERSION}")
            database.execute("commit")
        except BaseException:
            database.close()
            raise
        self._database = database

    def _load(self, key: str) -> StoredState | None:
        row = self._connection.execute("select etag, value from state where key = ?", (key,)).fetchone()
        return StoredState(str(row[0]), decode_state(row[1])) if row else None

    def _commit(self, key: str, etag: str | None, text: str, waiting: bool) -> str:
        now = self._clock()
        # one statement each way: SQLite makes it a transaction, and its condition is the comparison of ETags
        if etag is None:
            # a random start, so that an ETag of a forgotten state never fits the one that follows it
            new = secrets.randbits(48) + 1
            done = self._connection.execute(
                "insert into state (key, value, etag, touched, waiting) values (?, ?, ?, ?, ?) on conflict do nothing",
                (key, text, new, now, waiting),
            )
        else:
            new = int(etag) + 1
            done = self._connection.execute(
                "update state set value = ?, etag = etag + 1, touched = ?, waiting = ? where key = ? and etag = ?",
                (text, now, waiting, key, new - 1),
            )
        if done.rowcount != 1:
            raise StateConflictError(
                "This conversation was changed by another turn meanwhile; load it again and repeat the turn."
            )
        return str(new)
