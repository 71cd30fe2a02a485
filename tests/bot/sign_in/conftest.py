"""A bot whose people sign in, with fakes of Entra and the token service, everything over TLS."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jwt
import pytest_asyncio
import trustme
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError

from bot.auth.channel_auth import ChannelAuth
from bot.azure.arm.settings import AzureSettings
from bot.sign_in.on_behalf_of import OnBehalfOfCredentials
from bot.sign_in.setup import SignInSetup, build_sign_in
from bot.sign_in.sign_in import SignIn
from dialogs.model.effects import RequestSignIn
from dialogs.model.errors import AzureRefusedError
from dialogs.model.reply import Paragraph, Reply, build_literal
from dialogs.model.turn import SignedIn, Turn
from knowledge.azure_clouds import CLOUDS, AzureCloud
from tests.bot.auth.identity_service import APP, CREDENTIALS, TENANT
from tests.bot.guarded import Guarded, guarded
from tests.bot.scripted import ScriptedResult
from tests.bot.sign_in.entra import ADA, BOB, CONNECTION, Entra
from tests.turns import text_of

SETTINGS = AzureSettings("user", oauth_connection=CONNECTION, sign_in_app_id=APP)


@dataclass
class Looker:
    """Dialogs that start a lookup when told to, and offer a sign-in where one is needed."""

    credential_provider: OnBehalfOfCredentials | None = None
    heard: list[tuple[Turn, Mapping[str, Any] | None]] = field(default_factory=list)

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ScriptedResult:
        self.heard.append((turn, state))
        sign_in = False
        if turn.event == SignedIn(succeeded=False):
            said = "not signed in"
        elif text_of(turn) == "sign out":
            assert self.credential_provider
            said = f"signed out: {await self.credential_provider.sign_out(turn.person)}"
        elif text_of(turn) == "look" or turn.event == SignedIn(succeeded=True):
            said = await self.look(turn)
            sign_in = said == "refused: sign-in"
        else:
            said = f"heard {text_of(turn)}"
        return ScriptedResult(
            {"turns": 1},
            (Reply((Paragraph(build_literal(said)),), summary=said),),
            (RequestSignIn(),) if sign_in else (),
        )

    async def look(self, turn: Turn) -> str:
        """Request tokens, and return whose they are and for what."""
        assert self.credential_provider
        try:
            async with self.credential_provider.open_credential(turn.person) as credential:
                found = [
                    await credential.get_token(s)
                    for s in (CLOUDS["public"].resource_scope, CLOUDS["public"].storage_scope)
                ]
        except AzureRefusedError as refused:
            return f"refused: {refused.refusal.reason}"
        except ClientAuthenticationError as error:
            found_code = re.search(r"AADSTS\d+", str(error))
            return f"refused: {found_code[0] if found_code else 'without a code'}"
        claims = [jwt.decode(token.token, options={"verify_signature": False}) for token in found]
        return " ".join(f"{claim['aud']} as {claim['oid'][:8]}" for claim in claims)


LOOKED = {
    one: f"https://management.azure.com as {one[:8]} https://storage.azure.com as {one[:8]}" for one in (ADA, BOB)
}


@dataclass
class Room:
    """The bot, and what people do there."""

    bot: Guarded
    entra: Entra
    signing: SignInSetup
    posted: int = 0

    def activity(self, object_id: str = ADA, **more: Any) -> dict[str, Any]:
        self.posted += 1
        who = f"29:{object_id[:4]}"
        chat = {"id": f"a:{object_id[:4]}", "conversationType": "personal", "tenantId": TENANT}
        person = {"id": who, "name": "P", "aadObjectId": object_id.upper()}
        body = self.bot.activity(id=str(self.posted), text=None, conversation=chat)
        return {**body, "from": person, **more}

    async def post(self, body: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.entra.token()}"}
        async with self.bot.session.post(f"{self.bot.url}/api/messages", json=body, headers=headers) as response:
            text = await response.text()
            await self.bot.turns.wait_for_running_turns()
            return response.status, await response.json() if text.startswith("{") else text

    async def say(self, text: str, object_id: str = ADA, **more: Any) -> list[str]:
        """What a person sees of the answer to `text`."""
        before = len(self.seen)
        status, said = await self.post(self.activity(object_id, text=text, **more))
        assert status == 201, said
        return self.seen[before:]

    async def invoke(self, name: str, value: Any, object_id: str = ADA, **more: Any) -> tuple[int, Any]:
        return await self.post(self.activity(object_id, type="invoke", name=f"signin/{name}", value=value, **more))

    async def exchange(self, token: str, card: dict[str, Any], object_id: str = ADA, **more: Any) -> tuple[int, Any]:
        """What a client does on its own when the sign-in `card` is shown."""
        value = {"id": card["tokenExchangeResource"]["id"], "connectionName": card["connectionName"], "token": token}
        return await self.invoke("tokenExchange", value | more, object_id)

    @property
    def seen(self) -> list[str]:
        return [item.get("text") or item["summary"] for item in self.bot.teams.sent if item["type"] == "message"]

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The sign-in cards that were shown."""
        attachments = [one for item in self.bot.teams.sent for one in item.get("attachments", [])]
        return [one["content"] for one in attachments if one["contentType"] == "application/vnd.microsoft.card.oauth"]


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """A bot that starts a lookup when the test says so."""
    async with a_room(tmp_path, Looker()) as room:
        yield room


@asynccontextmanager
async def a_room(tmp_path: Path, conversation: Any) -> AsyncIterator[Room]:
    """A bot with the dialogs of `conversation`, whose `credential_provider` is set to the one for signed-in people."""
    authority, entra = trustme.CA(), Entra()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    runner = web.AppRunner(entra.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls).start()
    entra.url = f"https://localhost:{runner.addresses[0][1]}"
    azure: AzureCloud = replace(CLOUDS["public"], authority=entra.url, ca_file=tmp_path / "ca.pem")
    made: list[SignInSetup] = []

    def signing(access: ChannelAuth) -> SignIn:
        assert access.tokens
        made.append(build_sign_in(CREDENTIALS, access.tokens, SETTINGS, azure, entra.cloud, access.tls))
        return made[0].sign_in

    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        bot = await stack.enter_async_context(guarded(entra, authority, tmp_path, conversation, signing))
        stack.push_async_callback(made[0].close)
        conversation.credential_provider = made[0].credential_provider
        yield Room(bot, entra, made[0])
