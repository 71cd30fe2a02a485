"""A bot with credentials: it authenticates its callers and answers them over TLS."""

from __future__ import annotations

import io
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiohttp import ClientSession, ClientTimeout, web

from bot.auth.channel_auth import ChannelAuth, build_channel_auth
from bot.host.http_server import build_app, listen
from bot.host.settings import Settings
from bot.sign_in.sign_in import SignIn
from bot.state.sqlite_store import SqliteStore
from bot.state.watched_store import WatchedStore
from bot.teams.botframework.adapter import TeamsAdapter
from bot.teams.invokes import InvokeRouter
from bot.turns.outbox import DeliveryPolicy
from bot.turns.turn_runner import TurnLimits, TurnRunner
from tests.bot.auth.identity_service import CREDENTIALS, TENANT, IdentityService
from tests.bot.scripted import ScriptedConversation
from tests.bot.stand_ins import FakeTeams


@dataclass
class Guarded:
    """A bot with credentials, its Teams over TLS, and its callers."""

    identity: IdentityService
    teams: FakeTeams
    conversation: ScriptedConversation
    session: ClientSession
    access: ChannelAuth
    turns: TurnRunner
    adapter: TeamsAdapter
    url: str = ""
    tokens_seen: list[str | None] = field(default_factory=list)

    def activity(self, **more: Any) -> dict[str, Any]:
        body = {
            "type": "message", "id": "1795382441918", "channelId": "msteams", "text": "hi", "locale": "en-US",
            "serviceUrl": self.identity.service_url,
            "from": {"id": "29:ada", "name": "Ada"}, "recipient": {"id": "28:bot"},
            "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
        }  # fmt: skip
        return {key: value for key, value in (body | more).items() if value is not None}

    async def post(self, token: str | None, body: Any = None, **options: Any) -> int:
        """The status that a request gets; `token` None sends no header."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        raw = body if isinstance(body, bytes) else json.dumps(self.activity() if body is None else body).encode()
        async with self.session.post(
            f"{self.url}/api/messages", data=io.BytesIO(raw), headers=headers | options.get("headers", {})
        ) as response:
            text = await response.text()
            assert "Traceback" not in text
            return response.status


@asynccontextmanager
async def guarded(
    identity: IdentityService,
    authority: trustme.CA,
    folder: Path,
    conversation: Any = None,
    signing: Callable[[ChannelAuth], SignIn] | None = None,
    invokes: InvokeRouter | None = None,
) -> AsyncIterator[Guarded]:
    """Serve one until the block ends; `identity` issues its callers' tokens, and `authority` the Teams certificate."""
    server_tls, client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("localhost").configure_cert(server_tls)
    authority.configure_trust(client_tls)
    teams, conversation, seen = FakeTeams(), conversation or ScriptedConversation(), []

    @web.middleware
    async def watch(request: web.Request, handler: Any) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        found: web.StreamResponse = await handler(request)
        return found

    service = teams.app()
    service.middlewares.append(watch)
    runner = web.AppRunner(service)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls).start()
    identity.service_url = f"https://localhost:{runner.addresses[0][1]}/emea/"

    store = await SqliteStore(folder / "state.sqlite3").open()
    access = build_channel_auth(CREDENTIALS, identity.cloud, client_tls)
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        turns = TurnRunner(
            conversation,
            store,
            TurnLimits(delivery=DeliveryPolicy(first_wait_seconds=0.001, sweep_interval_seconds=3600)),
        )
        adapter = TeamsAdapter(access, invoke_router=invokes, sign_in=signing(access) if signing else None)
        bot = Guarded(identity, teams, conversation, session, access, turns, adapter, tokens_seen=seen)
        settings = Settings(port=0, credentials=CREDENTIALS)
        program = await listen(build_app(turns, WatchedStore(store), access, adapter), settings)
        bot.url = f"http://127.0.0.1:{program.addresses[0][1]}"
        yield bot
    await program.cleanup()
    await store.close()
    await runner.cleanup()
