"""What the operations of the Blob Storage store cost this process with more conversations in the container.

The container is Azurite's. Its own processor time isn't counted, and a real account's latency isn't measured.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bot.state.blob_store import BlobStore
from bot.turns.conversation_document import ConversationDocument
from tests.azurite.service import PROGRAM, AnybodyCredential, Azurite, run_azurite
from tests.bench.conversation_store import STATE_CHARS
from tests.bench.measuring import ms, ratio, row

COUNTS = (50, 500)
OPERATIONS = 50
SWEEPS = 5
WAITING = 20
"""In how many conversations something waits, however many there are."""
_AT_ONCE = 16


@dataclass(frozen=True)
class _Cost:
    """CPU seconds of one load with its commit, of one sweep, and of deleting everything."""

    turn: float
    sweep: float
    prune: float


def blob_storage(counts: tuple[int, ...] = COUNTS) -> None:
    """Print what operations cost with each number of conversations."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        row("Azurite isn't installed (`make test` does that): nothing is measured")
        return
    row("", "load + commit", "against first", "sweep", "prune, each")
    first = 0.0
    for count in counts:
        with tempfile.TemporaryDirectory() as folder, run_azurite(node, Path(folder)) as service:
            cost = asyncio.run(_measure(service, count))
        first = first or cost.turn
        row(f"{count} conversations", ms(cost.turn), ratio(cost.turn, first), ms(cost.sweep), ms(cost.prune / count))


async def _measure(service: Azurite, count: int) -> _Cost:
    store = BlobStore(f"{service.url}/bench", AnybodyCredential(), tls=str(service.authority))
    await store.open()
    value = ConversationDocument(dialog_state={"text": "x" * STATE_CHARS}).to_json()
    keys = [f"contoso|a:{number}|29:ada" for number in range(count)]

    async def fill(some_keys: list[str]) -> None:
        for key in some_keys:
            await store.commit(key, None, value, waiting=key in keys[:WAITING])

    await asyncio.gather(*(fill(keys[first::_AT_ONCE]) for first in range(_AT_ONCE)))
    started = time.process_time()
    for number in range(OPERATIONS):
        key = keys[number * count // OPERATIONS]
        loaded = await store.load(key)
        assert loaded is not None
        await store.commit(key, loaded.etag, loaded.value, waiting=key in keys[:WAITING])
    turned = time.process_time()
    for _ in range(SWEEPS):
        assert len(await store.list_waiting_keys(100)) == WAITING
    swept = time.process_time()
    assert await store.prune(-60.0) == count
    pruned = time.process_time()
    await store.close()
    return _Cost((turned - started) / OPERATIONS, (swept - turned) / SWEEPS, pruned - swept)
