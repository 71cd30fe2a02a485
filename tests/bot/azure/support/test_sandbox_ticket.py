"""Filing a ticket in the sandbox, from the conversation through the real client and HTTPS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.azure.support.open import open_ticket_filer
from bot.azure.support.ticket_filer import FilingTimeouts, SupportTicketFiler
from bot.sandbox.builds.scenario import read_scenario
from bot.sandbox.credentials import SandboxCredentials, SandboxTokens
from bot.sandbox.server import Sandbox
from knowledge.azure_clouds import CLOUDS
from knowledge.catalog.support import load_support
from tests.bot.azure.support.failing_support_service import FailingSupportService
from tests.dialogs.support.ticket.office import FilingChat
from tests.dialogs.support.ticket.test_flow import CONTACT, press, to_the_form

IMAGES, RESEARCH = read_scenario().subscriptions


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[tuple[FailingSupportService, SupportTicketFiler]]:
    desk = FailingSupportService.from_scenario(read_scenario(), retry_after_seconds=0)
    async with Sandbox(extra_routes=desk.build_routes()) as sandbox:
        ticket_filer = open_ticket_filer(True, sandbox.credential_provider, sandbox.cloud, load_support())
        assert isinstance(ticket_filer, SupportTicketFiler)
        yield (
            desk,
            SupportTicketFiler(
                sandbox.credential_provider,
                sandbox.cloud,
                load_support(),
                FilingTimeouts(settle_seconds=1, poll_seconds=0.02),
            ),
        )


async def agreed(ticket_filer: SupportTicketFiler, subscription: str, way: str = "Documented path") -> FilingChat:
    chat = FilingChat(ticket_filer)  # type: ignore[arg-type]
    await to_the_form(chat)
    shown = await press(chat, "ticket-preview", **{**CONTACT, "subscription": subscription})
    assert "Azure now lists Image Builder as its own product" in shown
    assert "This is everything that will be sent" in await chat.press(way)
    await press(chat, "ticket-yes")
    return chat


async def test_a_ticket_is_filed(desk: tuple[FailingSupportService, SupportTicketFiler]) -> None:
    office, ticket_filer = desk
    chat = await agreed(ticket_filer, IMAGES)
    assert "The request number is 2611220010000001" in await chat.finish_job()
    (sent,) = office.ticket_bodies
    assert sent["advancedDiagnosticConsent"] == "No"
    assert sent["title"] == "Azure VM Image Builder: Script ended with a non-zero exit code (win11-golden)"
    assert "WHAT HAPPENED" in sent["description"]


async def test_a_ticket_is_filed_for_image_builders_own_product(
    desk: tuple[FailingSupportService, SupportTicketFiler],
) -> None:
    office, ticket_filer = desk
    chat = await agreed(ticket_filer, IMAGES, "Image build failure")
    assert "The request number is" in await chat.finish_job()
    (ticket,) = (ticket["properties"] for ticket in office.tickets.values())
    assert ticket["serviceDisplayName"] == "Azure VM Image Builder"
    assert ticket["serviceId"].endswith("/8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab")
    assert ticket["problemClassificationDisplayName"] == "Image build failure"


async def test_without_a_plan_it_is_said(desk: tuple[FailingSupportService, SupportTicketFiler]) -> None:
    chat = await agreed(desk[1], RESEARCH)
    shown = await chat.finish_job()
    assert "doesn't allow requests through the API" in shown
    assert "Developer" in shown
    assert desk[0].tickets == {}


async def test_an_unknown_subscription_is_said(desk: tuple[FailingSupportService, SupportTicketFiler]) -> None:
    chat = await agreed(desk[1], "00000000-1111-2222-3333-444444444444")
    assert "can't find this subscription" in await chat.finish_job()


async def test_a_restart_while_it_is_filed_leaves_one_ticket(
    desk: tuple[FailingSupportService, SupportTicketFiler],
) -> None:
    office, ticket_filer = desk
    chat = await agreed(ticket_filer, IMAGES)
    made, go_on = asyncio.Event(), asyncio.Event()

    async def held(moment: str) -> None:
        if moment == "made":
            made.set()
            await go_on.wait()

    office.on_create_ticket = held
    (job,) = chat.jobs
    first = asyncio.create_task(chat.conversation.perform_job(chat.person, job, "en", lambda done, total: None))
    await made.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    go_on.set()
    assert "Already filed, as request 2611220010000001" in await chat.finish_job()
    assert len(office.ticket_bodies) == 1


async def test_what_is_kept_and_logged_is_small(
    desk: tuple[FailingSupportService, SupportTicketFiler], caplog: pytest.LogCaptureFixture
) -> None:
    chat = await agreed(desk[1], IMAGES)
    during: dict[str, Any] = chat.state or {}
    assert len(json.dumps(during)) < 20_000
    await chat.finish_job()
    assert "ada@example.com" not in json.dumps(chat.state)
    assert "ada@example.com" not in caplog.text


def test_where_it_is_not_allowed_nothing_is_opened() -> None:
    credentials = SandboxCredentials(SandboxTokens("a", "b"))
    assert open_ticket_filer(False, credentials, CLOUDS["public"], load_support()) is None
    assert open_ticket_filer(True, None, CLOUDS["public"], load_support()) is None
