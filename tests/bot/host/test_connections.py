"""Strangers who connect and stay silent, or send what isn't HTTP, keep nobody out and fill no log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout

from bot.host.connections import ConnectionGuard, ConnectionLimits
from bot.host.http_server import listen
from bot.host.settings import Settings
from tests.bot.stand_ins import Chat, build_local_app

ROOT = Path(__file__).resolve().parents[3]
SILENT = 300
DESCRIPTORS = 256


@asynccontextmanager
async def listening(chat: Chat, limits: ConnectionLimits) -> AsyncIterator[tuple[str, int]]:
    """Serve the chat's bot a second time, within `limits`."""
    runner = await listen(build_local_app(chat.turns, chat.store), Settings(port=0, connections=limits))
    yield "127.0.0.1", runner.addresses[0][1]
    await runner.cleanup()


async def get_health(port: int, head: bytes = b"") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head or b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    await close(writer)
    return answer


async def close(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_the_longest_silent_connection_makes_room_for_a_new_one(chat: Chat) -> None:
    async with listening(chat, ConnectionLimits(max_connections=8)) as (host, port):
        silent = [await asyncio.open_connection(host, port) for _ in range(8)]
        assert (await get_health(port)).startswith(b"HTTP/1.1 200")
        with contextlib.suppress(ConnectionResetError):
            assert await silent[0][0].read(1) == b""
        # the others still can be used
        reader, writer = silent[-1]
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await close(*(writer for _, writer in silent))


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: loc"])
async def test_a_head_that_does_not_come_in_time_ends_the_connection(chat: Chat, sent: bytes) -> None:
    async with listening(chat, ConnectionLimits(head_timeout_seconds=0.05)) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent)
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        await close(writer)


async def test_a_second_head_has_time_from_its_first_byte_on(chat: Chat) -> None:
    async with listening(chat, ConnectionLimits(head_timeout_seconds=0.3)) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"ok" in await reader.readuntil(b"}")
        # no head has begun: a proxy may keep the connection
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.6)
        writer.write(b"GET /hea")
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        await close(writer)


async def test_a_request_that_takes_long_is_not_taken_for_silence(chat: Chat) -> None:
    begun, free = asyncio.Event(), asyncio.Event()

    async def wait(turn: Any) -> None:
        begun.set()
        await free.wait()

    chat.conversation.first = wait
    async with listening(chat, ConnectionLimits(max_connections=2, head_timeout_seconds=0.05)) as (_, port):
        url = f"http://127.0.0.1:{port}/api/messages"
        answering = asyncio.create_task(chat.session.post(url, json=chat.activity("slow")))
        await begun.wait()
        for _ in range(4):
            assert (await get_health(port)).startswith(b"HTTP/1.1 200")
        free.set()
        assert (await answering).status == 201


MALFORMED = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nhunter2 hunter2\r\n\r\n",
    b"GET / HTTP/1.1\r\nAuthorization: Bearer " + b"hunter2" * 2000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"A" * 20_000,
]


async def test_what_is_not_http_is_counted_and_not_repeated(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with listening(chat, ConnectionLimits()) as (_, port):
        for sent in MALFORMED:
            answer = await get_health(port, sent)
            assert b" 400 " in answer.splitlines()[0]
            assert b"hunter2" not in answer
    assert [record.levelname for record in caplog.records if record.levelno > logging.INFO] == []
    assert "1 malformed requests" in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_body_that_is_not_encoded_as_announced_is_refused(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    async with listening(chat, ConnectionLimits()) as (_, port):
        for encoding in (b"gzip", b"deflate"):
            answer = await get_health(
                port, head + b"Content-Encoding: " + encoding + b"\r\nContent-Length: 4\r\n\r\nnope"
            )
            assert answer.startswith(b"HTTP/1.1 400")
            assert b"isn't encoded as" in answer
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


class Connection:
    """A connection of which only the guard's side is there."""

    def __init__(self, idle_since: float = 0.0, is_idle: bool = True, has_served: bool = False) -> None:
        self.idle_since, self.is_idle, self.has_served = idle_since, is_idle, has_served
        self.is_closed = False

    def abort(self) -> None:
        self.is_closed = True


PUBLIC, OTHER, PROXY = "13.107.136.10", "52.112.0.1", "10.0.0.4"


def admit(guard: ConnectionGuard, peer: str, *connections: Connection) -> list[bool]:
    return [guard.admit(connection, peer) for connection in connections]  # type: ignore[arg-type]


def test_one_public_address_takes_no_more_than_its_share() -> None:
    guard = ConnectionGuard(ConnectionLimits(max_connections=100, max_per_address=3))
    busy = [Connection(is_idle=False) for _ in range(3)]
    assert admit(guard, PUBLIC, *busy, Connection()) == [True, True, True, False]
    assert admit(guard, OTHER, Connection()) == [True]
    assert guard.counts["refused"] == 1
    # its own idle connection makes room, nobody else's
    guard.remove(busy[0])  # type: ignore[arg-type]
    idle = Connection(5)
    assert admit(guard, PUBLIC, idle, Connection(6)) == [True, True]
    assert idle.is_closed


def test_a_proxy_that_brings_everyone_has_no_share() -> None:
    guard = ConnectionGuard(ConnectionLimits(max_connections=100, max_per_address=3))
    assert all(admit(guard, PROXY, *(Connection(is_idle=False) for _ in range(100))))
    assert admit(guard, PROXY, Connection()) == [False]


def test_those_who_never_sent_a_request_go_first_then_those_of_whom_there_are_most() -> None:
    guard = ConnectionGuard(ConnectionLimits(max_connections=5))
    served, silent = Connection(1, has_served=True), Connection(9)
    many = [Connection(n, has_served=True) for n in (3, 2)]
    admit(guard, OTHER, served, silent)
    admit(guard, PUBLIC, *many, Connection(4, is_idle=False))
    assert admit(guard, OTHER, Connection(10, is_idle=False)) == [True]
    assert [connection.is_closed for connection in (served, silent, *many)] == [False, True, False, False]
    admit(guard, OTHER, Connection(11, is_idle=False))
    assert [connection.is_closed for connection in (served, *many)] == [False, False, True]


def test_the_counts_are_logged_at_most_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = 0.0
    guard = ConnectionGuard(ConnectionLimits(), clock=lambda: now)
    for _ in range(1000):
        guard.count("malformed")
    now = 60.0
    guard.count("refused")
    assert [(record.levelname, record.getMessage().split(", ")[-1]) for record in caplog.records] == [
        ("INFO", "1 malformed requests."),
        ("WARNING", "999 malformed requests."),
    ]


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="descriptors have no limit there")
async def test_silent_connections_beyond_the_descriptors_keep_nobody_out(tmp_path: Path) -> None:
    """300 connections that send nothing, where the process may open 256 files: a good request is answered at once."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", f"ulimit -n {DESCRIPTORS}; exec {sys.executable} app.py serve", cwd=ROOT,
        env={**os.environ, "PORT": str(port), "STATE_PATH": str(tmp_path / "s")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert b"listens at" in await process.stdout.readline()
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(SILENT)]
    started = time.monotonic()
    async with (
        ClientSession(timeout=ClientTimeout(total=10)) as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as response,
    ):
        assert response.status == 200
    # a second on an idle machine; a busy one may be slow
    assert time.monotonic() - started < 5
    await close(*(writer for _, writer in silent))
    process.terminate()
    _, log = await process.communicate()
    assert process.returncode == 0
    assert b"ERROR" not in log
