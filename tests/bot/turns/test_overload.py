"""A stored turn that finds too many long texts waiting is run later; one that isn't stored is answered in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.errors import OverloadedError
from bot.state.sqlite_store import SqliteStore
from bot.turns.outbox import DeliveryPolicy
from bot.turns.turn_runner import TurnLimits, TurnRunner
from tests.bot.turns.test_outbox import KEY, CountingConversation, Line, kept, said

BUSY = "Many people are pasting long logs right now"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore(tmp_path / "s").open()
    yield store
    await store.close()


class BusyConversation(CountingConversation):
    """Is overloaded for the first turns, each once its turn is stored, or right away."""

    def __init__(self, store: SqliteStore, times: int, is_stored_first: bool) -> None:
        super().__init__()
        self.meanwhile = self.refuse
        self.store, self.times, self.is_stored_first = store, times, is_stored_first

    async def refuse(self) -> None:
        if self.runs <= self.times:
            while self.is_stored_first and not (await kept(self.store, KEY)).pending_turns:  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0)
            raise OverloadedError("Too many wait.")


async def answer(store: SqliteStore, times: int, is_stored_first: bool) -> tuple[list[str], CountingConversation]:
    conversation, line, stop = BusyConversation(store, times, is_stored_first), Line(), asyncio.Event()
    limits = TurnLimits(
        response_timeout_seconds=0.01 if is_stored_first else 60.0,
        delivery=DeliveryPolicy(max_flush_seconds=2.0, first_wait_seconds=0.0, sweep_interval_seconds=0.01),
    )
    turns, arrived = TurnRunner(conversation, store, limits), asyncio.Event()

    async def arrive() -> None:
        arrived.set()

    line.sending = arrive
    redelivering = asyncio.create_task(turns.redeliver(line, stop))
    async with asyncio.timeout(30):
        await turns.run_turn(said("a"), line)
        await arrived.wait()
        await turns.wait_for_running_turns()
        stop.set()
        await redelivering
    assert (await kept(store, KEY)).pending_turns == []
    return line.taken, conversation


async def test_a_stored_turn_is_run_later(store: SqliteStore) -> None:
    taken, conversation = await answer(store, times=2, is_stored_first=True)
    assert (taken, conversation.runs) == (["1 a 0"], 3)


async def test_a_turn_that_is_postponed_again_and_again_ends_with_a_sentence(store: SqliteStore) -> None:
    taken, conversation = await answer(store, times=99, is_stored_first=True)
    assert [text[: len(BUSY)] for text in taken] == [BUSY]
    assert conversation.runs == 3


async def test_a_turn_that_is_not_stored_is_answered_at_once(store: SqliteStore) -> None:
    taken, conversation = await answer(store, times=99, is_stored_first=False)
    assert [text[: len(BUSY)] for text in taken] == [BUSY]
    assert conversation.runs == 1
