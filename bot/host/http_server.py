"""The HTTP server: `POST /api/messages` for the channel, `GET /healthz` and `GET /readyz` for monitoring.

`/healthz` says that this process runs; `/readyz` also says whether it can serve Teams.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.auth.channel_auth import ChannelAuth
from bot.errors import DeliveryError, RequestRefusedError, StartError, StoreError, describe_error_location
from bot.host.connections import ConnectionGuard, GuardedConnection, GuardedSite, watch_request
from bot.host.readiness import ReadinessCheck
from bot.host.settings import Settings
from bot.state.watched_store import WatchedStore
from bot.teams.botframework.adapter import TeamsAdapter
from bot.turns.turn_runner import TurnRunner

MAX_BODY_BYTES = 1_500_000
"""The largest request body; Teams itself sends about 100 KB at most."""
SHUTDOWN_SECONDS = 15
"""How long running turns may take to finish after the signal to stop."""
KEEPALIVE_SECONDS = 300
"""How long an idle connection is kept open: longer than Azure's proxies keep theirs, 240 s."""
LINGER_SECONDS = 2
"""How long the rest of an unread body is received, so that its sender gets to read the response."""

_log = logging.getLogger(__name__)


def build_app(
    turns: TurnRunner, store: WatchedStore, channel_auth: ChannelAuth, adapter: TeamsAdapter
) -> web.Application:
    """Build the web application. Its cleanup closes `adapter` and `channel_auth`, but not `store`.

    Args:
        turns: Runs the turns.
        store: Where they keep their state; the readiness check writes to it.
        channel_auth: Authenticates the callers.
        adapter: Serves Teams with the same `channel_auth`.
    """

    async def handle_messages(request: web.Request) -> web.StreamResponse:
        return await adapter.process(request, turns)

    readiness = ReadinessCheck(store, channel_auth)

    async def report_health(_: web.Request) -> web.StreamResponse:
        # asks nobody: a restart doesn't mend a store or a service that fails
        return web.json_response({"status": "ok"})

    async def report_readiness(_: web.Request) -> web.StreamResponse:
        missing = await readiness.find_missing()
        if missing:
            return web.json_response({"status": "not ready", "missing": missing}, status=503)
        return web.json_response({"status": "ready"})

    async def describe_bot(_: web.Request) -> web.StreamResponse:
        return web.Response(
            text="Image Medic is running. Talk to it in Teams or its test client: messages go to /api/messages.\n"
        )

    async def close(_: web.Application) -> None:
        await readiness.close()
        await adapter.close()
        await channel_auth.close()

    app = web.Application(
        middlewares=[watch_request, _render_errors, _build_check_middleware(channel_auth)],
        client_max_size=MAX_BODY_BYTES,
    )
    app.router.add_post("/api/messages", handle_messages)
    app.router.add_get("/healthz", report_health)
    app.router.add_get("/readyz", report_readiness)
    app.router.add_get("/", describe_bot)
    app.on_cleanup.append(close)
    app.cleanup_ctx.append(_build_redelivery_context(turns, adapter))
    return app


def _build_redelivery_context(
    turns: TurnRunner, adapter: TeamsAdapter
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def redeliver_while_serving(_: web.Application) -> AsyncIterator[None]:
        """While the server runs, send what an earlier process left and what the channel didn't accept at first."""
        stop = asyncio.Event()
        task = asyncio.create_task(turns.redeliver(adapter, stop))
        yield
        stop.set()
        # the connections are closed only after this: running turns still send their replies
        await asyncio.wait([task, asyncio.ensure_future(turns.wait_for_running_turns())], timeout=SHUTDOWN_SECONDS)
        task.cancel()

    return redeliver_while_serving


async def listen(app: web.Application, settings: Settings) -> web.AppRunner:
    """Start serving `app`, and return the runner; its `cleanup()` stops the server after the running turns.

    Raises:
        StartError: The address can't be used.
    """
    options: dict[str, Any] = {
        "access_log": None,
        "keepalive_timeout": KEEPALIVE_SECONDS,
        "lingering_time": LINGER_SECONDS,
    }
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_SECONDS, **options)
    await runner.setup()
    server = runner.server
    assert server is not None
    guard = ConnectionGuard(settings.connections)
    site = GuardedSite(runner, lambda: GuardedConnection(server, guard, **options), settings.host, settings.port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise StartError(
            f"Port {settings.port} of {settings.host} cannot be used: {_describe_bind_error(error)}. "
            f"Stop what uses it, or choose another port: PORT={settings.port + 1 if settings.port < 65535 else 3978}."
        ) from error
    return runner


def _describe_bind_error(error: OSError) -> str:
    return (
        "another program is already listening there"
        if error.errno == errno.EADDRINUSE
        else (error.strerror or str(error))
    )


def _build_check_middleware(channel_auth: ChannelAuth) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        channel_auth.authenticator.check_request(request)
        return await handler(request)

    return check


@web.middleware
async def _render_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer failed requests with a sentence that doesn't reveal internals."""
    try:
        return await handler(request)
    except RequestRefusedError as error:
        _log.info("Refused with %s: %s", error.status, error)
        # HTTP requires a 401 to name the authentication scheme
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return _build_text_response(error.status, str(error), headers)
    except web.HTTPRequestEntityTooLarge:
        return _build_text_response(
            413, f"The message is too large: at most {MAX_BODY_BYTES // 1000} KB. Paste a shorter part of the log."
        )
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return _build_text_response(405, f"Use {allowed} here.", {"Allow": allowed})
    except web.HTTPNotFound:
        return _build_text_response(404, "There's nothing here. Messages go to POST /api/messages.")
    except web.HTTPException:
        raise
    except DeliveryError as error:
        return _build_text_response(502, f"The turn was run, but its answer could not be delivered. {error}")
    except StoreError as error:
        _log.error("State store: %s", error)
        return _build_text_response(503, "State cannot be read or written at the moment; the log says why.")
    except Exception as error:  # noqa: BLE001 - the last net: no caller sees a traceback
        _log.error("A request failed: %s", describe_error_location(error))
        return _build_text_response(500, "This request could not be handled; it was logged.")


def _build_text_response(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=message + "\n", headers=headers)
