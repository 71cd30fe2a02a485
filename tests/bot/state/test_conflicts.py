"""Repeating a change after a conflict: on the newest state, a limited number of times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import StateConflictError, StoreError
from bot.state.conflicts import MAX_COMMIT_ATTEMPTS, retry_conflicts
from bot.state.sqlite_store import SqliteStore
from bot.turns.conversation_document import ConversationDocument
from bot.turns.unit_of_work import UnitOfWork, update_document


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore(tmp_path / "s.sqlite3").open()
    yield store
    await store.close()


async def test_changes_at_the_same_time_are_all_kept(store: SqliteStore) -> None:
    async def mark(unit_of_work: UnitOfWork, name: str) -> bool:
        await asyncio.sleep(0)  # so that all have loaded before the first commits
        unit_of_work.document.mark_processed(name, 1e9)
        return True

    names = [str(number) for number in range(5)]
    await asyncio.gather(*(update_document(store, "k", lambda work, name=name: mark(work, name)) for name in names))  # type: ignore[misc]
    assert sorted((await UnitOfWork(store, "k").load()).document.processed_activities) == names


async def test_nothing_to_change_commits_nothing(store: SqliteStore) -> None:
    async def leave(unit_of_work: UnitOfWork) -> None:
        unit_of_work.document.welcomed = True

    _, result = await update_document(store, "k", leave)
    assert result is None
    assert await store.load("k") is None


async def test_a_change_to_a_loaded_document_is_repeated_on_the_newest(store: SqliteStore) -> None:
    await store.commit("k", None, ConversationDocument().to_json())
    mine, other = await UnitOfWork(store, "k").load(), await UnitOfWork(store, "k").load()
    await other.change(lambda document: document.mark_processed("other", 1e9))
    await mine.change(lambda document: document.mark_processed("mine", 1e9))
    assert sorted((await UnitOfWork(store, "k").load()).document.processed_activities) == ["mine", "other"]


async def test_what_was_deleted_meanwhile_stays_deleted(store: SqliteStore) -> None:
    await store.commit("k", None, ConversationDocument().to_json())
    unit_of_work = await UnitOfWork(store, "k").load()
    await store.forget("k")
    await unit_of_work.change(lambda document: document.mark_processed("mine", 1e9))
    assert await store.load("k") is None


@pytest.mark.parametrize("limit", [1, 3])
async def test_it_ends_after_so_many_attempts(limit: int) -> None:
    attempts = 0

    async def lose() -> None:
        nonlocal attempts
        attempts += 1
        raise StateConflictError("Somebody was faster.")

    with pytest.raises(StoreError, match=f"each of {limit} attempts"):
        # a change around it is not repeated as well
        await retry_conflicts(lambda: retry_conflicts(lose, limit))
    assert attempts == limit


async def test_without_a_limit_it_goes_on_until_it_succeeds() -> None:
    attempts = 0

    async def win_late() -> str:
        nonlocal attempts
        attempts += 1
        if attempts <= MAX_COMMIT_ATTEMPTS:
            raise StateConflictError("Somebody was faster.")
        return "won"

    assert await retry_conflicts(win_late, None) == "won"
