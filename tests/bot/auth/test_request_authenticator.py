"""Which callers are accepted, over real HTTP, with tokens from a fake identity service."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
import trustme
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as some

from bot.auth.channel_auth import build_channel_auth
from bot.auth.json_client import JsonClient
from bot.auth.signing_keys import FRESH_SECONDS, KEEP_SECONDS, MIN_FETCH_INTERVAL_SECONDS, RETRY_SECONDS, SigningKeys
from bot.cards.messages import TextMessage
from bot.errors import RequestRefusedError
from bot.host.http_server import MAX_BODY_BYTES
from bot.teams.request_body import read_body
from bot.telemetry.logs import JsonLogFormatter, TextLogFormatter
from tests.bot.auth.identity_service import APP, CREDENTIALS, SECRET, TENANT, IdentityService, private_key, public_key
from tests.bot.guarded import Guarded, guarded
from tests.bot.local_server import serve
from tests.patching import set_existing

OTHER = "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest_asyncio.fixture
async def identity() -> AsyncIterator[IdentityService]:
    service = IdentityService()
    runner, service.url = await serve(service.app())
    yield service
    await runner.cleanup()


@pytest_asyncio.fixture
async def bot(identity: IdentityService, authority: trustme.CA, tmp_path: Path) -> AsyncIterator[Guarded]:
    async with guarded(identity, authority, tmp_path) as bot:
        yield bot


def hand_made(header: dict[str, Any], claims: Any, signature: bytes = b"x") -> str:
    """A token that no library would make."""
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    parts = (json.dumps(header).encode(), raw, signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def confused(service: IdentityService) -> str:
    """A token signed by HMAC with the public key, which a careless library would check with that very key."""
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    public = private_key("first").public_key().public_bytes(*form)
    signed = hand_made({"alg": "HS256", "kid": "first"}, service.claims()).rpartition(".")[0]
    digest = hmac.new(public, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def now() -> int:
    return int(time.time())


TOKENS: list[tuple[str, Callable[[IdentityService], str | None], int]] = [
    ("a good one", lambda s: s.token(), 201),
    ("RS384", lambda s: s.token(algorithm="RS384"), 201),
    ("RS512", lambda s: s.token(algorithm="RS512"), 201),
    ("without nbf", lambda s: s.token(nbf=None), 201),
    ("just expired, within the leeway", lambda s: s.token(exp=now() - 200), 201),
    ("just not valid yet, within the leeway", lambda s: s.token(nbf=now() + 200), 201),
    ("with claims of no use", lambda s: s.token(x=[1], sub="s", iat=now()), 201),
    ("none", lambda s: None, 401),
    ("garbage", lambda s: "abc", 401),
    ("garbage in three parts", lambda s: "a.b.c", 401),
    ("two parts", lambda s: s.token().rpartition(".")[0], 401),
    ("no signature", lambda s: s.token().rpartition(".")[0] + ".", 401),
    ("alg none", lambda s: jwt.encode(s.claims(), None, "none", {"kid": "first"}), 401),
    ("alg none with a signature", lambda s: hand_made({"alg": "none", "kid": "first"}, s.claims()), 401),
    ("alg None in capitals", lambda s: hand_made({"alg": "NONE", "kid": "first"}, s.claims(), b""), 401),
    ("no alg", lambda s: hand_made({"kid": "first"}, s.claims()), 401),
    ("an alg that is a list", lambda s: hand_made({"alg": ["RS256"], "kid": "first"}, s.claims()), 401),
    ("HS256 with a secret", lambda s: jwt.encode(s.claims(), "k" * 32, "HS256", {"kid": "first"}), 401),
    ("HS256 with the public key", confused, 401),
    ("PS256", lambda s: s.token(algorithm="PS256"), 401),
    ("forged: another key under a known id", lambda s: s.token("evil"), 401),
    ("forged: claims changed after signing", lambda s: ".".join(
        (s.token().split(".")[0], s.token(serviceurl="https://x").split(".")[1], s.token().split(".")[2])), 401),
    ("an unknown key id", lambda s: s.token("evil", "second"), 401),
    ("no key id", lambda s: s.token(kid=None), 401),
    ("an empty key id", lambda s: hand_made({"alg": "RS256", "kid": ""}, s.claims()), 401),
    ("a key id that is a number", lambda s: hand_made({"alg": "RS256", "kid": 1}, s.claims()), 401),
    ("a key id that is a list", lambda s: hand_made({"alg": "RS256", "kid": []}, s.claims()), 401),
    ("its own key in the header", lambda s: jwt.encode(
        s.claims(), private_key("evil"), "RS256", {"kid": "evil", "jwk": public_key("evil")}), 401),
    ("keys elsewhere", lambda s: hand_made({"alg": "RS256", "kid": "z", "jku": "http://127.0.0.1:1/"}, s.claims()), 401),
    ("an unknown critical header", lambda s: jwt.encode(
        s.claims(), private_key("first"), "RS256", {"kid": "first", "crit": ["x"], "x": 1}), 401),
    ("another audience", lambda s: s.token(aud=OTHER), 401),
    ("no audience", lambda s: s.token(aud=None), 401),
    ("a list of audiences", lambda s: s.token(aud=[APP, OTHER]), 401),
    ("another issuer", lambda s: s.token(iss="https://sts.windows.net/x/"), 401),
    ("the issuer with more behind", lambda s: s.token(iss="https://api.botframework.com.example.com"), 401),
    ("no issuer", lambda s: s.token(iss=None), 401),
    ("an issuer that is a list", lambda s: hand_made({"alg": "RS256", "kid": "first"}, s.claims(iss=["x"])), 401),
    ("expired", lambda s: s.token(exp=now() - 900, nbf=1), 401),
    ("without an end", lambda s: s.token(exp=None), 401),
    ("an end in words", lambda s: s.token(exp="tomorrow"), 401),
    ("an end without end", lambda s: s.token(exp=float("inf")), 401),
    ("an end that is a list", lambda s: s.token(exp=[now() + 600]), 401),
    ("not valid yet", lambda s: s.token(nbf=now() + 900), 401),
    ("a start in words", lambda s: s.token(nbf="soon"), 401),
    ("claims that are no object", lambda s: hand_made({"alg": "RS256", "kid": "first"}, [1]), 401),
    ("claims that are no JSON", lambda s: hand_made({"alg": "RS256", "kid": "first"}, b"\xff{"), 401),
    ("claims without end", lambda s: hand_made({"alg": "RS256", "kid": "first"}, b"[" * 3000), 401),
    ("a long one", lambda s: s.token() + "A" * 5000, 401),
    ("no service", lambda s: s.token(serviceurl=None), 403),
    ("a service that is a list", lambda s: s.token(serviceurl=["x"]), 403),
    ("another service", lambda s: s.token(serviceurl="https://smba.trafficmanager.net/emea/"), 403),
    ("the service without its slash", lambda s: s.token(serviceurl=s.service_url.rstrip("/")), 403),
]  # fmt: skip

HEADERS: list[tuple[str, Callable[[str], Any], int]] = [
    ("another scheme", lambda token: {"Authorization": "Basic dTpw"}, 401),
    ("no scheme", lambda token: {"Authorization": token}, 401),
    ("a scheme alone", lambda token: {"Authorization": "Bearer"}, 401),
    ("a scheme and nothing", lambda token: {"Authorization": "Bearer "}, 401),
    ("an empty header", lambda token: {"Authorization": ""}, 401),
    ("two headers", lambda token: [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")], 401),
    ("blanks around", lambda token: {"Authorization": f"Bearer  {token}"}, 401),
    ("letters of other alphabets", lambda token: {"Authorization": "Bearer è.è.è"}, 401),
    ("the scheme in capitals", lambda token: {"Authorization": f"BEARER {token}"}, 201),
]

Change = Callable[[dict[str, Any]], Any]
BODIES: list[tuple[str, Change, int]] = [
    ("no serviceUrl", lambda body: body | {"serviceUrl": None}, 400),
    ("a serviceUrl that is a number", lambda body: body | {"serviceUrl": 1}, 400),
    ("another serviceUrl", lambda body: body | {"serviceUrl": "https://example.com/"}, 403),
    ("a serviceUrl in capitals", lambda body: body | {"serviceUrl": body["serviceUrl"].upper()}, 403),
    ("no channelId", lambda body: body | {"channelId": None}, 400),
    ("another channelId", lambda body: body | {"channelId": "webchat"}, 400),
    ("a channelId that is a list", lambda body: body | {"channelId": ["msteams"]}, 400),
    ("another tenant", lambda body: body | {"channelData": {"tenant": {"id": OTHER}}}, 403),
    ("another tenant's conversation", lambda body: body | {"conversation": {"id": "a", "tenantId": OTHER}}, 403),
    ("no tenant", lambda body: body | {"channelData": None, "conversation": {"id": "a"}}, 403),
    ("a tenant without id", lambda body: body | {"channelData": {"tenant": {}}, "conversation": {"id": "a"}}, 403),
    ("a tenant in words", lambda body: body | {"channelData": {"tenant": "contoso"}}, 403),
    ("a tenant that is a list", lambda body: body | {"channelData": {"tenant": {"id": [TENANT]}}}, 400),
    ("a conversation's tenant of a list", lambda body: body | {"conversation": {"id": "a", "tenantId": [TENANT]}}, 403),
    ("the tenant in capitals", lambda body: body | {"channelData": {"tenant": {"id": TENANT.upper()}}}, 201),
    ("its tenant in the conversation alone", lambda body: body | {"channelData": None}, 201),
    ("an invoke", lambda body: body | {"type": "invoke", "name": "adaptiveCard/action"}, 200),
    ("an invoke of another tenant", lambda body: body | {"type": "invoke", "conversation": {"id": "a"},
                                                         "channelData": {"tenant": {"id": OTHER}}}, 403),
    ("nothing", lambda body: b"", 400),
    ("no JSON", lambda body: b"{", 400),
    ("no UTF-8", lambda body: b'{"type": "\xff"}', 400),
    ("an array", lambda body: [body], 400),
    ("null", lambda body: b"null", 400),
    ("a number", lambda body: b"7", 400),
    ("no number", lambda body: json.dumps(body | {"value": float("nan")}).encode(), 400),
    ("endless", lambda body: json.dumps(body | {"value": float("inf")}).encode(), 400),
    ("nested without end", lambda body: b"[" * 100_000, 400),
    ("nested too deep", lambda body: json.dumps(body)[:-1].encode() + b',"value":' + b"[" * 80 + b"]" * 80 + b"}", 400),
    ("no type", lambda body: body | {"type": None}, 400),
    ("a type that is an object", lambda body: body | {"type": {}}, 400),
    ("a sender that is a list", lambda body: body | {"from": []}, 400),
    ("a conversation that is a text", lambda body: body | {"conversation": "a"}, 400),
    ("odd types where none matter", lambda body: body | {"locale": 5, "recipient": "x", "id": {}, "entities": 1}, 201),
    ("too large", lambda body: body | {"text": "x" * MAX_BODY_BYTES}, 413),
]  # fmt: skip


def check_logs(logs: pytest.LogCaptureFixture) -> None:
    """Check that nothing failed or was raised, and that nothing secret was logged."""
    for record in logs.records:
        assert record.levelno < logging.ERROR, record.getMessage()
        assert record.exc_info is None
        assert SECRET not in record.getMessage()
        assert "eyJ" not in record.getMessage()


@pytest.mark.parametrize(("name", "made", "status"), TOKENS, ids=[row[0] for row in TOKENS])
async def test_which_tokens_are_accepted(
    bot: Guarded,
    caplog: pytest.LogCaptureFixture,
    name: str,
    made: Callable[[IdentityService], str | None],
    status: int,
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    assert await bot.post(made(bot.identity)) == status
    assert len(bot.conversation.heard) == len(bot.teams.messages) == (status == 201)
    check_logs(caplog)


@pytest.mark.parametrize(("name", "made", "status"), HEADERS, ids=[row[0] for row in HEADERS])
async def test_a_header_is_one_bearer_token(
    bot: Guarded, caplog: pytest.LogCaptureFixture, name: str, made: Callable[[str], Any], status: int
) -> None:
    headers = made(bot.identity.token())
    pairs = [*(headers.items() if isinstance(headers, dict) else headers), ("Content-Type", "application/json")]
    async with bot.session.post(
        f"{bot.url}/api/messages", data=json.dumps(bot.activity()).encode(), headers=pairs
    ) as response:
        assert response.status == status
        assert ("WWW-Authenticate" in response.headers) == (status == 401)
    check_logs(caplog)


@pytest.mark.parametrize(("name", "change", "status"), BODIES, ids=[row[0] for row in BODIES])
async def test_a_valid_token_does_not_make_a_bad_body_acceptable(
    bot: Guarded, caplog: pytest.LogCaptureFixture, name: str, change: Change, status: int
) -> None:
    body = change(bot.activity())
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if value is not None}
    assert await bot.post(bot.identity.token(), body) == status
    assert len(bot.conversation.heard) == (status == 201)
    check_logs(caplog)


@pytest.mark.parametrize("body", [b"{", b"x" * 5_000_000])
async def test_a_stranger_is_refused_whatever_the_body(bot: Guarded, body: bytes) -> None:
    assert await bot.post(bot.identity.token("evil"), body) == 401


@pytest.mark.parametrize("endorsements", [None, ["webchat"], []])
async def test_a_key_must_be_endorsed_for_teams(bot: Guarded, endorsements: list[str] | None) -> None:
    bot.identity.keys = [public_key("first", endorsements)]
    assert await bot.post(bot.identity.token()) == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "https://user@localhost/",
        "https://localhost\\x",
        "https://localhost/?q",
        "https://",
        "ftp://x/",
    ],
)
async def test_a_token_cannot_vouch_for_an_address_that_is_not_plain(bot: Guarded, url: str) -> None:
    assert await bot.post(bot.identity.token(serviceurl=url), bot.activity(serviceUrl=url)) == 403


async def test_replies_carry_one_token_for_all(bot: Guarded) -> None:
    for number in range(5):
        assert await bot.post(bot.identity.token(), bot.activity(id=str(number))) == 201
    assert set(bot.tokens_seen) == {"Bearer token-1"}
    assert bot.identity.hits == {"metadata": 1, "keys": 1, "token": 1}


async def test_no_token_leaves_for_a_service_that_nobody_vouched_for(bot: Guarded) -> None:
    await bot.post(bot.identity.token(), bot.activity(serviceUrl=f"{bot.identity.service_url}other/"))
    await bot.post(bot.identity.token("evil"))
    assert bot.tokens_seen == []
    assert bot.identity.hits["token"] == 0


@pytest.mark.parametrize(
    ("refusals", "tries", "arrived"),
    [
        ([412], 2, 1), ([429], 2, 1), ([429, 429], 3, 1), ([503], 2, 1), ([502], 2, 1), ([504], 2, 1), ([401], 2, 1),
        ([403], 1, 0), ([404], 1, 0), ([502, 504], 3, 1), ([504, 502, 502], 3, 0),
    ],
)  # fmt: skip
async def test_a_reply_that_was_not_taken_is_sent_again_where_that_helps(
    bot: Guarded, refusals: list[int], tries: int, arrived: int
) -> None:
    left = list(refusals)
    bot.teams.refuse = lambda activity: left.pop(0) if left else None
    await bot.post(bot.identity.token())
    assert len(bot.tokens_seen) == tries
    assert len(bot.teams.messages) == arrived
    assert set(bot.tokens_seen) == ({"Bearer token-1", "Bearer token-2"} if refusals == [401] else {"Bearer token-1"})


async def test_a_reply_waits_for_a_token_and_then_goes_where_it_was_to_go(bot: Guarded) -> None:
    clock, tokens = Clock(), bot.access.tokens
    assert tokens is not None
    set_existing(tokens, "_clock", clock)
    bot.identity.answer = (401, {"error_description": "AADSTS7000222: expired"})
    await bot.post(bot.identity.token())
    assert (len(bot.conversation.heard), bot.tokens_seen) == (1, [])
    bot.identity.answer = None
    clock.now += RETRY_SECONDS
    while not bot.teams.messages:
        await bot.turns.sweep(bot.adapter)
    assert bot.tokens_seen == [f"Bearer token-{bot.identity.hits['token']}"]


async def test_a_reply_that_was_kept_under_other_credentials_gets_no_token(bot: Guarded) -> None:
    back = {"app": OTHER, "service": bot.identity.service_url, "conversation": "a:1", "person": "29:ada", "bot": "28:b"}

    async def work(channel: Any) -> None:
        await channel.send(TextMessage("late"))

    with pytest.raises(RequestRefusedError, match="credentials have changed"):
        await bot.adapter.resume_conversation(back, work)
    assert (bot.tokens_seen, bot.identity.hits["token"]) == ([], 0)


async def test_requests_from_elsewhere_are_served(bot: Guarded) -> None:
    headers = {"Host": "medic.example.com", "X-Forwarded-For": "203.0.113.7"}
    assert await bot.post(bot.identity.token(), headers=headers) == 201


async def test_a_rotated_key_is_found_and_made_up_ones_cost_one_fetch(bot: Guarded) -> None:
    clock = Clock()
    keys = bot.access.authenticator._keys  # type: ignore[attr-defined]
    set_existing(keys, "_clock", clock)
    assert await bot.post(bot.identity.token()) == 201
    bot.identity.keys = [public_key("first"), public_key("second")]
    clock.now += MIN_FETCH_INTERVAL_SECONDS
    assert await bot.post(bot.identity.token("second", "second")) == 201
    assert bot.identity.hits["keys"] == 2
    clock.now += MIN_FETCH_INTERVAL_SECONDS
    for number in range(20):
        assert await bot.post(bot.identity.token("evil", f"made-up-{number}")) == 401
    assert bot.identity.hits["keys"] == 3
    bot.identity.keys = [public_key("second")]
    clock.now += MIN_FETCH_INTERVAL_SECONDS
    assert await bot.post(bot.identity.token("evil", "made-up")) == 401
    assert await bot.post(bot.identity.token()) == 401, "a key that was withdrawn still holds"
    assert await bot.post(bot.identity.token("second", "second")) == 201


async def test_an_accepted_token_is_good_only_as_long_as_its_key_and_its_time(bot: Guarded) -> None:
    keys, known = bot.access.authenticator._keys, bot.access.authenticator._accepted_tokens  # type: ignore[attr-defined]
    clock = Clock()
    set_existing(keys, "_clock", clock)
    token = bot.identity.token()
    assert [await bot.post(token) for _ in range(3)] == [201, 201, 201]
    assert len(known) == 1
    head, claims, signature = token.split(".")
    other = bot.identity.token(serviceurl="https://x").split(".")[1]
    for forged in (f"{head}.{claims}.{signature[:-8]}AAAAAAAA", f"{head}.{other}.{signature}", f"{head}.{claims}."):
        assert await bot.post(forged) == 401
    assert len(known) == 1, "what was refused isn't remembered"

    set_existing(known, "_clock", lambda: now() + 2 * 24 * 3600)
    assert known.find(token) is None
    set_existing(known, "_clock", time.time)
    assert await bot.post(token) == 201
    bot.identity.keys = [public_key("second")]
    clock.now += MIN_FETCH_INTERVAL_SECONDS
    assert await bot.post(bot.identity.token("second", "second")) == 201
    assert await bot.post(token) == 401, "its key was withdrawn"
    bot.identity.keys = [{**public_key("second"), "kid": "first"}]
    clock.now += MIN_FETCH_INTERVAL_SECONDS
    assert await bot.post(token) == 401, "another key has its id now"


async def test_a_token_that_would_be_refused_anyway_fetches_no_keys(bot: Guarded) -> None:
    for token in (bot.identity.token(aud=OTHER), bot.identity.token(exp=1), "a.b.c"):
        assert await bot.post(token) == 401
    assert bot.identity.hits["keys"] == 0


async def test_without_keys_everybody_is_refused_and_the_watcher_told(bot: Guarded) -> None:
    bot.identity.down = True
    assert await bot.post(bot.identity.token()) == 401
    async with bot.session.get(f"{bot.url}/readyz") as response:
        assert response.status == 503
        assert await response.json() == {"status": "not ready", "missing": ["signing keys", "token"]}
    async with bot.session.get(f"{bot.url}/healthz") as response:
        assert response.status == 200
    assert bot.identity.hits == {"metadata": 1, "token": 1}


async def test_ready_is_said_without_a_fetch_each_time(bot: Guarded) -> None:
    for _ in range(5):
        async with bot.session.get(f"{bot.url}/readyz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ready"})
    assert bot.identity.hits == {"metadata": 1, "keys": 1, "token": 1}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Store:
    """A key store with its own clock."""

    keys: SigningKeys
    clock: Clock
    identity: IdentityService


@pytest_asyncio.fixture
async def store(identity: IdentityService) -> AsyncIterator[Store]:
    client, clock = JsonClient(), Clock()
    keys = SigningKeys(client, identity.cloud.metadata_url, clock)
    yield Store(keys, clock, identity)
    await keys.close()
    await client.close()


async def test_many_who_wait_share_one_fetch(store: Store) -> None:
    found = await asyncio.gather(*(store.keys.find("first") for _ in range(50)))
    assert all(found)
    assert store.identity.hits["keys"] == 1


async def test_old_keys_serve_through_an_outage_for_a_while(store: Store) -> None:
    assert await store.keys.find("first")
    store.identity.down = True
    store.clock.now += FRESH_SECONDS
    assert await store.keys.find("first")
    store.clock.now += KEEP_SECONDS - FRESH_SECONDS - 1
    assert await store.keys.find("first")
    store.clock.now += 1
    assert not await store.keys.has_keys()
    store.identity.down = False
    assert not await store.keys.has_keys(), "a fetch right after one that failed"
    store.clock.now += RETRY_SECONDS
    assert await store.keys.has_keys()


async def test_keys_are_renewed_a_day_later_without_anybody_waiting(store: Store) -> None:
    assert await store.keys.find("first")
    store.identity.keys = [public_key("second")]
    store.clock.now += FRESH_SECONDS
    assert await store.keys.find("first")
    fetching = store.keys._fetch_task
    assert fetching is not None
    await fetching
    assert await store.keys.find("first") is None
    assert await store.keys.find("second")
    assert store.identity.hits["keys"] == 2


@pytest.mark.parametrize(
    "entry",
    [
        None, 7, {}, {"kty": "RSA"}, {"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"}, {"kty": "oct", "k": "AAAA", "kid": "x"},
        public_key("first") | {"kid": 5}, public_key("first") | {"use": "enc"}, public_key("small"),
    ],
)  # fmt: skip
async def test_a_key_that_is_none_is_passed_over(store: Store, entry: Any) -> None:
    store.identity.keys = [entry]
    assert not await store.keys.has_keys()
    store.identity.keys = [entry, public_key("first", endorsements=["msteams"])]
    store.clock.now += RETRY_SECONDS
    assert await store.keys.find("first")


@given(some.text(max_size=60), some.binary(max_size=60))
def test_no_text_in_place_of_a_token_does_more_than_be_refused(text: str, raw: bytes) -> None:
    callers = build_channel_auth(CREDENTIALS).authenticator
    made_up = hand_made({"alg": "RS256", "kid": text}, raw)

    async def admit(header: str) -> None:
        with pytest.raises(RequestRefusedError) as caught:
            await callers.authenticate([header])
        assert caught.value.status == 401

    for header in (text, f"Bearer {text}", f"Bearer {made_up}"):
        asyncio.run(admit(header))


async def test_a_body_that_does_not_come_is_not_waited_for(bot: Guarded) -> None:
    async def slow(request: web.Request) -> web.Response:
        try:
            await read_body(request, timeout_seconds=0.05)
        except RequestRefusedError as refused:
            return web.Response(status=refused.status, text=str(refused))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", slow)
    runner, url = await serve(web.AppRunner(app, lingering_time=0))
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    answer = await reader.readline()
    writer.close()
    await runner.cleanup()
    assert b" 408 " in answer


@pytest.mark.parametrize(
    "raw",
    [
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"A" * 100_000 + b"\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nX-Y\x00: z\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_and_leaves_no_traceback(
    bot: Guarded, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    host, port = bot.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    status = (await reader.readline()).split()[1]
    writer.close()
    assert status.startswith(b"4")
    for record in caplog.records:
        for formatter in (TextLogFormatter(), JsonLogFormatter()):
            line = formatter.format(record)
            assert "Traceback" not in line
            assert "\n" not in line
            assert "AAAAAA" not in line
