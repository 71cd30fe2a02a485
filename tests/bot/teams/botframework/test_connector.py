"""Sending replies: what the channel's answers mean, and which token is sent where."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from botbuilder.schema import Activity

from bot.auth.bot_token import IssuedToken, TokenCache
from bot.errors import DeliveryError, TokenUnavailableError
from bot.teams.botframework.connector import ConnectorTransport
from bot.teams.botframework.roster import MAX_PAGE_BYTES, MAX_PAGES, RosterReader
from tests.bot.local_server import serve


class Service:
    """Receives replies: `answers` has the next statuses and headers, after which it accepts all; `seen` has the tokens."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.seen: list[str | None] = []
        self.paths: list[str] = []
        self.body: Any = {"id": "7"}
        self.raw_body: bytes | None = None
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append(request.headers.get("Authorization"))
        self.paths.append(request.raw_path)
        status, headers = self.answers.pop(0) if self.answers else (201, {})
        if self.raw_body is not None:
            return web.Response(body=self.raw_body, status=status, headers=headers)
        return web.json_response(self.body, status=status, headers=headers)


class Source:
    """Numbers its tokens; `dry` gives none."""

    def __init__(self) -> None:
        self.given = 0
        self.dry = False

    async def fetch(self) -> IssuedToken:
        if self.dry:
            raise TokenUnavailableError("The well is dry.")
        self.given += 1
        return IssuedToken(f"t{self.given}", 3600)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    service, app = Service(), web.Application()
    app.router.add_post("/{way:.*}", service.take)
    app.router.add_get("/{way:.*}", service.take)
    runner, service.url = await serve(app)
    yield service
    await runner.cleanup()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest_asyncio.fixture
async def factory(source: Source) -> AsyncIterator[ConnectorTransport]:
    tokens = TokenCache(source)
    factory = ConnectorTransport(tokens)
    yield factory
    await factory.close()
    await tokens.close()


@pytest.mark.parametrize("body", [b"[" * 200_000 + b"]" * 200_000, b"[" * 30_000 + b"]" * 30_000, b"{", b"", b'"7"'])
async def test_an_answer_of_any_size_or_shape_is_an_accepted_reply_without_an_id(
    factory: ConnectorTransport, service: Service, body: bytes
) -> None:
    service.raw_body = body
    sent = await send(factory, service)
    assert sent.id is None
    assert len(service.seen) == 1


async def test_an_answer_that_does_not_end_is_not_read_to_its_end(factory: ConnectorTransport) -> None:
    written = 0

    async def stream(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse(status=201)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" " * 65_536)
                written += 65_536
        return response

    app = web.Application()
    app.router.add_post("/{way:.*}", stream)
    runner, url = await serve(app)
    connector = await factory.create_trusted_factory(url).create(url)
    sent = await connector.conversations.reply_to_activity("a:1", "17", Activity(type="message", text="hello"))
    assert sent.id is None
    # what the network holds, and no more
    assert written < 20_000_000
    await runner.cleanup()


async def send(factory: ConnectorTransport, service: Service) -> Any:
    connector = await factory.create_trusted_factory(service.url).create(service.url)
    return await connector.conversations.reply_to_activity("a:1/x", "17", Activity(type="message", text="hello"))


async def failure(factory: ConnectorTransport, service: Service) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(factory, service)
    return caught.value


async def test_a_reply_goes_to_its_activity(factory: ConnectorTransport, service: Service) -> None:
    assert (await send(factory, service)).id == "7"
    assert service.paths == ["/v3/conversations/a%3A1%2Fx/activities/17"]


ANSWERS = [
    # status, what became of the reply
    (400, "refused"), (403, "refused"), (404, "refused"), (413, "refused"), (301, "refused"), (307, "refused"),
    (401, "later"), (408, "later"), (412, "later"), (425, "later"), (429, "later"), (503, "later"),
    (500, "unknown"), (502, "unknown"), (504, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "outcome"), ANSWERS)
async def test_an_answer_says_what_became_of_the_reply(
    factory: ConnectorTransport, service: Service, status: int, outcome: str
) -> None:
    service.answers = [(status, {"Location": "https://example.com/"})] * 2
    failed = await failure(factory, service)
    assert (failed.status, failed.outcome) == (status, outcome)
    assert len(service.seen) == (2 if status == 401 else 1)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("3", 3, 3),
        ("0", 0, 0),
        (" 12 ", 12, 12),
        ("soon", None, None),
        ("-5", None, None),
        ("٣", None, None),
        ("", None, None),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 3000, 3600, id="in an hour"),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0),
        ("Fri, 99 Dec 1999 23:59:59 GMT", None, None),
    ],
)
async def test_how_long_to_wait_is_read_in_either_form(
    factory: ConnectorTransport, service: Service, header: str, least: float | None, most: float | None
) -> None:
    service.answers = [(429, {"Retry-After": header})]
    asked = (await failure(factory, service)).retry_after
    assert asked is None if least is None or most is None else asked is not None and least <= asked <= most


@pytest.mark.parametrize("body", [[], "7", 7, None, {"id": 7}, {}])
async def test_a_reply_that_was_taken_need_not_get_an_id(
    factory: ConnectorTransport, service: Service, body: Any
) -> None:
    service.body = body
    assert (await send(factory, service)).id is None


async def test_a_service_that_is_not_there_took_nothing(factory: ConnectorTransport, service: Service) -> None:
    service.url = "http://127.0.0.1:9"
    failed = await failure(factory, service)
    assert (failed.status, failed.outcome) == (None, "later")
    assert "could not be reached at http://127.0.0.1:9" in str(failed)


async def test_one_token_serves_all_replies(factory: ConnectorTransport, service: Service, source: Source) -> None:
    for _ in range(10):
        await send(factory, service)
    assert set(service.seen) == {"Bearer t1"}
    assert source.given == 1


async def test_a_token_that_is_refused_is_replaced_once(
    factory: ConnectorTransport, service: Service, source: Source
) -> None:
    service.answers = [(401, {})]
    assert (await send(factory, service)).id == "7"
    assert service.seen == ["Bearer t1", "Bearer t2"]
    service.answers = [(401, {})] * 9
    for _ in range(3):
        assert (await failure(factory, service)).status == 401
    assert source.given == 2, "a service that refuses every token makes the bot ask for one each time"
    assert len(service.seen) == 5


async def test_without_a_token_nothing_is_sent(factory: ConnectorTransport, service: Service, source: Source) -> None:
    source.dry = True
    failed = await failure(factory, service)
    assert (failed.outcome, str(failed)) == ("later", "The bot gets no token for its replies. The well is dry.")
    assert service.seen == []


async def test_members_are_read_with_the_bots_token_page_by_page(
    factory: ConnectorTransport, service: Service, source: Source
) -> None:
    service.answers, service.body = [(401, {}), (200, {})], {"members": [{"id": "29:ada"}], "continuationToken": ""}
    members = await RosterReader(factory).read_members(service.url + "/", "19:x@thread.tacv2/../y")
    assert members == [{"id": "29:ada"}]
    assert service.seen == ["Bearer t1", "Bearer t2"]
    assert service.paths[-1] == "/v3/conversations/19%3Ax%40thread.tacv2%2F..%2Fy/pagedmembers?pageSize=500"


@pytest.mark.parametrize(
    ("status", "body"),
    [(301, {}), (403, {}), (404, {}), (500, {}), (200, []), (200, {}), (200, {"members": {}}), (200, "x" * MAX_PAGE_BYTES),
     (200, {"members": [], "continuationToken": "&pageSize=1 "})],
)  # fmt: skip
async def test_members_are_read_whole_or_not_at_all(
    factory: ConnectorTransport, service: Service, status: int, body: Any
) -> None:
    service.answers, service.body = [(status, {"Location": "https://example.com/"})] * MAX_PAGES, body
    with pytest.raises(DeliveryError):
        await RosterReader(factory).read_members(service.url, "19:x")
    assert len(service.paths) <= MAX_PAGES
    assert len(service.paths) == 1 or service.paths[-1].endswith("?pageSize=500&continuationToken=%26pageSize%3D1%20")


async def test_without_credentials_no_token_is_sent(service: Service) -> None:
    factory = ConnectorTransport()
    await send(factory, service)
    await factory.close()
    assert service.seen == [None]


@pytest.mark.parametrize("trusted", ["", "http://127.0.0.1:9", "https://smba.trafficmanager.net/emea/"])
async def test_only_the_trusted_service_is_written_to(
    factory: ConnectorTransport, service: Service, source: Source, trusted: str
) -> None:
    with pytest.raises(DeliveryError, match="a service that isn't trusted") as caught:
        await factory.create_trusted_factory(trusted).create(service.url)
    assert caught.value.outcome == "refused"
    with pytest.raises(DeliveryError, match="a service that isn't trusted"):
        await factory.create_trusted_factory("").create("")
    assert (service.seen, source.given) == ([], 0)
