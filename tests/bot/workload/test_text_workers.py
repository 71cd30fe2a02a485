"""Long texts: few at once, in order, none that waits without end; what is only kept waits for none that runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from bot.errors import OverloadedError
from bot.workload.text_workers import TextWorkers


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds up what runs until it's set."""
    gate = threading.Event()
    yield gate
    gate.set()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_few_run_at_once_and_in_order(gate: threading.Event) -> None:
    workers, begun, both = TextWorkers(2), [], threading.Barrier(3)

    def work(number: int) -> int:
        begun.append(number)
        if number < 2:
            both.wait()
            gate.wait()
        return number

    running = [asyncio.create_task(workers.run(partial(work, number))) for number in range(6)]
    await asyncio.to_thread(both.wait)
    await settle()
    assert sorted(begun) == [0, 1]
    gate.set()
    assert await asyncio.gather(*running) == list(range(6))
    assert sorted(begun) == list(range(6))


async def test_what_is_kept_does_not_wait_for_what_runs(gate: threading.Event) -> None:
    workers = TextWorkers(2)
    running = [asyncio.create_task(workers.run(gate.wait)) for _ in range(50)]
    await settle()
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(workers.keep(lambda: "kept") for _ in range(50))) == ["kept"] * 50
    gate.set()
    await asyncio.gather(*running)


async def test_while_texts_are_kept_one_runs_at_most(gate: threading.Event) -> None:
    workers, begun = TextWorkers(2), 0

    def work() -> None:
        nonlocal begun
        begun += 1

    keeping = asyncio.create_task(workers.keep(gate.wait))
    first_free = threading.Event()
    await settle()
    first = asyncio.create_task(workers.run(first_free.wait))
    second = asyncio.create_task(workers.run(work))
    await settle()
    assert begun == 0
    gate.set()
    await keeping
    await second
    assert begun == 1
    first_free.set()
    await first


async def test_who_would_wait_too_long_is_told_at_once(gate: threading.Event) -> None:
    workers = TextWorkers(1, max_wait_seconds=1.0)
    waiting = [asyncio.create_task(workers.run(gate.wait)) for _ in range(20)]
    await settle()
    refused = [task for task in waiting if task.done()]
    assert 10 <= len(refused) < 19
    assert all(isinstance(task.exception(), OverloadedError) for task in refused)
    gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await workers.run(lambda: "again") == "again"


async def test_who_has_waited_too_long_is_told(gate: threading.Event) -> None:
    workers = TextWorkers(1, max_wait_seconds=0.3)
    running = asyncio.create_task(workers.run(gate.wait))
    await settle()
    with pytest.raises(OverloadedError):
        await workers.run(lambda: None)
    gate.set()
    await running
    assert await workers.run(lambda: "again") == "again"


async def test_who_is_canceled_leaves_its_place(gate: threading.Event) -> None:
    workers = TextWorkers(1)
    running, waiting, last = (asyncio.create_task(workers.run(gate.wait)) for _ in range(3))
    await settle()
    for task in (running, waiting):
        task.cancel()
    await settle()
    # the thread of the canceled one still runs, so nobody takes its place yet
    assert not last.done()
    gate.set()
    assert await last


@pytest.mark.parametrize("failure", [ValueError("no"), None])
async def test_a_failure_is_passed_on_and_frees_its_place(failure: Exception | None) -> None:
    workers = TextWorkers(1)

    def work() -> int:
        if failure:
            raise failure
        return 5

    for _ in range(3):
        if failure:
            with pytest.raises(ValueError, match="no"):
                await workers.run(work)
        else:
            assert await workers.run(work) == 5


async def test_a_request_is_not_held_while_many_texts_wait(gate: threading.Event) -> None:
    workers = TextWorkers(1)
    turn = asyncio.ensure_future(asyncio.Event().wait())
    assert await workers.wait_unless_backlogged(turn, 0.05) == 0.0
    waiting = [asyncio.create_task(workers.run(gate.wait)) for _ in range(40)]
    await settle()
    assert workers.is_backlogged
    async with asyncio.timeout(20):
        assert await workers.wait_unless_backlogged(turn, 3600) > 3000
    turn.cancel()
    gate.set()
    await asyncio.gather(*waiting)
    assert not workers.is_backlogged
