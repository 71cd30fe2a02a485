"""For killing the real server often: a parent that forks it again, people who talk to it, a channel, and a check."""

from __future__ import annotations

import asyncio
import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, web

from bot.turns.conversation_document import MAX_CRASHED_SENDS

ROOT = Path(__file__).resolve().parents[2]

PARENT = """
import asyncio, functools, os, sys, threading
import bot.turns.outbox
from dataclasses import dataclass
import bot.teams.botframework.connector, bot.turns.persisted_turns, bot.turns.turn_effects, bot.host.run, bot.turns.job_runner
import bot.host.conversation
from bot.host.conversation import DialogServices, load_knowledge
from bot.turns.outbox import DeliveryPolicy
from bot.turns.turn_runner import TurnLimits
from bot.host.settings import read_settings
from dialogs.model.reply import Paragraph, Reply, parse_markup
from dialogs.model.effects import StartJob
from dialogs.model.job import Job
from tests.turns import report_of, text_of
from tests.patching import set_existing

# so many kills in so few seconds are no fault of what they cut
for module in (bot.turns.persisted_turns, bot.turns.job_runner):
    set_existing(module, "MAX_CRASHED_ATTEMPTS", 10**6)
set_existing(bot.turns.turn_effects, "MAX_PENDING_JOBS", 10**6)

@dataclass
class Result:
    state: dict
    replies: tuple
    effects: tuple = ()
    usage_events: tuple = ()

class FakeConversation:
    async def answer_turn(self, turn, state):
        count = (state or {}).get("turns", 0) + 1
        number, replies = (report.result["number"], 1) if (report := report_of(turn)) else map(int, text_of(turn).split())
        await asyncio.sleep(0 if number % 5 else 0.005)
        said = [f"{count} {number} {n} {replies}" for n in range(replies)]
        shown = tuple(Reply((Paragraph(parse_markup(text)),), summary=text) for text in said)
        return Result({"turns": count}, shown, () if report or number % 3 else (StartJob(Job("w", {"number": number})),))

    async def perform_job(self, person, work, language, progress):
        await asyncio.sleep(0.002)
        return {"number": 1_000_000 + work.args["number"]}

build_services = lambda *_: DialogServices(FakeConversation(), None)
settings, known = read_settings(os.environ), load_knowledge()
lease, label = float(os.environ.get("LEASE", "45")), os.environ.get("LABEL", "")
if lease < 45:
    set_existing(bot.turns.outbox, "LEASE_SECONDS", lease)
    set_existing(bot.turns.persisted_turns, "TURN_LEASE_SECONDS", lease)
if authority := os.environ.get("AUTHORITY"):
    import bot.state.blob_store
    from tests.azurite.service import AnybodyCredential

    set_existing(bot.state.blob_store, "build_credential", lambda identity: AnybodyCredential())
    set_existing(bot.state.blob_store, "BlobStore", functools.partial(bot.state.blob_store.BlobStore, tls=authority))
assert threading.active_count() == 1
for run, _ in enumerate(sys.stdin):
    gate = os.pipe()
    pid = os.fork()
    if pid == 0:
        # so that the lines of both, which share the output, do not mix
        os.read(gate[0], 1)
        connector = bot.teams.botframework.connector
        session = functools.partial(connector.ClientSession, headers={"X-Run": f"{label}{run}"})
        set_existing(connector, "ClientSession", session)
        limits = TurnLimits(
            response_timeout_seconds=0.003 if run % 2 else 8.0,
            delivery=DeliveryPolicy(first_wait_seconds=0.01, sweep_interval_seconds=0.2),
            jobs=bot.turns.job_runner.JobLimits(lease_seconds=lease),
        )
        set_existing(bot.host.run, "TurnLimits", lambda **_: limits)
        set_existing(bot.host.run, "build_dialog_services", build_services)
        os._exit(asyncio.run(bot.host.run.serve(settings, known)))
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
    run: str
    at: float


@dataclass
class Walks:
    """A channel with its people: sends activities until they get a 2xx response, and receives replies, with failures."""

    seed: int
    url: str = ""
    kills: int = 0
    up: dict[str, str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    events: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    sent: dict[str, list[int]] = field(default_factory=dict)
    idle: Counter[str] = field(default_factory=Counter)
    sentences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.any_up = asyncio.Event()
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

    def rose(self, server: Killed) -> None:
        """It listens: people may talk to it."""
        self.up[server.run] = server.url
        self.any_up.set()

    async def kill(self, server: Killed) -> None:
        """End a server in the middle of whatever it does."""
        self.up.pop(server.run, None)
        if not self.up:
            self.any_up.clear()
        await server.kill()
        self.dead.add(server.run)
        self.kills += 1
        for conversation in self.sent:
            self.idle[conversation] += 1

    def stuck(self) -> bool:
        """Whether a conversation had no new reply for so many kills that the next would end its tries."""
        return any(kills >= MAX_CRASHED_SENDS for kills in self.idle.values())

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v3/conversations/{conversation}/activities/{activity}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        activity = await request.json()
        if activity["type"] == "typing":
            return web.json_response({}, status=201)
        self.happen()
        if "summary" not in activity:
            self.sentences.append(activity["text"])
            return web.json_response({"id": "1"}, status=201)
        conversation = request.match_info["conversation"]
        turn, number, place, replies = map(int, activity["summary"].split())
        trouble = self.random.choices(["ok", "later", "unknown"], [90, 5, 5])[0]
        if trouble == "unknown" and (conversation, turn, place) in self._doubted:
            trouble = "ok"  # the channel's own doubts: one a reply, since a second one ends the tries
        taken = trouble == "ok" or (trouble == "unknown" and self.random.random() < 0.5)
        arrival = Arrival(turn, number, place, replies, taken, trouble, request.headers["X-Run"], time.monotonic())
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
                await self.any_up.wait()
                bot = self.random.choice(list(self.up.values()))
                try:
                    async with session.post(f"{bot}/api/messages", json=body) as response:
                        self.happen()
                        if response.status < 300:
                            return
                        assert response.status in (502, 503), await response.text()
                except (ClientError, TimeoutError):
                    await asyncio.sleep(0)
                self.counts["redeliveries"] += 1

        return post


class Killed:
    """The server under a parent that starts it again. `run` is the name of its present life."""

    def __init__(self, parent: subprocess.Popen[str], url: str, label: str) -> None:
        self._parent, self._label = parent, label
        self._runs = 0
        self.url = url
        self.run = ""
        self.pid = 0

    async def start(self) -> None:
        self.run = f"{self._label}{self._runs}"
        self._runs += 1
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


@contextmanager
def parent(folder: Path, label: str = "", **environ: str) -> Iterator[Killed]:
    """A server under a parent, on its own port, with these settings."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {**os.environ, "PORT": str(port), "LOG_LEVEL": "ERROR", "LABEL": label, **environ}
    with (folder / f"stderr{label}").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT], cwd=ROOT, env=own, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
        )  # fmt: skip
        with process:
            try:
                yield Killed(process, f"http://127.0.0.1:{port}", label)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
    print((folder / f"stderr{label}").read_text())


def turns_of(numbers: list[int]) -> list[int]:
    """The turns that come of what was sent: every third leaves a work, which is reported."""
    return numbers + [1_000_000 + number for number in numbers if number % 3 == 0]


def judge(walks: Walks, conversation: str, lease: float = math.inf) -> None:
    """Every turn's replies arrived, in order; what arrived twice did so only if the first time couldn't be known.

    That is so after an unknown outcome, after the end of who had sent it, or when that one was silent for its lease.
    """
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
            silent = arrival.at - before.at > lease / 2 and arrival.run != before.run
            why = before.answer if before.answer != "ok" else "a kill" if before.run in walks.dead else "silence"
            assert why != "silence" or silent
            walks.counts[f"sent again after {why}"] += 1
            walks.counts["taken twice"] += before.taken and arrival.taken
        last[arrival.turn, arrival.place] = arrival
    walks.counts["replies"] += len(last)
