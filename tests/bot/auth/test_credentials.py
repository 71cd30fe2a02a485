"""The bot's own tokens: requested once, cached, renewed in time, and what happens when there's none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.auth.bot_token import (
    MARGIN_SECONDS,
    MIN_RENEWAL_INTERVAL_SECONDS,
    RETRY_SECONDS,
    ClientSecretTokenSource,
    IssuedToken,
    TokenCache,
)
from bot.auth.channel_auth import build_channel_auth
from bot.auth.credentials import BotCredentials
from bot.auth.json_client import MAX_RESPONSE_BYTES, JsonClient
from bot.auth.managed_identity import ManagedIdentityTokenSource
from bot.errors import ServiceUnreachableError, TokenUnavailableError
from tests.bot.auth.identity_service import APP, CREDENTIALS, ISSUER, SECRET, TENANT, IdentityService
from tests.bot.local_server import serve


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def identity() -> AsyncIterator[IdentityService]:
    service = IdentityService()
    runner, service.url = await serve(service.app())
    yield service
    await runner.cleanup()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[JsonClient]:
    client = JsonClient()
    yield client
    await client.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def tokens(identity: IdentityService, client: JsonClient, clock: Clock) -> AsyncIterator[TokenCache]:
    tokens = TokenCache(ClientSecretTokenSource(client, CREDENTIALS, identity.cloud), clock)
    yield tokens
    await tokens.close()


async def test_the_secret_goes_to_the_tenant_of_the_registration(identity: IdentityService, tokens: TokenCache) -> None:
    assert await tokens.get() == "token-1"
    assert identity.asked == [
        {
            "tenant": TENANT,
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": SECRET,
            "scope": f"{ISSUER}/.default",
        }
    ]


async def test_many_who_wait_share_one_request(identity: IdentityService, tokens: TokenCache) -> None:
    assert set(await asyncio.gather(*(tokens.get() for _ in range(50)))) == {"token-1"}
    assert identity.hits["token"] == 1


async def test_one_who_gives_up_waiting_does_not_end_it_for_the_others(
    identity: IdentityService, tokens: TokenCache
) -> None:
    impatient = asyncio.create_task(tokens.get())
    patient = asyncio.create_task(tokens.get())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == "token-1"
    assert identity.hits["token"] == 1


async def test_a_token_is_replaced_before_it_ends(identity: IdentityService, tokens: TokenCache, clock: Clock) -> None:
    await tokens.get()
    clock.now += 3600 - MARGIN_SECONDS - 1
    assert await tokens.get() == "token-1"
    clock.now += 1
    assert await tokens.get() == "token-2"


async def test_a_short_token_is_not_asked_for_each_time(
    identity: IdentityService, tokens: TokenCache, clock: Clock
) -> None:
    identity.lifetime = "60"
    await tokens.get()
    clock.now += 29
    assert await tokens.get() == "token-1"
    clock.now += 1
    assert await tokens.get() == "token-2"


async def test_an_outage_is_bridged_as_long_as_the_token_lasts(
    identity: IdentityService, tokens: TokenCache, clock: Clock
) -> None:
    await tokens.get()
    identity.down = True
    clock.now += 3600 - MARGIN_SECONDS
    for _ in range(5):
        assert await tokens.get() == "token-1"
    assert identity.hits["token"] == 2, "a request right after one that failed"
    clock.now += MARGIN_SECONDS
    with pytest.raises(TokenUnavailableError, match="The bot gets no token for its replies"):
        await tokens.get()
    assert not await tokens.is_available()
    identity.down = False
    clock.now += RETRY_SECONDS
    assert await tokens.is_available()


async def test_a_refused_token_is_replaced_once(identity: IdentityService, tokens: TokenCache, clock: Clock) -> None:
    first = await tokens.get()
    second = await tokens.renew(first)
    assert second == "token-2"
    assert await tokens.renew(first) == "token-2", "who comes late with the old one gets the new one"
    assert await tokens.renew(second) is None
    assert identity.hits["token"] == 2
    clock.now += MIN_RENEWAL_INTERVAL_SECONDS
    assert await tokens.renew(second) == "token-3"


@pytest.mark.parametrize(
    ("status", "found", "said"),
    [
        (401, {"error_description": "AADSTS7000215: Invalid client secret provided."}, "must be the secret's value"),
        (401, {"error_description": "AADSTS7000222: The provided client secret keys are expired."}, "has expired"),
        (400, {"error_description": "AADSTS700016: Application not found"}, "check MicrosoftAppId"),
        (400, {"error_description": "AADSTS90002: Tenant not found."}, "check MicrosoftAppTenantId"),
        (400, {"error_description": "AADSTS50999: Something new."}, "AADSTS50999"),
        (400, {"error": "invalid_request"}, "Check MicrosoftAppId, MicrosoftAppTenantId and MicrosoftAppPassword"),
        (200, {"access_token": "", "expires_in": 3600}, "status 200"),
        (200, {"access_token": "token"}, "status 200"),
        (200, {"access_token": "token", "expires_in": "soon"}, "status 200"),
        (200, {"access_token": ["token"], "expires_in": 3600}, "status 200"),
        (200, {"access_token": "token", "expires_in": True}, "status 200"),
        (200, [1], "JSON that isn't an object"),
        (302, {}, "status 302"),
    ],
)
async def test_a_refusal_says_what_to_do(
    identity: IdentityService, tokens: TokenCache, caplog: pytest.LogCaptureFixture, status: int, found: Any, said: str
) -> None:
    identity.answer = (status, found)
    with pytest.raises(TokenUnavailableError) as caught:
        await tokens.get()
    assert said in str(caught.value)
    assert said in caplog.text
    assert SECRET not in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_service_that_is_not_there_is_said_by_its_address(client: JsonClient) -> None:
    with pytest.raises(ServiceUnreachableError, match=r"http://127\.0\.0\.1:9 gave no usable answer"):
        await client.get("http://127.0.0.1:9/secret-path")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"x" * (MAX_RESPONSE_BYTES + 1)])
async def test_an_answer_that_is_no_json_is_no_answer(client: JsonClient, body: bytes) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(_)
        await response.write(body)
        return response

    app = web.Application()
    app.router.add_get("/", answer)
    runner, url = await serve(app)
    with pytest.raises(ServiceUnreachableError):
        await client.get(url)
    await runner.cleanup()


def test_secrets_are_not_in_what_is_printed() -> None:
    assert SECRET not in f"{CREDENTIALS!r} {CREDENTIALS} {build_channel_auth(CREDENTIALS)!r}"
    assert "token" not in repr(IssuedToken("token", 1)).replace("auth_tokens", "")


@pytest_asyncio.fixture
async def host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[dict[str, str]]]:
    """The managed identity service as App Service offers it to its programs; yields what it was asked."""
    asked: list[dict[str, str]] = []

    async def token(request: web.Request) -> web.Response:
        asked.append(dict(request.query) | {"secret": request.headers.get("X-IDENTITY-HEADER", "")})
        if request.query.get("client_id") != APP:
            return web.json_response({"statusCode": 400, "message": "No such identity"}, status=400)
        found = {"access_token": f"of-{len(asked)}", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
        return web.json_response(found if request.query["resource"] == "odd" else found | {"resource": ISSUER})

    app = web.Application()
    app.router.add_get("/msi/token", token)
    runner, url = await serve(app)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "of-this-host")
    yield asked
    await runner.cleanup()


async def test_a_managed_identity_gives_tokens_without_a_secret(host: list[dict[str, str]], clock: Clock) -> None:
    tokens = TokenCache(ManagedIdentityTokenSource(APP, f"{ISSUER}/.default"), clock)
    assert await tokens.get() == "of-1"
    assert await tokens.get() == "of-1"
    assert (host[0]["resource"], host[0]["client_id"], host[0]["secret"]) == (ISSUER, APP, "of-this-host")
    assert await tokens.renew("of-1") == "of-2", "the library must not give the refused one again"
    assert len(host) == 2


@pytest.mark.parametrize(("client_id", "resource"), [("0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10", ISSUER), (APP, "odd")])
async def test_an_identity_that_gives_no_token_is_said(
    host: list[dict[str, str]], client_id: str, resource: str
) -> None:
    with pytest.raises(TokenUnavailableError, match="must be assigned to what the bot runs on"):
        await ManagedIdentityTokenSource(client_id, f"{resource}/.default").fetch()
    assert len(host) == 1


async def test_the_kind_of_registration_decides_where_tokens_come_from(host: list[dict[str, str]]) -> None:
    access = build_channel_auth(BotCredentials(APP, TENANT, "UserAssignedMSI", frozenset({TENANT})))
    assert access.tokens is not None
    assert await access.tokens.get() == "of-1"
    await access.close()
