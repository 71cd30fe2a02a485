"""Which requests can be sent to Azure Support. Reads are retried a little, and requests that create something never."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.rest import HttpRequest

from bot.azure.arm.request_policy import ForeignAddressError
from bot.azure.support.client import MAX_ATTEMPTS, build_support_policy

BASE = "https://management.azure.com"
SUBSCRIPTION = "8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75"
OWN = f"{BASE}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Support"


class Answered:
    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status_code = status
        self.headers = headers


class Network:
    """Answers with what it was given, in turn; the last one forever."""

    def __init__(self, *answers: int | Exception, retry_after: str = "") -> None:
        self.answers = list(answers)
        self.headers = {"Retry-After": retry_after} if retry_after else {}
        self.sent = 0

    async def send(self, request: Any) -> Any:
        self.sent += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return PipelineResponse(request.http_request, Answered(answer, self.headers), request.context)


async def sent(network: Network, method: str, url: str) -> Any:
    guard = build_support_policy(BASE, SUBSCRIPTION, retry_pause_seconds=0)
    guard.next = network  # type: ignore[assignment]
    return await guard.send(PipelineRequest(HttpRequest(method, url), PipelineContext(None)))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{BASE}/providers/Microsoft.Support/services?api-version=2024-04-01"),
        ("GET", f"{BASE}/providers/Microsoft.Support/services/x/problemClassifications"),
        ("GET", f"{OWN}/operationsStatus/x"),
        ("GET", f"{BASE}:443/subscriptions/{SUBSCRIPTION.upper()}/providers/microsoft.support/supportTickets/x"),
        ("POST", f"{OWN}/checkNameAvailability"),
        ("PUT", f"{OWN}/supportTickets/x"),
        ("PUT", f"{OWN}/fileWorkspaces/x"),
        ("PUT", f"{OWN}/fileWorkspaces/x/files/case.md"),
        ("POST", f"{OWN}/fileWorkspaces/x/files/case.md/upload"),
    ],
)
async def test_what_belongs_to_the_support_api_leaves(method: str, url: str) -> None:
    network = Network(200)
    await sent(network, method, url)
    assert network.sent == 1


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{BASE}/subscriptions/{SUBSCRIPTION}/resourceGroups"),
        ("GET", f"{OWN}/../Microsoft.Storage/storageAccounts"),
        ("GET", f"{OWN}/%2e%2e/Microsoft.Storage/storageAccounts"),
        (
            "GET",
            f"https://management.azure.com.evil.example/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Support/x",
        ),
        (
            "GET",
            f"https://evil.example@management.azure.com/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Support/x",
        ),
        ("GET", OWN.replace("https", "http") + "/x"),
        ("GET", OWN.replace(".com", ".com:8443") + "/x"),
        ("GET", "https://[broken/x"),
        ("PUT", OWN.replace(SUBSCRIPTION, "c4b7d912-0e5a-4f68-8a23-71d9e5f0b46c") + "/supportTickets/x"),
        ("PUT", f"{BASE}/providers/Microsoft.Support/supportTickets/x"),
        ("POST", f"{BASE}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Support/../Microsoft.Compute/register"),
        ("POST", f"{BASE}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.SupportX/register"),
        ("GET", f"{BASE}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.SupportX/supportTickets"),
        ("GET", f"{BASE}/providers/Microsoft.Support/servicesX"),
        ("POST", f"{OWN}/supportTickets/x"),
        ("PATCH", f"{OWN}/supportTickets/x"),
        ("DELETE", f"{OWN}/supportTickets/x"),
        ("PUT", f"{OWN}/supportTickets/x/communications/y"),
        ("PUT", f"{OWN}/supportTickets/x%2Fcommunications%2Fy"),
    ],
)
async def test_no_other_request_is_sent(method: str, url: str) -> None:
    network = Network(200)
    with pytest.raises(ForeignAddressError):
        await sent(network, method, url)
    assert network.sent == 0


@pytest.mark.parametrize("first", [429, 500, 503, ServiceResponseError("broke")])
async def test_a_read_is_tried_again_a_little(first: int | Exception) -> None:
    network = Network(first, 200)
    assert (await sent(network, "GET", f"{OWN}/supportTickets/x")).http_response.status_code == 200
    assert network.sent == 2
    network = Network(503)
    assert (await sent(network, "GET", f"{OWN}/supportTickets/x")).http_response.status_code == 503
    assert network.sent == MAX_ATTEMPTS


async def test_a_wish_to_wait_long_is_handed_on() -> None:
    network = Network(429, retry_after="600")
    assert (await sent(network, "GET", f"{OWN}/supportTickets/x")).http_response.status_code == 429
    assert network.sent == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "supportTickets/x"), ("PUT", "fileWorkspaces/x"), ("POST", "fileWorkspaces/x/files/case.md/upload")],
)
async def test_what_makes_something_is_sent_once(method: str, path: str) -> None:
    network = Network(503)
    await sent(network, method, f"{OWN}/{path}")
    assert network.sent == 1
    network = Network(ServiceResponseError("broke"))
    with pytest.raises(ServiceResponseError):
        await sent(network, method, f"{OWN}/{path}")
    assert network.sent == 1
