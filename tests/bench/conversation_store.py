"""What a turn's store operations cost with more conversations in the file, and how large the file gets."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bot.state.sqlite_store import SqliteStore
from bot.turns.conversation_document import ConversationDocument
from tests.bench.measuring import ms, ratio, row

COUNTS = (1_000, 10_000, 100_000)
OPERATIONS = 400
STATE_CHARS = 3_000
"""About what the dialogs keep of a conversation after a diagnosis."""
_FILL = """
with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?)
insert into state select 'contoso|a:' || n || '|29:ada', ?, 7, 0, 0 from numbers
"""


@dataclass(frozen=True)
class _Cost:
    """CPU seconds of one load with its commit, of one sweep, and of deleting everything; bytes of the file."""

    turn: float
    sweep: float
    prune: float
    size: int


def conversation_store(counts: tuple[int, ...] = COUNTS) -> None:
    """Print what operations cost, and the file's size for each conversation."""
    row("", "load + commit", "against first", "sweep", "prune, each", "file, each")
    first = 0.0
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            cost = asyncio.run(_measure(Path(folder) / "state.sqlite3", count))
        first = first or cost.turn
        row(
            f"{count} conversations", ms(cost.turn), ratio(cost.turn, first), ms(cost.sweep), ms(cost.prune / count),
            f"{cost.size / count / 1024:.1f} KB",
        )  # fmt: skip


async def _measure(path: Path, count: int) -> _Cost:
    chance = random.Random(7)
    store = await SqliteStore(path).open()
    document = ConversationDocument(dialog_state={"text": "x" * STATE_CHARS})
    await store.commit("first", None, document.to_json())
    stored = await store.load("first")
    assert stored is not None
    # one statement: a hundred thousand commits would take the time of all other sections
    with sqlite3.connect(path) as database:
        [[text]] = database.execute("select value from state")
        database.execute(_FILL, (count, text))
    database.execute("pragma wal_checkpoint(truncate)")
    database.close()
    status = await asyncio.to_thread(path.stat)

    async def turn() -> None:
        key = f"contoso|a:{chance.randint(1, count)}|29:ada"
        loaded = await store.load(key)
        assert loaded is not None
        await store.commit(key, loaded.etag, loaded.value)

    started = time.process_time()
    for _ in range(OPERATIONS):
        await turn()
    turned = time.process_time()
    for _ in range(OPERATIONS):
        await store.list_waiting_keys(100)
    swept = time.process_time()
    await store.prune(-1.0)
    pruned = time.process_time()
    await store.close()
    return _Cost((turned - started) / OPERATIONS, (swept - turned) / OPERATIONS, pruned - swept, status.st_size)
