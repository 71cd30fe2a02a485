"""Readiness tells whether state can be written now; a full disk is seen by watchers and people."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.auth.channel_auth import ChannelAuth, build_channel_auth
from bot.auth.loopback import LoopbackAuthenticator
from bot.errors import StateConflictError, StoreError
from bot.host.readiness import ReadinessCheck
from bot.state.sqlite_store import SqliteStore
from bot.state.watched_store import FRESH_SECONDS, PROBE_KEY, WatchedStore
from tests.bot.local_server import serve
from tests.bot.scripted import ScriptedConversation
from tests.bot.stand_ins import Chat, FakeTeams, build_local_app


class Store(SqliteStore):
    """Counts its commits, and raises or hangs if it's told to."""

    trouble: Exception | None = None
    hangs: asyncio.Event | None = None
    commits = 0

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        self.commits += 1
        if self.hangs:
            await self.hangs.wait()
        if self.trouble:
            raise self.trouble
        return await super().commit(key, etag, value, waiting)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s")


async def test_what_was_just_written_is_not_written_again(store: Store) -> None:
    await store.open()
    now = 0.0
    watched = WatchedStore(store, clock=lambda: now)
    assert [await watched.is_writable() for _ in range(5)] == [True] * 5
    assert store.commits == 1
    await watched.commit("k", None, {})
    now += FRESH_SECONDS
    assert await watched.is_writable()
    assert store.commits == 3
    await store.close()


async def test_a_failed_commit_is_seen_at_once_and_said_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await store.open()
    watched = WatchedStore(store)
    await watched.commit("k", None, {})
    store.trouble = StoreError("State cannot be kept in s: database or disk is full.")
    for _ in range(3):
        with pytest.raises(StoreError):
            await watched.commit("other", None, {})
        assert not await watched.is_writable()
    store.trouble = None
    assert await watched.is_writable()
    assert [(record.levelname, record.getMessage()[:22]) for record in caplog.records] == [
        ("ERROR", "State can't be written"),
        ("WARNING", "State can be written a"),
    ]
    assert "disk is full" in caplog.text
    await store.close()


async def test_a_conflict_is_no_failure(store: Store) -> None:
    await store.open()
    watched = WatchedStore(store)
    await watched.commit("k", None, {})
    with pytest.raises(StateConflictError):
        await watched.commit("k", None, {})
    assert await watched.is_writable()
    store.trouble = StateConflictError("another instance")
    assert await WatchedStore(store).is_writable()
    await store.close()


async def test_room_for_less_than_what_failed_is_not_enough(store: Store) -> None:
    await store.open()
    watched = WatchedStore(store)
    store.trouble = StoreError("full")
    with pytest.raises(StoreError):
        await watched.commit("k", None, {"text": "x" * 50_000})
    store.trouble = None
    await watched.commit("small", None, {})
    assert store.commits == 2
    assert await watched.is_writable()
    probe = await store.load(PROBE_KEY)
    assert probe is not None
    assert len(probe.value["filler"]) > 50_000
    await store.close()


async def test_a_check_that_hangs_is_not_waited_for_and_not_begun_twice(store: Store) -> None:
    await store.open()
    store.hangs = asyncio.Event()
    begun = 0

    async def check() -> bool:
        nonlocal begun
        begun += 1
        await asyncio.Event().wait()
        return True

    async def fail() -> bool:
        raise OSError

    auth = ChannelAuth(LoopbackAuthenticator(), checks={"token": check, "keys": fail})
    readiness = ReadinessCheck(WatchedStore(store), auth, timeout_seconds=0.05)
    for _ in range(3):
        assert await readiness.find_missing() == ["state", "token", "keys"]
    assert (store.commits, begun) == (1, 1)
    store.hangs.set()
    assert await ReadinessCheck(WatchedStore(store), build_channel_auth(None)).find_missing() == []
    assert await readiness.find_missing() == ["token", "keys"]
    await readiness.close()
    await store.close()


async def test_a_full_disk_is_seen_within_seconds_by_watchers_and_people(teams: FakeTeams, tmp_path: Path) -> None:
    """SQLite can't grow, as on a full disk: every commit of a conversation fails."""
    store = await SqliteStore(tmp_path / "state.sqlite3").open()
    watched = WatchedStore(store)
    async with ClientSession() as session:
        chat = Chat(ScriptedConversation(), watched, teams, session)  # type: ignore[arg-type]
        runner, chat.url = await serve(build_local_app(chat.turns, watched))
        assert await chat.send("hi") == ["1 heard hi"]
        async with session.get(f"{chat.url}/readyz") as response:
            assert response.status == 200
        database = store._get_connections().direct
        (pages,) = database.execute("pragma page_count").fetchone()
        database.execute(f"pragma max_page_count = {pages}").fetchone()
        # what there is fills up
        for number in range(40):
            said = await chat.send(f"{number} " + "long " * 400, conversation={"id": f"a:{number}"})
        assert said[0].startswith("I can't save our conversation right now")
        async with asyncio.timeout(5), session.get(f"{chat.url}/readyz") as response:
            assert (response.status, await response.json()) == (503, {"status": "not ready", "missing": ["state"]})
        async with session.get(f"{chat.url}/healthz") as response:
            assert response.status == 200
        database.execute("pragma max_page_count = 100000").fetchone()
        async with session.get(f"{chat.url}/readyz") as response:
            assert response.status == 200
        await runner.cleanup()
    await store.close()


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_was_deleted_is_not_written_to(tmp_path: Path, replaced: bool) -> None:
    seconds = itertools.count()
    store = await SqliteStore(tmp_path / "s", clock=lambda: next(seconds)).open()
    watched = WatchedStore(store)
    await watched.commit("k", None, {})
    (tmp_path / "s").unlink()
    if replaced:
        (tmp_path / "s").touch()
    with pytest.raises(StoreError, match="deleted or replaced while the bot was running"):
        await watched.commit("other", None, {})
    assert not await watched.is_writable()
    assert await ReadinessCheck(watched, build_channel_auth(None)).find_missing() == ["state"]
    await store.close()
