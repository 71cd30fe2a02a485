"""An installation from outside: the bot as a process, the Teams service that it answers to, people who talk to it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from aiohttp import ClientSession, ClientTimeout, web

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120.0
"""How long anything that a test waits for may take."""
GROUP = {"conversationType": "channel", "isGroup": True}


@dataclass(frozen=True)
class Sent:
    """An activity that the bot sent: where to, its id, the activity that it took the place of or answers."""

    conversation: str
    id: str
    method: str
    to: str
    activity: Json

    @property
    def card(self) -> Json | None:
        """The card that it shows, if it shows one."""
        return next(
            (one["content"] for one in self.activity.get("attachments", ()) if "adaptive" in one["contentType"]), None
        )

    @property
    def text(self) -> str:
        """What a person without cards reads."""
        return (self.card or {}).get("fallbackText") or self.activity.get("text") or self.activity.get("summary") or ""


@dataclass
class Service:
    """The Teams service: it records what the bot sends; `earlier` is what an earlier version sent.

    `refused` are conversations that it answers with 503, `held` those that it leaves without an answer.
    """

    earlier: list[Sent] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    attempts: list[str] = field(default_factory=list)
    collected: dict[str, list[bytes]] = field(
        default_factory=lambda: {"/v1/metrics": [], "/v1/traces": [], "/v1/logs": []}
    )
    url: str = ""
    _happened: asyncio.Event = field(default_factory=asyncio.Event)

    def environ(self, **more: str) -> dict[str, str]:
        """The settings for state in blobs: a managed identity whose tokens this service issues."""
        return {"IDENTITY_ENDPOINT": f"{self.url}/token", "IDENTITY_HEADER": "any", **more}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/token", self._token)
        app.router.add_post("/v1/{signal}", self._collect)
        app.router.add_post("/_connector/v3/conversations", self._open)
        app.router.add_route("*", "/_connector/v3/conversations/{conversation}/activities{rest:.*}", self._take)
        return app

    def messages(self, conversation: str) -> list[Sent]:
        """The messages of a conversation, in order of arrival, without those of an earlier version."""
        return [one for one in self.sent if one.conversation == conversation and one.activity["type"] == "message"]

    async def until(self, there: Callable[[], Any], what: str) -> Any:
        """Wait until `there` returns something, and return it."""
        try:
            async with asyncio.timeout(SECONDS):
                while not (found := there()):
                    self._happened.clear()
                    await self._happened.wait()
        except TimeoutError:
            raise AssertionError(f"nothing came: {what}") from None
        return found

    async def _take(self, request: web.Request) -> web.Response:
        conversation, activity = request.match_info["conversation"], await request.json()
        self.attempts.append(conversation)
        self._happened.set()
        if conversation in self.held:
            await asyncio.sleep(3600)
        if conversation in self.refused:
            return web.json_response({"error": {"code": "ServiceUnavailable"}}, status=503)
        to = request.match_info["rest"].strip("/")
        identifier = to if request.method == "PUT" else f"sent-{len(self.earlier) + len(self.sent)}"
        self.sent.append(Sent(conversation, identifier, request.method, to, activity))
        return web.json_response({"id": identifier}, status=201)

    async def _open(self, request: web.Request) -> web.Response:
        """Open the private chat with a person."""
        [member] = (await request.json())["members"]
        return web.json_response({"id": f"a:private of {member['id'].removeprefix('29:')}"}, status=201)

    async def _collect(self, request: web.Request) -> web.Response:
        """Keep what telemetry sends."""
        self.collected[request.path].append(await request.read())
        return web.Response()

    async def _token(self, request: web.Request) -> web.Response:
        """What a managed identity gets; Azurite looks at who issued a token, not at its signature."""
        now = int(time.time())
        claims = {
            "aud": request.query["resource"], "iss": "https://sts.windows.net/contoso/", "iat": now, "nbf": now - 60,
            "exp": now + 86_400, "oid": "bot",
        }  # fmt: skip
        token = jwt.encode(claims, "any" * 12, "HS256")
        return web.json_response(
            {"access_token": token, "expires_on": claims["exp"], "resource": claims["aud"], "token_type": "Bearer"}
        )


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[Service]:
    """Serve one until the block ends."""
    service = Service()
    runner = web.AppRunner(service.app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
        # connections to a bot that was killed are closed in a later round of the event loop
        await asyncio.sleep(0.05)


@dataclass
class Bot:
    """The bot as a separate process."""

    process: subprocess.Popen[str]
    url: str
    service: Service
    session: ClientSession
    lines: list[str]

    async def post(self, activity: Json) -> tuple[int, Json | str]:
        """Send an activity; the status and the body that it is answered with."""
        async with self.session.post(f"{self.url}/api/messages", json=activity) as response:
            return response.status, await (response.json() if "json" in response.content_type else response.text())

    async def stop(self) -> int:
        """Ask it to end, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, SECONDS)

    async def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait)


def _started(environ: Json, command: Sequence[str], root: Path) -> tuple[int, subprocess.Popen[str]]:
    """Start the bot on its own port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return port, subprocess.Popen(
        [sys.executable, *command],
        cwd=root, env={**os.environ, "PORT": str(port), "RATE_PER_MINUTE": "60000", **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


@asynccontextmanager
async def running(
    service: Service, environ: Json, command: Sequence[str] = ("app.py", "serve", "--sandbox"), root: Path = ROOT
) -> AsyncIterator[Bot]:
    """Start the bot with its state where `environ` says, and stop it after the block."""
    port, process = _started(environ, command, root)
    lines: list[str] = []
    listens = threading.Event()

    def read() -> None:
        for line in process.stdout or ():
            lines.append(line)
            if "listens at" in line:
                listens.set()
        listens.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        await asyncio.to_thread(listens.wait, SECONDS)
        assert any("listens at" in line for line in lines), "".join(lines)
        async with ClientSession(timeout=ClientTimeout(total=SECONDS)) as session:
            yield Bot(process, f"http://127.0.0.1:{port}", service, session, lines)
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stdout:
            process.stdout.close()
        print("".join(lines))


@dataclass
class Chat:
    """A person who talks to the bot, alone with it or in a channel."""

    bot: Bot
    name: str
    locale: str = "en-US"
    where: Json = field(default_factory=dict)
    posted: int = 0

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return str(self.where.get("id", f"a:{self.name}"))

    def activity(self, **more: Any) -> Json:
        """An activity with its own id, unless `more` has one."""
        self.posted += 1
        return {
            "type": "message",
            "id": f"{time.time_ns()}-{self.posted}",
            "channelId": "msteams",
            "serviceUrl": f"{self.bot.service.url}/_connector",
            "from": {
                "id": f"29:{self.name}",
                "name": "Ada Lovelace",
                "aadObjectId": "3c2d1e0f-5b4a-4c6d-8e7f-90a1b2c3d4e5",
            },
            "recipient": {"id": "28:bot", "name": "Image Medic"},
            "conversation": {
                "id": self.conversation,
                "conversationType": "personal",
                "tenantId": "contoso",
                **self.where,
            },
            "channelData": {"tenant": {"id": "contoso"}},
            "locale": self.locale,
            **more,
        }

    async def take(self, **more: Any) -> list[Sent]:
        """Post an activity; what the bot sends because of it."""
        before = len(self.messages)
        status, body = await self.bot.post(self.activity(**more))
        assert status == 201, body
        return self.messages[before:]

    async def say(self, text: str, **more: Any) -> list[Sent]:
        """Write a message."""
        return await self.take(text=text, **more)

    async def press(self, do: str, fields: Json | None = None, **args: Any) -> list[Sent]:
        """Press a button on one of the conversation's cards, the newest first."""
        sent, data = self.button(do, **args)
        filled = {one["id"]: one.get("value", "") for one in inputs(sent.card)} if fields is not None else {}
        return await self.take(value={**filled, **(fields or {}), **data}, replyToId=sent.id)

    def button(self, do: str, **args: Any) -> tuple[Sent, Json]:
        """The newest card with a button that does this, with these arguments, and what the button sends."""
        earlier = [one for one in self.bot.service.earlier if one.conversation == self.conversation]
        shown = [*earlier, *self.messages]
        for sent in reversed(shown):
            for data in buttons(sent.card):
                if data["do"] == do and args.items() <= data["args"].items():
                    return sent, data
        raise AssertionError(f"no button {do} {args} among {[buttons(one.card) for one in shown]}")

    @property
    def messages(self) -> list[Sent]:
        """What came into the conversation, in order."""
        return self.bot.service.messages(self.conversation)

    async def told(self, words: str) -> Sent:
        """Wait for a message with these words."""
        try:
            return await self.bot.service.until(
                lambda: next((one for one in self.messages if words in one.text), None), f"{words!r} in {self.name}"
            )
        except AssertionError as error:
            raise AssertionError(f"{error}, only {[one.text for one in self.messages]}") from None


def elements(value: object) -> Iterator[Json]:
    """Every object inside a JSON value, itself first."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from elements(item)


def buttons(card: Json | None) -> list[Json]:
    """What each button of a card sends."""
    return [one["data"] for one in elements(card) if one.get("type") == "Action.Submit"]


def inputs(card: Json | None) -> list[Json]:
    """The inputs of a card, each once."""
    found = {one["id"]: one for one in elements(card) if str(one.get("type")).startswith("Input.")}
    return list(found.values())
