"""The sandbox's support API answers what Azure answered: each recorded request about tickets is a contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession

from bot.sandbox.builds.scenario import Scenario
from bot.sandbox.server import Sandbox
from bot.sandbox.support.service import FakeSupportService
from tests.bot.sandbox.test_guarding import bearer, session_of
from tests.recordings.exchange import SUBSCRIPTION, Exchange, read_exchanges
from tests.recordings.shape import describe_shape

EXCHANGES = read_exchanges("support")
BASE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Support"
VERSION = "?api-version=2024-04-01"
BILLING = "/providers/Microsoft.Support/services/517f2da6-78fd-0498-4e22-ad26996b1dfc"
(SERVICES,) = (exchange.body["value"] for exchange in EXCHANGES if exchange.path.endswith("/services"))
(CREATION,) = (exchange for exchange in EXCHANGES if exchange.method == "PUT")


class SupportClient:
    """A client of the sandbox's support API, with its token."""

    def __init__(self, session: ClientSession, headers: dict[str, str]) -> None:
        self._session = session
        self._headers = headers

    async def send(self, method: str, address: str, body: Any = None) -> ClientResponse:
        return await self._session.request(method, address, headers=self._headers, json=body)

    async def read(self, address: str) -> Any:
        return await (await self.send("GET", address)).json()

    async def create_ticket(self) -> ClientResponse:
        """Create the recorded ticket, for a service that the sandbox has."""
        (service,) = (s for s in SERVICES if s["properties"]["displayName"] == "Virtual Machine running Linux")
        classifications = await self.read(f"{service['id']}/problemClassifications{VERSION}")
        properties = CREATION.request["properties"] | {
            "serviceId": service["id"],
            "problemClassificationId": classifications["value"][-1]["id"],
        }
        return await self.send("PUT", CREATION.address, {"properties": properties})


@pytest_asyncio.fixture
async def client() -> AsyncIterator[SupportClient]:
    routes = FakeSupportService({SUBSCRIPTION}, retry_after_seconds=0).build_routes()
    async with (
        Sandbox(extra_routes=routes, scenario=Scenario({SUBSCRIPTION: "Recorded"}, ())) as sandbox,
        session_of(sandbox) as session,
    ):
        yield SupportClient(session, await bearer(sandbox, sandbox.cloud.resource_scope))


async def repeat(client: SupportClient, exchange: Exchange) -> ClientResponse:
    """Send the recorded request, at a moment when the sandbox has what it's about."""
    address = exchange.address
    if "/supportTickets/" in exchange.path or "/operationsStatus/" in exchange.path:
        created = await client.create_ticket()
        if exchange is CREATION:
            return created
        status_address = created.headers["Azure-AsyncOperation"]
        if "/operationsStatus/" in exchange.path:
            if exchange.body["status"] == "Succeeded":
                await client.send("GET", status_address)
            address = status_address
        elif exchange.number == 18:  # a ticket that was closed
            await client.send("PATCH", address, {"status": "closed"})
    elif "/services/" in exchange.path:  # the recorded service isn't one of the sandbox's
        kind = exchange.path.partition("/services/")[2].count("/")
        (first, *_) = (await client.read(f"{BILLING}/problemClassifications{VERSION}"))["value"]
        address = (BILLING, f"{BILLING}/problemClassifications", first["id"])[kind] + VERSION
    return await client.send(exchange.method, address, exchange.request)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.name)
async def test_an_answer_has_the_shape_of_azures(client: SupportClient, exchange: Exchange) -> None:
    response = await repeat(client, exchange)
    assert response.status == exchange.status
    if exchange.body is not None:
        assert describe_shape(await response.json()) == describe_shape(exchange.body)
    for name, (recorded,) in exchange.headers.items():
        assert describe_address(response.headers[name]) == describe_address(recorded)


def describe_address(address: str) -> tuple[str, list[str]]:
    """Return the path of an operation's address, without ids, and the names of its parameters."""
    path, _, query = address.partition("?")
    return describe_shape(path[path.index("/subscriptions/") :]), [part.split("=")[0] for part in query.split("&")]


async def test_the_services_are_azures_own(client: SupportClient) -> None:
    listed = {s["name"]: s for s in (await client.read(f"/providers/Microsoft.Support/services{VERSION}"))["value"]}
    recorded = {s["name"]: s for s in SERVICES}
    assert {name: listed[name] for name in recorded.keys() & listed.keys()} == {
        name: service for name, service in recorded.items() if name in listed
    }
    names = {service["properties"]["displayName"] for service in listed.values() if service["name"] in recorded}
    assert {
        "Azure VM Image Builder", "Virtual Machine running Windows", "Virtual Machine running Linux"
    } <= names  # fmt: skip


async def test_tickets_are_listed(client: SupportClient) -> None:
    assert await client.read(f"{BASE}/supportTickets{VERSION}") == {"value": []}
    await client.create_ticket()
    (listed,) = (await client.read(f"{BASE}/supportTickets{VERSION}&$top=10"))["value"]
    assert listed == await client.read(CREATION.address)
    assert listed["properties"]["serviceDisplayName"] == "Virtual Machine running Linux"


@pytest.mark.parametrize(
    ("name", "is_available", "reason"),
    [
        ("aib-20261122-1", True, None),
        ("2f0c1a77-6d43-4b0e-9c58-1be90d7a4e31", False, "Invalid"),
        ("what?", False, "Invalid"),
        ("test_ticket_from_cli_000001", False, "AlreadyExists"),
    ],
)
async def test_a_name_that_cannot_be_used_says_why(
    client: SupportClient, name: str, is_available: bool, reason: str | None
) -> None:
    await client.create_ticket()
    body = {"name": name, "type": "Microsoft.Support/supportTickets"}
    answer = await (await client.send("POST", f"{BASE}/checkNameAvailability{VERSION}", body)).json()
    assert (answer["nameAvailable"], answer.get("reason")) == (is_available, reason)
