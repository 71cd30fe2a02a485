"""Deleted state is gone from the file, not just from its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.state.sqlite_store import SqliteStore

WORDS = "Contoso payroll image "


async def kept(folder: Path) -> tuple[SqliteStore, Path]:
    """A store with a large conversation, which has its own pages, and another one."""
    path = folder / "state.sqlite3"
    store = await SqliteStore(path).open()
    etag = None
    for size in (1, 400, 900, 40):
        etag = await store.commit("contoso|a:1|29:ada", etag, {"medic": WORDS * size})
    await store.commit("contoso|a:2|29:bob", None, {"medic": "x" * 3000})
    return store, path


def words_in(path: Path) -> int:
    return sum(one.read_bytes().count(WORDS.encode()) for one in path.parent.iterdir())


async def emptied(store: SqliteStore) -> None:
    found = await store.load("contoso|a:1|29:ada")
    assert found
    blank: dict[str, Any] = {"medic": {}}
    await store.commit("contoso|a:1|29:ada", found.etag, blank)


async def removed(store: SqliteStore) -> None:
    await store.forget("contoso|a:1|29:ada")


async def pruned(store: SqliteStore) -> None:
    assert await store.prune(-60) == 2


@pytest.mark.parametrize("way", [emptied, removed, pruned])
async def test_no_byte_of_forgotten_data_stays_in_the_file(tmp_path: Path, way: Any) -> None:
    store, path = await kept(tmp_path)
    assert words_in(path) > 900
    await way(store)
    await store.close()
    assert words_in(path) == 0
