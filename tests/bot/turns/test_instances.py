"""Two real servers on one store, killed now and then; each delivery goes to any of them: nothing lost, nothing twice.

No sticky sessions: what belongs to one conversation, repeated and simultaneous deliveries too, meets both at random.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from bot.state.blob_store import BlobStore
from bot.state.store import build_state_key
from bot.turns.conversation_document import read_conversation_document
from tests.azurite.service import AnybodyCredential, Azurite
from tests.bot.killing import Killed, Walks, judge, parent, turns_of
from tests.bot.local_server import serve

pytestmark = pytest.mark.real

KILLS = 14
CONVERSATIONS = 8
LEASE = 3.0
"""Seconds until one instance takes over from a dead one. It's 30 or more in production."""
SECONDS = 90


async def test_two_instances_under_load_and_kills_lose_no_update_and_no_reply(
    azurite: Azurite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("the servers are forked, which only POSIX systems do")
    walks = Walks(seed=7)
    url = f"{azurite.url}/c{secrets.token_hex(8)}"
    settings = {"STATE_BLOB_URL": url, "AUTHORITY": str(azurite.authority), "LEASE": str(LEASE), "STATE_PATH": ""}
    runner, walks.url = await serve(walks.app())
    async with asyncio.timeout(SECONDS):
        with ExitStack() as parents:
            servers = [parents.enter_context(parent(tmp_path, label, **settings)) for label in "AB"]
            async with ClientSession(timeout=ClientTimeout(total=60)) as session, asyncio.TaskGroup() as people:
                for n in range(CONVERSATIONS):
                    people.create_task(walks.walk(f"a:{n}", KILLS, session))
                await asyncio.gather(*(rise(server, walks) for server in servers))
                while walks.kills < KILLS:
                    await walks.wait_for_events(walks.random.randint(10, 60))
                    down = walks.random.choice([[servers[0]], [servers[1]], servers])
                    for server in down:
                        await walks.kill(server)
                    if len(down) == 1 and walks.random.random() < 0.3:
                        # the other one is alone for a while
                        await walks.wait_for_events(walks.random.randint(1, 20))
                    await asyncio.gather(*(rise(server, walks) for server in down))
            states = await settled(azurite, url, list(walks.sent))
    await runner.cleanup()

    assert not walks.sentences
    for conversation, numbers in walks.sent.items():
        assert states[conversation] == len(turns_of(numbers)), "an update was lost, or made twice"
        judge(walks, conversation, LEASE)
    runs = {arrival.run[0] for arrivals in walks.arrivals.values() for arrival in arrivals}
    assert runs == {"A", "B"}
    with capsys.disabled():
        print(f"\n{walks.kills} kills, {sum(map(len, walks.sent.values()))} activities: {dict(walks.counts)}")


async def rise(server: Killed, walks: Walks) -> None:
    """Start a server, and let people talk to it."""
    await server.start()
    await server.listens()
    walks.rose(server)


async def settled(azurite: Azurite, url: str, conversations: list[str]) -> dict[str, int]:
    """Turns by conversation, once nothing waits any more."""
    store = await BlobStore(url, AnybodyCredential(), str(azurite.authority)).open()
    turns: dict[str, int] = {}
    while len(turns) < len(conversations):
        for conversation in conversations:
            # not asked of the store's markers: a kill leaves some that mean nothing
            stored = await store.load(build_state_key("", conversation, "29:u"))
            assert stored is not None
            if not read_conversation_document(stored.value).has_pending_items:
                turns[conversation] = stored.value["medic"]["turns"]
        await asyncio.sleep(0.1)
    await store.close()
    return turns
