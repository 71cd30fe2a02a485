"""The real server is killed at random moments of random walks: nothing is lost, nothing done twice, replies in order.

Every third turn leaves a work behind, and every other process lets turns of more than 3 ms go on after their requests.
A parent that has everything imported forks the server again after each SIGKILL, which is why there can be so many.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from tests.bot.killing import Walks, judge, parent, turns_of
from tests.bot.local_server import serve

pytestmark = pytest.mark.real

KILLS = 240
CONVERSATIONS = 4
SECONDS = 80
"""A bound, not a measurement: usually about ten."""


async def test_no_kill_loses_a_turn_does_one_twice_or_mixes_up_replies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("the server is forked, which only POSIX systems do")
    walks = Walks(seed=20)
    path = tmp_path / "s.sqlite3"
    runner, walks.url = await serve(walks.app())
    with parent(tmp_path, STATE_PATH=str(path)) as server:
        async with (
            asyncio.timeout(SECONDS),
            ClientSession(timeout=ClientTimeout(total=60)) as session,
            asyncio.TaskGroup() as people,
        ):
            for n in range(CONVERSATIONS):
                people.create_task(walks.walk(f"a:{n}", KILLS, session))
            while walks.kills < KILLS:
                await server.start()
                if walks.random.random() < 0.1 and not walks.stuck():
                    # while it starts; what it left before waits, and may be on its way again already
                    await asyncio.sleep(walks.random.random() * 0.03)
                else:
                    await server.listens()
                    walks.rose(server)
                    await walks.wait_for_events(walks.random.randint(1, 9))
                    while walks.stuck():
                        await walks.wait_for_events(1)
                    await asyncio.sleep(walks.random.random() * 0.004)
                await walks.kill(server)
            await server.start()
            await server.listens()
            walks.rose(server)
        states = await settled(path)
    await runner.cleanup()

    assert not walks.sentences
    for conversation, numbers in walks.sent.items():
        assert states[conversation] == len(turns_of(numbers))
        judge(walks, conversation)
    with capsys.disabled():
        print(f"\n{walks.kills} kills, {sum(map(len, walks.sent.values()))} activities: {dict(walks.counts)}")


async def settled(path: Path) -> dict[str, int]:
    """Turns by conversation, once nothing waits any more."""
    database = sqlite3.connect(path)
    while database.execute("select count(*) from state where waiting").fetchone()[0]:  # noqa: ASYNC110 - it is another process's
        await asyncio.sleep(0.02)
    rows = database.execute("select key, value from state").fetchall()
    database.close()
    return {key.split("|")[1]: json.loads(value)["medic"]["turns"] for key, value in rows if key.count("|") == 2}
