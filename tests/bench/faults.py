"""Whole conversations while the channel and the store fail: every reply arrives, in order, without growing memory.

People paste an error, walk through its solution and draft a case, each message as soon as the one before was answered.
The channel answers 429, 412, 500 or 502 (of which it took half), takes a second, or says nothing at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

from tests.bench.load import MARK
from tests.bench.measuring import find_percentile, median, ms, row
from tests.bench.running import free_port, process
from tests.bench.turns import error_text

CONVERSATIONS = (32, 256, 256)
"""The last round again, which shows memory that grows with the number of messages rather than of people."""
STORE_FAILS = 0.01
FAULTS = {"ok": 79, "429": 6, "412": 4, "500": 2, "502": 4, "slow": 4, "silent": 1}
"""How many of a hundred replies run into which problem."""
SILENT_SECONDS = 30
ANSWER_SECONDS = 40
"""How long people wait before they go on; what comes later is late, what has not come as long after the end is lost."""
SAYS = ("PASTE", "next", "next", "draft a case")


@dataclass
class Channel:
    """Receives replies, and stores for each conversation which messages they answer."""

    faults: bool = True
    url: str = ""
    met: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    answered: dict[str, asyncio.Event] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1_500_000)
        app.router.add_post("/v3/conversations/{conversation}/activities/{activity}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if b'"typing"' in body[:300]:
            return web.json_response({"id": "1"}, status=201)
        fault = random.choices(list(FAULTS), list(FAULTS.values()))[0] if self.faults else "ok"
        self.met[fault] += 1
        if fault in ("429", "412", "500"):
            return web.json_response({}, status=int(fault), headers={"Retry-After": "0"})
        if fault == "slow":
            await asyncio.sleep(1)
        if fault == "silent":
            await asyncio.sleep(SILENT_SECONDS)
        taken = fault in ("ok", "slow") or (fault == "502" and random.random() < 0.5)
        if taken:
            self._arrived(request.match_info["conversation"], request.match_info["activity"], body)
        return web.json_response({"id": "1"}, status=502 if fault == "502" else 201)

    def _arrived(self, conversation: str, activity: str, body: bytes) -> None:
        name, _, number = activity.rpartition(".")
        turn = int(number)
        self.wrong["in another conversation"] += name != conversation
        # a paste shows its own number; a walk goes on with the paste before it
        own = number.encode() in body or turn % len(SAYS) != 0 or b"I can't keep the state" in body
        self.wrong["without what was said"] += not own
        before = self.last.get(conversation, -1)
        self.wrong["out of order"] += turn < before
        self.met["replies taken again"] += turn == before
        self.last[conversation] = max(turn, before)
        if activity in self.answered:
            self.answered[activity].set()


@dataclass
class Round:
    """What one round found: the seconds from each message to its reply, and what happened on the way."""

    taken: list[float] = field(default_factory=list)
    seconds: float = 0.0
    redelivered: int = 0
    late: int = 0


def faults(seconds: float = 15.0, loads: Sequence[int] = CONVERSATIONS) -> None:
    """Print turns a second, p50 and p99, what was met, what went wrong, and the bot's memory before and after."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MicrosoftApp")}
        environ |= {"BIND_ADDRESS": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "ERROR"}
        environ |= {"STATE_PATH": str(Path(folder) / "state.sqlite3")}
        # its log tells of every fault that it met
        bot_of = process(["-m", "tests.bench.faulty_bot", str(STORE_FAILS)], port, environ, log=Path(folder) / "log")
        with bot_of as bot:
            asyncio.run(_rounds(f"http://127.0.0.1:{port}/api/messages", bot, seconds, loads))


async def _rounds(url: str, bot: int, seconds: float, loads: Sequence[int]) -> None:
    row(f"store fails in {STORE_FAILS:.0%}", "turns/s", "p50", "p99", "late, lost", "wrong", "memory")
    for number, conversations in enumerate(loads):
        channel = Channel()
        runner = web.AppRunner(channel.app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        channel.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        before = _memory(bot)
        found = Round()
        options = {"timeout": ClientTimeout(total=60), "connector": TCPConnector(limit=0)}
        async with ClientSession(**options) as session, asyncio.TaskGroup() as people:
            ends = time.perf_counter() + seconds
            for person in range(conversations):
                name = f"{number}-{person}"
                people.create_task(_talk(name, url, channel, session, ends, found))
        found.seconds += time.perf_counter() - ends + seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await asyncio.gather(*(one.wait() for one in channel.answered.values()))
        lost = sum(not one.is_set() for one in channel.answered.values())
        await runner.cleanup()
        wrong = {what: count for what, count in channel.wrong.items() if count}
        row(
            f"{conversations} conversation{'s' if conversations > 1 else ''}",
            f"{len(found.taken) / found.seconds:.0f}/s",
            ms(median(found.taken)),
            ms(find_percentile(sorted(found.taken), 0.99)),
            f"{found.late}, {lost}",
            str(sum(wrong.values())),
            f"{before} to {_memory(bot)}",
        )
        met = ", ".join(f"{name} {count}" for name, count in sorted(channel.met.items()))
        row(f"  the channel: {met}; messages delivered again {found.redelivered}")
        if wrong:
            row(f"  WRONG: {wrong}")


async def _talk(name: str, url: str, channel: Channel, session: ClientSession, ends: float, found: Round) -> None:
    turn = 0
    while time.perf_counter() < ends:
        for says in SAYS:
            activity = f"{name}.{70_000_000 + turn}"
            text = error_text().replace(MARK, activity.rpartition(".")[2]) if says == "PASTE" else says
            arrived = channel.answered[activity] = asyncio.Event()
            began = time.perf_counter()
            await _deliver(_body(name, activity, text, channel.url), url, session, found)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await arrived.wait()
            if arrived.is_set():
                del channel.answered[activity]
            found.late += not arrived.is_set()
            found.taken.append(time.perf_counter() - began)
            turn += 1


async def _deliver(body: bytes, url: str, session: ClientSession, found: Round) -> None:
    """Post an activity until it is taken, as a channel would; that its reply waits is not a reason to repeat it."""
    while True:
        with contextlib.suppress(ClientError, TimeoutError):
            async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
                await response.read()
            if response.status < 300 or response.status == 502:
                return
        found.redelivered += 1
        await asyncio.sleep(0.05)


def _body(name: str, activity: str, text: str, service: str) -> bytes:
    return json.dumps(
        {
            "type": "message", "id": activity, "channelId": "msteams", "serviceUrl": service, "text": text,
            "from": {"id": f"29:{name}", "name": "Megan"}, "recipient": {"id": "28:bench"}, "locale": "en-US",
            "conversation": {"id": name, "conversationType": "personal", "tenantId": "bench"},
        }
    ).encode()  # fmt: skip


def _memory(pid: int) -> str:
    """What a process has resident; "?" where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "?"
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return f"{kilobytes // 1024} MB"
