"""The server's connections: how many may be open, and how long a caller may take to send the head of a request.

At the limit, a new connection takes the place of an idle one: a stranger who opens connections and stays silent can't
keep others out. Behind a proxy, all callers have its address, so a private address has no separate limit.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.files.public_resolver import is_public

if sys.platform != "win32":
    import resource

HEAD_TIMEOUT_SECONDS = 15.0
"""How long a connection may take for its first head, and for each later one from its first byte on."""
LISTEN_BACKLOG = 1024
"""How many connections the system keeps until they're accepted."""
MAX_ACCEPTED_AT_ONCE = 16
"""How many connections are accepted before others are closed for them: they need descriptors, too."""
RESERVED_DESCRIPTORS = 128
"""File descriptors that connections of callers leave to the rest: state, replies, Azure, and those being accepted."""
MIN_CONNECTIONS = 16
LOG_INTERVAL_SECONDS = 60.0

_UNLIMITED = 1 << 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections may be open, in all and from one public address, and how long a head may take."""

    max_connections: int = 500
    max_per_address: int = 100
    head_timeout_seconds: float = HEAD_TIMEOUT_SECONDS


class ConnectionGuard:
    """Keeps the open connections within `limits`.

    `counts` counts what it did: `closed` (idle ones, for new ones), `refused` (no idle one was left), `late` (no
    head came in time), and `malformed` (requests that aren't HTTP). They're logged at most once a minute.
    """

    def __init__(self, limits: ConnectionLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[str] = Counter()
        self.limits = limits
        self._max_connections = min(limits.max_connections, _count_available_descriptors())
        self._clock = clock
        self._connections: dict[GuardedConnection, str] = {}
        self._peer_sizes: Counter[str] = Counter()
        self._logged_at = -LOG_INTERVAL_SECONDS
        self._logged_counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._connections)

    def admit(self, connection: GuardedConnection, peer: str) -> bool:
        """Admit a new connection from the address `peer`, if need be in the place of an idle one."""
        has_room = len(self._connections) < self._max_connections
        is_peer_full = self._peer_sizes[peer] >= self.limits.max_per_address and is_public(peer)
        if is_peer_full or not has_room:
            idle = [
                (other.has_served, -self._peer_sizes[address], other.idle_since, id(other), other)
                for other, address in self._connections.items()
                if other.is_idle and (address == peer or not is_peer_full)
            ]
            if not idle:
                self.count("refused")
                return False
            # first those that never sent a request, then those of the caller who has the most
            *_, longest_idle = min(idle)
            self.remove(longest_idle)
            longest_idle.abort()
            self.count("closed")
        self._connections[connection] = peer
        self._peer_sizes[peer] += 1
        return True

    def remove(self, connection: GuardedConnection) -> None:
        """Forget a connection that is closed."""
        peer = self._connections.pop(connection, None)
        if peer is not None:
            self._peer_sizes[peer] -= 1
            if not self._peer_sizes[peer]:
                del self._peer_sizes[peer]

    def count(self, event: str) -> None:
        """Count an event, and log the new counts if the last time was long enough ago."""
        self.counts[event] += 1
        if self._clock() - self._logged_at < LOG_INTERVAL_SECONDS:
            return
        new = self.counts - self._logged_counts
        self._logged_at, self._logged_counts = self._clock(), self.counts.copy()
        _log.log(
            logging.WARNING if new["closed"] or new["refused"] else logging.INFO,
            "Connections: %d open of at most %d. Since the last such line: %d idle ones closed for new ones, "
            "%d refused, %d closed because no request came, %d malformed requests.",
            len(self),
            self._max_connections,
            *(new[name] for name in ("closed", "refused", "late", "malformed")),
        )


class GuardedConnection(web.RequestHandler):
    """An HTTP connection that `guard` watches. `options` are those of aiohttp's handler.

    Attributes:
        is_idle: Whether no request is being handled.
        idle_since: Since when.
        has_served: Whether a request ever came.
    """

    __slots__ = ("_guard", "_head_due_at", "_head_timer", "_read_time", "has_served", "idle_since", "is_idle")

    def __init__(self, server: web.Server, guard: ConnectionGuard, **options: Any) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **options)
        self._guard = guard
        self._head_due_at: float | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._read_time = loop.time
        self.is_idle, self.idle_since, self.has_served = True, loop.time(), False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close the connection at once if there's no room for it; else give it time for its first head."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if self._guard.admit(self, str(peer[0]) if peer else ""):
            self._start_head_deadline()
        else:
            self.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._guard.remove(self)
        self._cancel_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what the caller sent; from the first byte of a head on, the rest must follow in time."""
        if self.is_idle and self._head_due_at is None:
            self._start_head_deadline()
        super().data_received(data)

    def begin_request(self) -> None:
        """Note that a head has come and its request is being handled."""
        self._head_due_at = None
        self.is_idle, self.has_served = False, True

    def end_request(self) -> None:
        """Note that the request was handled."""
        self.is_idle, self.idle_since = True, self._read_time()

    def abort(self) -> None:
        """Close the connection without an answer: there may be nobody to read it."""
        self._cancel_head_timer()
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what isn't HTTP. It's counted, not logged: strangers send such things all day, and quote nothing."""
        if status != 400:
            return super().handle_error(request, status, exc, message)
        self._guard.count("malformed")
        if request.writer.output_size > 0:
            raise ConnectionError("The response has already begun.")
        response = web.Response(status=400, text="This isn't an HTTP request that can be read.\n")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log an exception, unless a caller's malformed body caused it."""
        if isinstance(kw.get("exc_info"), web.RequestPayloadError):
            self._guard.count("malformed")
        else:
            super().log_exception(*args, **kw)

    def _start_head_deadline(self) -> None:
        self._head_due_at = self._read_time() + self._guard.limits.head_timeout_seconds
        # a timer that's still there from an earlier head fires sooner, and is then set again
        if self._head_timer is None:
            self._set_head_timer(self._head_due_at)

    def _set_head_timer(self, due_at: float) -> None:
        self._head_timer = asyncio.get_running_loop().call_at(due_at, self._check_head, due_at)

    def _check_head(self, now: float) -> None:
        """Close the connection if the head that it waits for is due `now`."""
        self._head_timer = None
        if self._head_due_at is None:
            return
        if self._head_due_at > now:
            self._set_head_timer(self._head_due_at)
        elif self.is_idle:
            self._guard.count("late")
            self.abort()

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class GuardedSite(web.BaseSite):
    """Listens at an address for connections that `build_connection` makes."""

    def __init__(
        self, runner: web.AppRunner, build_connection: Callable[[], GuardedConnection], host: str, port: int
    ) -> None:
        super().__init__(runner, backlog=MAX_ACCEPTED_AT_ONCE)
        self._build_connection, self._host, self._port = build_connection, host, port

    @property
    def name(self) -> str:
        """The site's URL."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Start listening. Raise `OSError` if the address can't be used."""
        await super().start()
        # what asyncio calls the backlog is also how many connections it accepts at once
        server = await asyncio.get_running_loop().create_server(
            self._build_connection, self._host, self._port, backlog=self._backlog
        )
        self._server = server
        for listening in server.sockets:
            with listening.dup() as duplicate:
                duplicate.listen(LISTEN_BACKLOG)


@web.middleware
async def watch_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the request's connection when it's being handled; one that isn't guarded doesn't mind."""
    connection = request.protocol
    if not isinstance(connection, GuardedConnection):
        return await handler(request)
    connection.begin_request()
    try:
        return await handler(request)
    finally:
        connection.end_request()


def _count_available_descriptors() -> int:
    """Return how many descriptors connections may use of those that the system lets this process open."""
    if sys.platform == "win32":
        return _UNLIMITED
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft_limit == resource.RLIM_INFINITY:
        return _UNLIMITED
    return max(soft_limit - RESERVED_DESCRIPTORS, MIN_CONNECTIONS)
