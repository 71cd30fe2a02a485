"""The server from outside: what it refuses, its error messages, and how it starts, stops, and restarts."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientConnectionError, ClientSession, ClientTimeout

from bot.auth.loopback import is_loopback_url
from bot.errors import StartError
from bot.host.http_server import MAX_BODY_BYTES, listen
from bot.host.settings import Settings
from tests.bot.stand_ins import Chat, FakeTeams

ROOT = Path(__file__).resolve().parents[3]


def without(body: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in keys}


JSON = {"Content-Type": "application/json"}
BODIES: list[tuple[str, Any, int, str]] = [
    ("not JSON", b"{", 400, "not JSON"),
    ("nothing", b"", 400, "not JSON"),
    ("not UTF-8", b'{"type": "\xff"}', 400, "not JSON"),
    ("nested without end", b"[" * 100_000, 400, "not JSON"),
    ("an endless number", b"9" * 5000, 400, "not JSON"),
    ("an array", [], 400, "must be a JSON object"),
    ("a text", "hello", 400, "must be a JSON object"),
    ("null", None, 400, "must be a JSON object"),
    ("no type", lambda body: without(body, "type"), 400, "no `type`"),
    ("a type that is a number", lambda body: body | {"type": 5}, 400, "no `type`"),
    ("no channel", lambda body: without(body, "channelId"), 400, "must be msteams"),
    ("another channel", lambda body: body | {"channelId": "slack"}, 400, "must be msteams"),
    ("no conversation", lambda body: without(body, "conversation"), 400, "conversation.id must be"),
    ("a conversation in words", lambda body: body | {"conversation": "a:1"}, 400, "conversation.id must be"),
    ("a conversation without id", lambda body: body | {"conversation": {}}, 400, "conversation.id must be"),
    ("an id with a line end", lambda body: body | {"conversation": {"id": "a\n"}}, 400, "conversation.id must be"),
    ("an id with half a pair", lambda body: body | {"conversation": {"id": "\ud800" * 600}}, 400, "conversation"),
    ("nobody", lambda body: without(body, "from"), 400, "from.id must be"),
    ("a person with a number", lambda body: body | {"from": {"id": 5}}, 400, "from.id must be"),
    ("a long person", lambda body: body | {"from": {"id": "x" * 513}}, 400, "from.id must be"),
    ("a tenant that is a list", lambda body: body | {"channelData": {"tenant": {"id": ["x"]}}}, 400, "tenant id must"),
    ("no service", lambda body: without(body, "serviceUrl"), 400, "no `serviceUrl`"),
    ("a service elsewhere", lambda body: body | {"serviceUrl": "https://example.com/emea/"}, 403, "elsewhere"),
    ("odd but good types", lambda body: body | {"locale": 5, "recipient": "x", "id": {}, "entities": 1}, 201, ""),
    ("unknown extras", lambda body: body | {"conversation": {"id": "a:1", "x": {}}, "x": [1]}, 201, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "made", "status", "said"), BODIES, ids=[row[0] for row in BODIES])
async def test_a_body_is_served_or_refused_in_words(chat: Chat, name: str, made: Any, status: int, said: str) -> None:
    body = made(chat.activity("hi")) if callable(made) else made
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with chat.session.post(f"{chat.url}/api/messages", data=raw, headers=JSON) as response:
        text = await response.text()
    assert response.status == status
    assert said in text
    assert "Traceback" not in text
    assert len(chat.teams.messages) == (status == 201)


async def test_another_content_type_is_refused(chat: Chat) -> None:
    body = json.dumps(chat.activity("hi")).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json-patch+json"):
        async with chat.session.post(f"{chat.url}/api/messages", data=body, headers={"Content-Type": kind}) as response:
            assert response.status == 415
            assert "application/json" in await response.text()
    good = {"Content-Type": "application/json; charset=utf-8"}
    async with chat.session.post(f"{chat.url}/api/messages", data=body, headers=good) as response:
        assert response.status == 201


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(chat: Chat, chunked: bool) -> None:
    raw = json.dumps(chat.activity("x" * MAX_BODY_BYTES)).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(raw), 65536):
            yield raw[at : at + 65536]

    data = pieces() if chunked else io.BytesIO(raw)
    async with chat.session.post(f"{chat.url}/api/messages", data=data, headers=JSON) as response:
        assert response.status == 413
        assert "at most 1500 KB" in await response.text()


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Host": "bot.example.com"}, "Host header"),
        ({"Host": "127.0.0.1.example.com:3978"}, "Host header"),
        ({"Host": "10.0.0.1"}, "Host header"),
        ({"Host": ""}, "Host header"),
        ({"Host": "user@localhost"}, "Host header"),
        ({"Origin": "https://example.com"}, "Origin header"),
        ({"Origin": "null"}, "Origin header"),
        ({"X-Forwarded-For": "203.0.113.7"}, "forwarded"),
        ({"Forwarded": "for=203.0.113.7"}, "forwarded"),
    ],
)
async def test_a_caller_from_another_host_is_refused_everywhere(chat: Chat, headers: dict[str, str], said: str) -> None:
    for path in ("/api/messages", "/healthz", "/readyz", "/"):
        options: dict[str, Any] = {"json": chat.activity("hi")} if path == "/api/messages" else {}
        method = "POST" if options else "GET"
        async with chat.session.request(method, chat.url + path, headers=headers, **options) as response:
            assert response.status == 403, path
            assert said in await response.text(), path
    assert chat.conversation.heard == []


@pytest.mark.parametrize("host", ["localhost", "localhost:3978", "127.0.0.1", "[::1]:3978", "LOCALHOST"])
async def test_a_caller_of_this_machine_is_served(chat: Chat, host: str) -> None:
    async with chat.session.get(
        f"{chat.url}/healthz", headers={"Host": host, "Origin": "http://localhost:56150"}
    ) as response:
        assert response.status == 200
        assert await response.json() == {"status": "ok"}


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:56150/_connector",
        "http://127.0.0.1",
        "https://127.0.0.1:443/",
        "http://[::1]:1/a/b",
        "http://127.8.8.8",
    ],
)
def test_a_service_on_this_machine_is_answered(url: str) -> None:
    assert is_loopback_url(url)


ELSEWHERE = [
    "",
    "localhost",
    "//localhost",
    "ftp://localhost",
    "file:///etc/passwd",
    "http://",
    "http://localhost.example.com",
    "http://example.com",
    "http://127.0.0.1@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1\\.example.com",
    "http://localhost#@example.com",
    "http://localhost?@example.com",
    "http://localhost /",
    "http://localhost\n.example.com",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:10.0.0.1]",
    "http://127.1",
    "http://2130706433",
    "http://localhost/%2e",
    "http://169.254.169.254/",
    "http://127.0.0.256",
    "http://127.0.0.1:port",
    "http://localhost/" + "a" * 600,
]


def test_a_service_elsewhere_is_not() -> None:
    assert [url for url in ELSEWHERE if is_loopback_url(url)] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/api/messages", 405, "Use POST here"),
        ("PUT", "/healthz", 405, "Use GET"),
        ("GET", "/nothing", 404, "POST /api/messages"),
        ("GET", "/", 200, "Image Medic is running"),
    ],
)
async def test_wrong_ways_are_shown_the_right_one(chat: Chat, method: str, path: str, status: int, said: str) -> None:
    async with chat.session.request(method, chat.url + path) as response:
        assert response.status == status
        assert said in await response.text()


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("adaptiveCard/action", 200, "Type help"),
        ("message/submitAction", 501, "Type help"),
        ("task/fetch", 501, "Type help"),
    ],
)
async def test_an_invoke_is_answered_in_words(chat: Chat, name: str, status: int, said: str) -> None:
    response = await chat.post(chat.activity(type="invoke", name=name, value={"action": {"verb": "x"}}))
    assert response.status == status
    assert said in json.dumps(await response.json())


async def test_without_credentials_the_bot_is_ready_as_soon_as_it_serves(chat: Chat) -> None:
    async with chat.session.get(f"{chat.url}/readyz") as response:
        assert (response.status, await response.json()) == (200, {"status": "ready"})


async def test_credentials_are_not_taken_for_more_than_they_are(chat: Chat) -> None:
    """Without credentials no token can be checked; a caller who sends one must not think that it was."""
    response = await chat.post(chat.activity("hi"), headers={"Authorization": "Bearer a.b.c"})
    assert response.status == 401
    assert chat.conversation.heard == []


async def test_a_store_that_fails_is_seen_by_people_and_by_watchers(chat: Chat) -> None:
    await chat.store.close()
    [said] = await chat.send("hi")
    assert said.startswith("I can't save our conversation right now")
    async with chat.session.get(f"{chat.url}/readyz") as response:
        assert (response.status, await response.json()) == (503, {"status": "not ready", "missing": ["state"]})
    # a restart wouldn't mend it
    async with chat.session.get(f"{chat.url}/healthz") as response:
        assert response.status == 200


async def refusing_callers(chat: Chat) -> None:
    """Return once no one new can connect."""
    host, port = chat.url.removeprefix("http://").split(":")
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except ConnectionError:
            return
        writer.close()


async def test_a_stop_lets_running_turns_finish(chat: Chat) -> None:
    begun, free = asyncio.Event(), asyncio.Event()

    async def wait(turn: Any) -> None:
        begun.set()
        await free.wait()

    chat.conversation.first = wait
    turn = asyncio.create_task(chat.send("last words"))
    await begun.wait()
    stopped = asyncio.create_task(chat.runner.cleanup())
    await refusing_callers(chat)
    free.set()
    assert await turn == ["1 heard last words"]
    await stopped


async def test_a_port_in_use_is_one_sentence_with_a_way_out(chat: Chat) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError) as caught:
            await listen(chat.runner.app, Settings(port=port))
    assert f"Port {port} of 127.0.0.1 cannot be used: another program is already listening there." in str(caught.value)
    assert "choose another port: PORT=" in str(caught.value)


_PROGRAM = """
import asyncio, os, sys
from dataclasses import dataclass
from types import SimpleNamespace
from bot.host.conversation import load_knowledge
import bot.host.run
from bot.host.settings import read_settings
from dialogs.model.reply import Paragraph, Reply, parse_markup
from tests.patching import set_existing
from tests.turns import text_of

@dataclass
class Result:
    state: dict
    replies: tuple
    effects: tuple = ()
    usage_events: tuple = ()

class FakeConversation:
    async def answer_turn(self, turn, state):
        step = (state or {}).get("step", 0) + 1
        if text_of(turn) == "hang":
            print("hanging", flush=True)
            await asyncio.Event().wait()
        return Result({"step": step}, (Reply((Paragraph(parse_markup(f"Step {step}")),)),))

services = SimpleNamespace(conversation=FakeConversation(), message_extension=None)
set_existing(bot.host.run, "build_dialog_services", lambda *_: services)
sys.exit(asyncio.run(bot.host.run.serve(read_settings(os.environ), load_knowledge())))
"""


class Program:
    """The bot as its own process on `port`, which can be killed and started again."""

    def __init__(self, folder: Path, teams: FakeTeams, session: ClientSession) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environ = {**os.environ, "PORT": str(self.port), "STATE_PATH": str(folder / "state" / "s.sqlite3")}
        self.teams, self.session = teams, session
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROGRAM, cwd=ROOT, env=self.environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return self.process

    async def said(self, part: str) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if part in line.decode():
                return line.decode()
        raise AssertionError((await self.process.stderr.read()).decode() if self.process.stderr else "")

    async def send(self, text: str) -> int:
        body = {
            "type": "message", "id": uuid4().hex, "channelId": "msteams", "serviceUrl": self.teams.url, "text": text,
            "from": {"id": "u"}, "conversation": {"id": "c"},
        }  # fmt: skip
        async with self.session.post(f"http://127.0.0.1:{self.port}/api/messages", json=body) as response:
            return response.status


@pytest_asyncio.fixture
async def program(tmp_path: Path, teams: FakeTeams) -> AsyncIterator[Program]:
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        program = Program(tmp_path, teams, session)
        yield program
        if program.process is not None and program.process.returncode is None:
            program.process.kill()
            await program.process.communicate()


@pytest.mark.real
async def test_a_walk_goes_on_after_a_kill(program: Program) -> None:
    process = await program.start()
    await program.said("listens at")
    assert await program.send("one") == 201
    assert await program.send("two") == 201
    hanging = asyncio.create_task(program.send("hang"))
    await program.said("hanging")
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    with pytest.raises(ClientConnectionError):
        await hanging

    await program.start()
    await program.said("listens at")
    assert await program.send("three") == 201
    assert program.teams.messages == ["Step 1", "Step 2", "Step 3"]


@pytest.mark.real
async def test_what_a_killed_process_still_had_to_send_is_sent_when_it_starts(program: Program) -> None:
    await program.start()
    await program.said("listens at")
    program.teams.refuse = lambda activity: 503
    assert await program.send("one") == 502
    assert program.process is not None
    program.process.kill()
    await program.process.communicate()

    program.teams.refuse = lambda activity: None
    program.teams.arrived.clear()
    await program.start()
    async with asyncio.timeout(30):
        await program.teams.arrived.wait()
    assert program.teams.messages == ["Step 1"]


@pytest.mark.real
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order(program: Program, how: signal.Signals) -> None:
    process = await program.start()
    await program.said("listens at")
    process.send_signal(how)
    out, err = await process.communicate()
    assert process.returncode == 0
    assert out.decode() == "Stopping once the running turns are finished.\n"
    assert err.decode() == ""


@pytest.mark.real
async def test_a_taken_port_ends_the_program_with_one_line(program: Program) -> None:
    with socket.create_server(("127.0.0.1", program.port)):
        process = await program.start()
        out, err = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    assert err.decode().startswith(f"Port {program.port} of 127.0.0.1 cannot be used")
    assert err.decode().count("\n") == 1


@pytest.mark.real
async def test_state_that_cannot_be_kept_ends_the_program_with_one_line(program: Program, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    process = await program.start()
    _, err = await process.communicate()
    assert process.returncode == 1
    assert err.decode().startswith("State cannot be kept in")
    assert err.decode().count("\n") == 1


@pytest.mark.real
async def test_a_second_server_says_who_holds_the_state_and_ends(program: Program) -> None:
    first = await program.start()
    await program.said("listens at")
    program.environ["PORT"] = str(program.port - 1)
    second = await program.start()
    _, err = await second.communicate()
    assert second.returncode == 1
    assert f"is in use by another server: process {first.pid} on {socket.gethostname()} since 20" in err.decode()
    assert err.decode().count("\n") == 1
    first.kill()
    await first.communicate()
    # however the first one ended, the next may start
    await program.start()
    await program.said("listens at")
