"""Simulated people and the connector that receives the replies: both ends of a turn in one process.

A turn begins when an activity is posted and is over when the reply has reached the connector and the request was
answered, by which time a bot has saved what it keeps; then the same person sends the next one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

MARK = "70000000"
"""A placeholder for the turn's number, by which its reply is recognized."""
TURN_SECONDS = 60
"""How long a turn may take before the bot is taken for dead."""


@dataclass
class Load:
    """What one round found. `taken`: the seconds of each turn, sorted; `window`: the seconds in which they ended."""

    window: float = 0.0
    taken: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    busy: float = 0.0
    """The share of the time for which this process was at work: near 1 it is what holds the bot back."""
    cpu: float = 0.0
    """The processor seconds that the bot used for a turn."""

    @property
    def rate(self) -> float:
        """Turns a second."""
        return len(self.taken) / self.window

    def note(self, wrong: str) -> None:
        """Keep what was wrong with a turn, if anything was."""
        if wrong:
            self.wrong.append(wrong)


class Connector:
    """The channel's side, on its own port: answers replies after `away` seconds, and stores each until it's requested."""

    def __init__(self) -> None:
        self.away = 0.0
        self.url = ""
        self._replies: dict[str, bytes] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Connector]:
        """Serve while the block runs."""
        app = web.Application(client_max_size=1_500_000)
        app.router.add_post("/v3/conversations/{conversation}/activities", self._take)
        app.router.add_post("/v3/conversations/{conversation}/activities/{activity}", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            yield self
        finally:
            await runner.cleanup()

    def reply_in(self, conversation: str) -> bytes:
        """The last reply of a conversation, taken out; empty when none came."""
        return self._replies.pop(conversation, b"")

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.away:
            await asyncio.sleep(self.away)
        if b'"typing"' not in body[:300]:
            self._replies[request.match_info["conversation"]] = body
        return web.json_response({"id": "reply"})


class Person:
    """One conversation. Their texts alternate; each of their activities has its own number."""

    _numbers = itertools.count(int(MARK) + 1)

    def __init__(self, name: str, url: str, connector: Connector, texts: Sequence[str], shows: bytes) -> None:
        self._name, self._url, self._connector, self._shows = name, url, connector, shows
        self._bodies = itertools.cycle([self._body(text) for text in texts])

    async def turn(self, session: ClientSession) -> str:
        """Say the next thing and wait for the reply. Returns what was wrong with it, or nothing."""
        number = str(next(self._numbers)).encode()
        body = next(self._bodies).replace(MARK.encode(), number)
        async with session.post(self._url, data=body, headers={"Content-Type": "application/json"}) as response:
            answer = await response.read()
        if response.status not in (200, 201, 202):
            return f"status {response.status}: {answer[:200]!r}"
        reply = self._connector.reply_in(self._name)
        return "" if number in reply and self._shows in reply else f"a reply without {self._shows!r}: {reply[:200]!r}"

    def _body(self, text: str) -> bytes:
        activity = {
            "type": "message",
            "id": f"activity-{MARK}",
            "timestamp": "2026-01-12T08:00:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self._connector.url,
            "from": {"id": f"29:{self._name}", "name": "Megan", "aadObjectId": "9d3c2f58-6f0e-4c3c-8b5a-0f4a6f0c9b11"},
            "conversation": {"id": self._name, "conversationType": "personal", "tenantId": "bench"},
            "recipient": {"id": "28:bench", "name": "Bench"},
            "channelData": {"tenant": {"id": "bench"}},
            "entities": [{"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Windows"}],
            "textFormat": "plain",
            "locale": "en-US",
            "text": text,
        }
        return json.dumps(activity).encode()


async def talk(people: Sequence[Person], seconds: float) -> Load:
    """Let each of them have one turn, which is not counted, and then all talk for `seconds`; begun turns are finished.

    The window ends with the last turn, not after `seconds`: turns that end in droves are counted with their time.
    """
    load = Load()
    begins: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    silent = len(people)

    async def one(person: Person, session: ClientSession) -> None:
        nonlocal silent
        load.note(await person.turn(session))
        silent -= 1
        if silent == 0:
            begins.set_result(time.perf_counter())
        while not begins.done() or time.perf_counter() < begins.result() + seconds:
            began = time.perf_counter()
            load.note(await person.turn(session))
            ended = time.perf_counter()
            if begins.done():
                load.taken.append(ended - began)
                load.window = ended - begins.result()

    timeout = ClientTimeout(total=TURN_SECONDS)
    async with ClientSession(connector=TCPConnector(limit=0), timeout=timeout) as session:
        began, worked = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one(person, session) for person in people))
        load.busy = (time.process_time() - worked) / (time.perf_counter() - began)
    load.taken.sort()
    return load
