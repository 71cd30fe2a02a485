"""The real server is killed at random moments of random walks: nothing is lost, nothing done twice, replies in order.

Every third turn leaves a work behind, and every other process lets turns of more than 3 ms go on after their requests.
A parent that has everything imported forks the server anew after each SIGKILL, which is why there can be so many.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, web

from bot.envelope import MOST_BREAKS
from tests.bot.stand_ins import serve

ROOT = Path(__file__).resolve().parents[2]
KILLS = 240
CONVERSATIONS = 4
SECONDS = 80
"""A bound, not a measure: it takes ten or so."""

_PARENT = """
import asyncio, functools, os, sys, threading
from dataclasses import dataclass
from types import SimpleNamespace
import bot.connector, bot.kept_turns, bot.left_works, bot.runtime, bot.working
from bot.building import load_knowledge
from bot.delivery import Pace
from bot.settings import read_settings
from dialogs.view import Paragraph, Reply, prose
from dialogs.work import Work

# so many kills in so few seconds are no fault of what they cut
bot.kept_turns.MOST_CUTS = bot.working.MOST_CUTS = bot.left_works.MOST_WORKS = 10**6

@dataclass
class Answer:
    state: dict
    replies: tuple
    work: tuple = ()
    notes: tuple = ()

class Medic:
    async def answer(self, turn, state):
        count = (state or {}).get("turns", 0) + 1
        number, replies = (turn.done.result["number"], 1) if turn.done else map(int, turn.text.split())
        await asyncio.sleep(0 if number % 5 else 0.005)
        said = [f"{count} {number} {n} {replies}" for n in range(replies)]
        shown = tuple(Reply((Paragraph(prose(text)),), summary=text) for text in said)
        return Answer({"turns": count}, shown, () if turn.done or number % 3 else (Work("w", {"number": number}),))

    async def perform(self, person, work, language, progress):
        await asyncio.sleep(0.002)
        return {"number": 1_000_000 + work.args["number"]}

def make(*_):
    return SimpleNamespace(medic=Medic(), asides=None)

settings, known = read_settings(os.environ), load_knowledge()
assert threading.active_count() == 1
for run, _ in enumerate(sys.stdin):
    gate = os.pipe()
    pid = os.fork()
    if pid == 0:
        # so that the lines of both, which share the output, do not mix
        os.read(gate[0], 1)
        session = functools.partial(bot.connector.ClientSession, headers={"X-Run": str(run)})
        bot.connector.ClientSession = session
        hold = 0.003 if run % 2 else 8.0
        pace = Pace(first_wait=0.01, sweep=0.2)
        bot.runtime.Turns = functools.partial(bot.runtime.Turns, pace=pace, hold=hold)
        os._exit(asyncio.run(bot.runtime.serve(settings, known, make=make)))
    print("pid", pid, flush=True)
    os.write(gate[1], b"1")
    os.close(gate[0])
    os.close(gate[1])
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


@dataclass
class Arrival:
    """A reply that reached the channel: its turn and place, what the channel made of it, and which process sent it."""

    turn: int
    number: int
    place: int
    replies: int
    taken: bool
    answer: str
    run: int


@dataclass
class Walks:
    """A channel with its people: sends activities until they are answered with 2xx, takes replies, has its troubles."""

    seed: int
    url: str = ""
    bot: str = ""
    kills: int = 0
    events: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    sent: dict[str, list[int]] = field(default_factory=dict)
    idle: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.up = asyncio.Event()
        self.happened = asyncio.Event()
        self._doubted: set[tuple[str, int, int]] = set()

    def happen(self) -> None:
        self.events += 1
        self.happened.set()

    async def wait_for_events(self, more: int) -> None:
        until = self.events + more
        while self.events < until:
            self.happened.clear()
            await self.happened.wait()

    def killed(self) -> None:
        self.kills += 1
        for conversation in self.sent:
            self.idle[conversation] += 1

    def stuck(self) -> bool:
        """Whether a conversation had no new reply for so many kills that the next would end its tries."""
        return any(kills >= MOST_BREAKS for kills in self.idle.values())

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v3/conversations/{conversation}/activities/{activity}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        activity = await request.json()
        if activity["type"] == "typing":
            return web.json_response({}, status=201)
        self.happen()
        conversation = request.match_info["conversation"]
        turn, number, place, replies = map(int, activity["summary"].split())
        trouble = self.random.choices(["ok", "later", "unknown"], [90, 5, 5])[0]
        if trouble == "unknown" and (conversation, turn, place) in self._doubted:
            trouble = "ok"  # the channel's own doubts: one a reply, since a second one ends the tries
        taken = trouble == "ok" or (trouble == "unknown" and self.random.random() < 0.5)
        arrival = Arrival(turn, number, place, replies, taken, trouble, int(request.headers["X-Run"]))
        earlier = self.arrivals.setdefault(conversation, [])
        if all((turn, place) != (one.turn, one.place) for one in earlier):
            self.idle[conversation] = 0
        earlier.append(arrival)
        if self.random.random() < 0.3:
            await asyncio.sleep(self.random.random() * 0.003)
        self.happen()
        if trouble == "unknown":
            self._doubted.add((conversation, turn, place))
            if self.random.random() < 0.5 and request.transport is not None:
                request.transport.abort()
            return web.json_response({}, status=self.random.choice([502, 504]))
        if trouble == "later":
            return web.json_response({}, status=self.random.choice([429, 412, 503]), headers={"Retry-After": "0"})
        return web.json_response({"id": "1"}, status=201)

    async def walk(self, conversation: str, kills: int, session: ClientSession) -> None:
        """Say things until so many kills are over: one at a time, two at once, or one that is delivered twice."""
        numbers = self.sent.setdefault(conversation, [])
        while self.kills < kills:
            at_once = self.random.choices([1, 2], [8, 2])[0]
            posts = []
            for _ in range(at_once):
                numbers.append(len(numbers))
                text = f"{numbers[-1]} {self.random.choices([1, 2, 3], [5, 3, 1])[0]}"
                posts += [self._deliver(conversation, text, session)] * (1 if self.random.random() < 0.85 else 2)
            await asyncio.gather(*(post() for post in posts))

    def _deliver(self, conversation: str, text: str, session: ClientSession) -> Any:
        body = {
            "type": "message", "id": f"f:{text}", "channelId": "msteams", "serviceUrl": self.url, "text": text,
            "from": {"id": "29:u"}, "recipient": {"id": "28:bot"}, "conversation": {"id": conversation},
        }  # fmt: skip

        async def post() -> None:
            self.counts["deliveries"] += 1
            while True:
                await self.up.wait()
                try:
                    async with session.post(f"{self.bot}/api/messages", json=body) as response:
                        self.happen()
                        if response.status < 300:
                            return
                        assert response.status in (502, 503), await response.text()
                except (ClientError, TimeoutError):
                    await asyncio.sleep(0)
                self.counts["redeliveries"] += 1

        return post


class Killed:
    """The server under a parent that starts it again."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self._parent = parent
        self.pid = 0

    async def start(self) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.write("go\n")
        self._parent.stdin.flush()
        self.pid = int((await self._line("pid ")).split()[1])

    async def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        await self._line("ended")

    async def listens(self) -> None:
        await self._line("listens at")

    async def _line(self, part: str) -> str:
        """The next line with `part`."""
        assert self._parent.stdout is not None
        while line := await asyncio.to_thread(self._parent.stdout.readline):
            if part in line:
                return line
            assert "ended" not in line, "the server ended by itself"
        raise AssertionError("the parent ended")


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[tuple[Killed, str, Path]]:
    if not hasattr(os, "fork"):
        pytest.skip("the server is forked, which only POSIX systems do")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "s.sqlite3"
    environ = {**os.environ, "PORT": str(port), "STATE_PATH": str(path), "LOG_LEVEL": "ERROR"}
    with (tmp_path / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", _PARENT], cwd=ROOT, env=environ, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
        )  # fmt: skip
        with process:
            yield Killed(process), f"http://127.0.0.1:{port}", path
            os.killpg(process.pid, signal.SIGKILL)
    print((tmp_path / "stderr").read_text())


async def test_no_kill_loses_a_turn_does_one_twice_or_mixes_up_replies(
    parent: tuple[Killed, str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    server, bot, path = parent
    walks = Walks(seed=20)
    walks.bot = bot
    runner, walks.url = await serve(walks.app())
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
                walks.up.set()
                await walks.wait_for_events(walks.random.randint(1, 9))
                while walks.stuck():
                    await walks.wait_for_events(1)
                await asyncio.sleep(walks.random.random() * 0.004)
            walks.up.clear()
            await server.kill()
            walks.killed()
        await server.start()
        await server.listens()
        walks.up.set()
    states = await settled(path)
    await runner.cleanup()

    for conversation, numbers in walks.sent.items():
        assert states[conversation] == len(turns_of(numbers))
        judge(walks, conversation)
    with capsys.disabled():
        print(f"\n{walks.kills} kills, {sum(map(len, walks.sent.values()))} activities: {dict(walks.counts)}")


async def settled(path: Path) -> dict[str, int]:
    """Turns by conversation, once no reply waits any more."""
    database = sqlite3.connect(path)
    while database.execute("select count(*) from state where waiting").fetchone()[0]:  # noqa: ASYNC110 - it is another process's
        await asyncio.sleep(0.02)
    rows = database.execute("select key, value from state").fetchall()
    database.close()
    return {key.split("|")[1]: json.loads(value)["medic"]["turns"] for key, value in rows}


def turns_of(numbers: list[int]) -> list[int]:
    """The turns that come of what was sent: every third leaves a work, which is reported."""
    return numbers + [1_000_000 + number for number in numbers if number % 3 == 0]


def judge(walks: Walks, conversation: str) -> None:
    """Every turn's replies arrived, in order; what arrived twice did so where nobody could know of the first time."""
    arrivals = walks.arrivals[conversation]
    taken: list[tuple[int, int]] = []
    numbers: dict[int, int] = {}
    replies: dict[int, int] = {}
    for arrival in arrivals:
        assert numbers.setdefault(arrival.turn, arrival.number) == arrival.number
        replies[arrival.turn] = arrival.replies
        if arrival.taken and taken[-1:] != [(arrival.turn, arrival.place)]:
            taken.append((arrival.turn, arrival.place))
    turns = len(turns_of(walks.sent[conversation]))
    assert taken == [(turn, place) for turn in range(1, turns + 1) for place in range(replies.get(turn, 0))]
    assert sorted(numbers.values()) == turns_of(walks.sent[conversation])

    last: dict[tuple[int, int], Arrival] = {}
    for arrival in arrivals:
        before = last.get((arrival.turn, arrival.place))
        if before:
            walks.counts[f"sent again after {before.answer}"] += 1
            assert before.answer in ("later", "unknown") or arrival.run > before.run
            walks.counts["taken twice"] += before.taken and arrival.taken
        last[arrival.turn, arrival.place] = arrival
    walks.counts["replies"] += len(last)
