"""The sandbox answers what Azure answered: each recorded request about image templates is a contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import HandClock
from tests.bot.sandbox.test_guarding import bearer, session_of
from tests.recordings.exchange import Exchange, read_exchanges
from tests.recordings.shape import describe_shape
from tests.recordings.template_spec import build_scenario

EXCHANGES = read_exchanges("image_builder")
READS = [exchange for exchange in EXCHANGES if exchange.method == "GET"]
CHANGES = [exchange for exchange in EXCHANGES if exchange.method != "GET"]
(REFUSAL,) = (exchange for exchange in EXCHANGES if exchange.status == 403)


def name_exchange(exchange: Exchange) -> str:
    return exchange.name


@asynccontextmanager
async def opened(exchange: Exchange) -> AsyncIterator[tuple[ClientSession, dict[str, str]]]:
    """A client of a sandbox that shows what the recording is about, and its token."""
    async with Sandbox(scenario=build_scenario(exchange), clock=HandClock()) as sandbox, session_of(sandbox) as session:
        yield session, await bearer(sandbox, sandbox.cloud.resource_scope)


def build_address(exchange: Exchange) -> str:
    """Return the same address; operations have ids of the sandbox's own."""
    if "/operations/" not in exchange.path:
        return exchange.address
    (template,) = build_scenario(exchange).templates
    operation = template.derive_guid("operation" if template.last_run else "submission")
    return f"{exchange.path.rpartition('/')[0]}/{operation}?api-version={exchange.api_version}"


async def describe_answer(response: ClientResponse) -> dict[str, Any]:
    return {"status": response.status, "type": response.content_type, "body": describe_shape(await response.json())}


def describe_recorded(exchange: Exchange) -> dict[str, Any]:
    content_type = exchange.headers["content-type"][0].partition(";")[0]
    return {"status": exchange.status, "type": content_type, "body": describe_shape(exchange.body)}


@pytest.mark.parametrize("exchange", READS, ids=name_exchange)
async def test_an_answer_has_the_shape_of_azures(exchange: Exchange) -> None:
    async with opened(exchange) as (session, headers):
        response = await session.get(build_address(exchange), headers=headers)
        assert await describe_answer(response) == describe_recorded(exchange)


@pytest.mark.parametrize("exchange", CHANGES, ids=name_exchange)
async def test_a_change_is_refused_in_the_shape_of_azures_refusals(exchange: Exchange) -> None:
    """The sandbox is read-only; what Azure answers when it refuses says how."""
    async with opened(exchange) as (session, headers):
        response = await session.request(exchange.method, exchange.address, headers=headers, json={})
        assert response.status == 405
        assert response.headers["Content-Type"] == REFUSAL.headers["content-type"][0]
        assert describe_shape(await response.json()) == describe_shape(REFUSAL.body)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subscriptions/{other}/resourceGroups/rg/providers/{type}/t", 404, "SubscriptionNotFound"),
        ("{group}x/providers/{type}/t", 404, "ResourceGroupNotFound"),
        ("{group}/providers/{type}/t", 404, "ResourceNotFound"),
        ("{group}/providers/{type}/{name}/runOutputs/none", 404, "ResourceNotFound"),
        ("{group}/providers/{type}/{name}/triggers/none", 404, "ResourceNotFound"),
    ],
)
async def test_a_refused_read_has_the_shape_of_azures_refusals(path: str, status: int, code: str) -> None:
    exchange = next(exchange for exchange in READS if exchange.templates)
    (template,) = build_scenario(exchange).templates
    group, kind = f"/subscriptions/{template.subscription}/resourceGroups/{template.group}", template.id.split("/")[6:8]
    address = path.format(
        other="11111111-1111-1111-1111-111111111111", group=group, type="/".join(kind), name=template.name
    )
    async with opened(exchange) as (session, headers):
        response = await session.get(f"{address}?api-version=2022-07-01", headers=headers)
        answer = json.loads(await response.text())
    assert (response.status, answer["error"]["code"]) == (status, code)
    assert response.headers["Content-Type"] == REFUSAL.headers["content-type"][0]
    assert describe_shape(answer) == describe_shape(REFUSAL.body)
