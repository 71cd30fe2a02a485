"""State: ETags, size, age, and what a killed process leaves behind."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as some

from bot.errors import StateConflictError, StateTooLargeError, StoreError
from bot.state.blob_store import BlobStore
from bot.state.sqlite_store import SqliteStore
from bot.state.store import MAX_STATE_BYTES, StateStore, build_state_key, decode_state, encode_state
from tests.azurite.service import AnybodyCredential

ROOT = Path(__file__).resolve().parents[3]


Open = Callable[[], Awaitable[StateStore]]


@pytest_asyncio.fixture(params=["sqlite", pytest.param("blob", marks=pytest.mark.real)])
async def another(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a store, the same place each time, as each of several processes would have it."""
    opened: list[StateStore] = []
    azurite = request.getfixturevalue("azurite") if request.param == "blob" else None
    container = f"c{secrets.token_hex(8)}"

    async def open_one() -> StateStore:
        if azurite:
            url, trusted = f"{azurite.url}/{container}", str(azurite.authority)
            opened.append(await BlobStore(url, AnybodyCredential(), trusted).open())
        else:
            opened.append(await SqliteStore(tmp_path / "new" / "state.sqlite3").open())
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


@pytest_asyncio.fixture
async def store(another: Open) -> StateStore:
    return await another()


async def test_what_is_committed_is_loaded(store: StateStore) -> None:
    assert await store.load("k") is None
    etag = await store.commit("k", None, {"steps": [1, None, "è", "\ud800", {"a": True}]})
    found = await store.load("k")
    assert found is not None
    assert (found.etag, found.value) == (etag, {"steps": [1, None, "è", "\ud800", {"a": True}]})
    assert await store.load("other") is None


async def test_a_stale_etag_changes_nothing(store: StateStore) -> None:
    first = await store.commit("k", None, {"n": 1})
    second = await store.commit("k", first, {"n": 2})
    assert first != second
    for stale in (None, first):
        with pytest.raises(StateConflictError):
            await store.commit("k", stale, {"n": 9})
    found = await store.load("k")
    assert found is not None
    assert found.value == {"n": 2}


async def test_the_etag_of_a_forgotten_state_does_not_fit_the_next(store: StateStore) -> None:
    old = await store.commit("k", None, {"n": 1})
    await store.forget("k")
    await store.forget("k")
    assert await store.load("k") is None
    with pytest.raises(StateConflictError):
        await store.commit("k", old, {"n": 3})
    await store.commit("k", None, {"n": 2})
    with pytest.raises(StateConflictError):
        await store.commit("k", old, {"n": 3})


async def test_of_many_that_change_one_state_each_wins_once(another: Open) -> None:
    stores = [await another() for _ in range(2)]

    async def count(store: StateStore) -> None:
        added = 0
        while added < 20:
            found = await store.load("k")
            value = found.value["n"] if found else 0
            try:
                await store.commit("k", found.etag if found else None, {"n": value + 1})
                added += 1
            except StateConflictError:
                continue

    await asyncio.gather(*(count(store) for store in stores))
    found = await stores[0].load("k")
    assert found is not None
    assert found.value == {"n": 40}


async def test_a_state_over_the_limit_is_refused_in_words(store: StateStore) -> None:
    await store.commit("k", None, {"x": "a" * (MAX_STATE_BYTES - 8)})
    with pytest.raises(StateTooLargeError, match="at most 512 KB are kept"):
        await store.commit("j", None, {"x": "a" * (MAX_STATE_BYTES - 7)})
    assert await store.load("j") is None


@pytest.mark.parametrize("value", [{"x": object()}, {"x": b""}, {"x": date(2026, 1, 12)}, {"x": {1}}])
async def test_nothing_but_plain_json_is_kept(store: StateStore, value: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        await store.commit("k", None, value)
    assert await store.load("k") is None


async def test_a_number_that_is_none_is_kept_as_nothing(store: SqliteStore) -> None:
    await store.commit("k", None, {"x": float("nan")})
    stored = await store.load("k")
    assert stored
    assert stored.value == {"x": None}


async def test_what_was_not_touched_for_long_goes(tmp_path: Path) -> None:
    now = 1_000.0
    store = await SqliteStore(tmp_path / "s", clock=lambda: now).open()
    await store.commit("old", None, {})
    etag = await store.commit("kept", None, {})
    now = 1_090.0
    await store.commit("kept", etag, {})
    now = 1_101.0
    assert await store.prune(100) == 1
    assert await store.load("old") is None
    assert await store.load("kept") is not None
    await store.close()


async def test_what_waits_is_found_until_it_is_committed_without(another: Open) -> None:
    store = await another()
    first = await store.commit("first", None, {}, waiting=True)
    await asyncio.sleep(1.1)  # stores tell times to the second
    await store.commit("second", None, {}, waiting=True)
    await store.commit("idle", None, {})

    store = await another()
    assert await store.list_waiting_keys(10) == ["first", "second"]
    assert await store.list_waiting_keys(1) == ["first"]
    first = await store.commit("first", first, {}, waiting=True)
    assert sorted(await store.list_waiting_keys(10)) == ["first", "second"]
    await store.commit("first", first, {})
    await store.forget("second")
    await store.close()
    assert await (await another()).list_waiting_keys(10) == []


async def test_a_file_of_the_first_format_is_taken_over(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "s")
    old.executescript(
        "create table state (key text primary key, value text not null, etag integer not null, touched real not null)"
        " without rowid; insert into state values ('k', '{\"n\":1}', 7, 1e12); pragma user_version = 1"
    )
    old.close()
    for etag in ("7", "8"):
        store = await SqliteStore(tmp_path / "s").open()
        found = await store.load("k")
        assert found is not None
        assert (found.etag, found.value) == (etag, {"n": 1})
        await store.commit("k", found.etag, {"n": 1}, waiting=True)
        assert await store.list_waiting_keys(10) == ["k"]
        await store.close()


async def test_a_lock_of_another_program_stops_only_what_needs_the_file(tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "s").open()
    etag = await store.commit("k", None, {"n": 1})
    other = sqlite3.connect(tmp_path / "s", isolation_level=None)
    other.execute("begin immediate")
    commit = asyncio.create_task(store.commit("k", etag, {"n": 2}))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not commit.done(), "it waits in the thread, not in the event loop"
    other.execute("commit")
    await store.commit("k", await commit, {"n": 3})
    other.close()
    await store.close()


async def test_the_log_is_moved_into_the_file_while_commits_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.state.sqlite_store.CHECKPOINT_BYTES", 200_000)
    store = await SqliteStore(tmp_path / "s").open()

    async def write(key: str) -> str:
        etag = None
        for _ in range(40):
            etag = await store.commit(key, etag, {"filler": secrets.token_hex(10_000)})
            await asyncio.sleep(0)
        found = await store.load(key)
        assert found
        assert found.etag == etag
        return key

    assert await asyncio.gather(*(write(f"k{number}") for number in range(5))) == [f"k{number}" for number in range(5)]
    log_bytes = (tmp_path / "s-wal").stat().st_size
    assert log_bytes < 2_000_000, "200 commits of 20 KB are more, but the log begins anew each time"
    await store.close()
    assert not (tmp_path / "s-wal").exists()


@pytest.mark.parametrize("etag", [2**63 - 1, -1, 0, 1.5, "some text", "9" * 30])
async def test_an_etag_that_somebody_wrote_stops_no_turn(tmp_path: Path, etag: object) -> None:
    store = await SqliteStore(tmp_path / "s").open()
    await store.commit("k", None, {"n": 1})
    direct = sqlite3.connect(tmp_path / "s")
    direct.execute("update state set etag = ?", (etag,))
    direct.commit()
    direct.close()
    found = await store.load("k")
    assert found is not None
    again = await store.commit("k", found.etag, {"n": 2})
    with pytest.raises(StateConflictError):
        await store.commit("k", found.etag, {"n": 3})
    await store.commit("k", again, {"n": 4})
    await store.close()


async def test_a_link_to_nothing_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "s").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="a link to a file that doesn't exist"):
        await SqliteStore(tmp_path / "s").open()
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "elsewhere").touch()
    await (await SqliteStore(tmp_path / "s").open()).close()


async def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("file rights are POSIX's")
    store = await SqliteStore(tmp_path / "deep" / "er" / "s").open()
    await store.commit("k", None, {})
    for path in (tmp_path / "deep" / "er").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "deep" / "er").stat().st_mode) == 0o700
    await store.close()


async def test_what_cannot_be_a_store_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to have a header" * 20)
    with pytest.raises(StoreError, match=r"not a database.*move it away"):
        await SqliteStore(tmp_path / "text").open()
    with pytest.raises(StoreError, match="set STATE_PATH"):
        await SqliteStore(tmp_path / "text" / "s").open()
    later = sqlite3.connect(tmp_path / "later")
    later.execute("pragma user_version = 99")
    later.close()
    with pytest.raises(StoreError, match="later version"):
        await SqliteStore(tmp_path / "later").open()


async def test_a_state_is_stored_as_text_which_earlier_releases_expect(tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "s").open()
    etag = await store.commit("k", None, {"mark": "è ▶"})
    direct = sqlite3.connect(tmp_path / "s")
    assert direct.execute("select value from state").fetchone() == ('{"mark":"è ▶"}',)
    await store.commit("k", etag, {"mark": "✖"})
    assert direct.execute("select value from state").fetchone() == ('{"mark":"✖"}',)
    direct.close()
    await store.close()


@pytest.mark.parametrize("broken", ["'[1, 2'", "cast(x'7b22c3227d' as text)", "x'ff'", "7"])
async def test_a_row_that_somebody_broke_is_an_empty_state(tmp_path: Path, broken: str) -> None:
    store = await SqliteStore(tmp_path / "s").open()
    etag = await store.commit("k", None, {"n": 1})
    direct = sqlite3.connect(tmp_path / "s")
    direct.execute(f"update state set value = {broken}")
    direct.commit()
    direct.close()
    found = await store.load("k")
    assert found is not None
    assert found.value == {}
    await store.commit("k", etag, {"n": 2})
    await store.close()


_WRITER = """
import asyncio, sys
from pathlib import Path
from bot.state.sqlite_store import SqliteStore
async def main():
    store = await SqliteStore(Path(sys.argv[1])).open()
    etag, n = None, 0
    while True:
        n += 1
        etag = await store.commit("k", etag, {"n": n, "filler": "x" * 20000})
        print(n, flush=True)
asyncio.run(main())
"""


@pytest.mark.real
async def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    """The process is killed in the middle of its writing; the last commit that it told of is there, whole."""
    path = tmp_path / "s"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    async for line in writer.stdout:
        if int(line) == 50:
            writer.send_signal(signal.SIGKILL)
            break
    rest = (await writer.stdout.read()).split(b"\n")
    await writer.wait()
    told = max([50, *(int(line) for line in rest[:-1])])

    store = await SqliteStore(path).open()
    found = await store.load("k")
    assert found is not None
    assert found.value["n"] in (told, told + 1)
    assert len(found.value["filler"]) == 20000
    await store.commit("k", found.etag, {"n": 0})
    await store.close()


_plain = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**64 - 1)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)


@given(some.dictionaries(some.text(), _plain, max_size=5))
def test_any_plain_json_comes_back_as_it_was(value: dict[str, Any]) -> None:
    assert decode_state(encode_state(value)) == value


@given(some.text() | some.sampled_from(["[" * 100_000, "null", '"x"', "{}", "9" * 5000]))
def test_any_text_decodes_to_a_state(text: str) -> None:
    assert isinstance(decode_state(text), dict)


_part = some.text(some.sampled_from("a|%7C25"), max_size=4)


@given(some.tuples(_part, _part, _part), some.tuples(_part, _part, _part))
def test_two_people_never_share_a_key(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (build_state_key(*one) == build_state_key(*other)) == (one == other)
