"""Filing with the real client: success, every refusal, and a single ticket whatever fails."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from bot.azure.support.ticket_filer import SupportTicketFiler
from bot.azure.support.ticket_name import build_ticket_name
from bot.sandbox.support.services import SERVICES
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from dialogs.model.support import ServiceChoice, TicketAttachment, TicketDraft
from dialogs.model.turn import Person
from knowledge.catalog.support import load_support
from tests.bot.azure.support.desk import DRAFT, FAST, PERSON, SOMEBODY, SUBSCRIPTION, Office
from tests.bot.azure.support.failing_support_service import FailureMode

SECRET = "sv=2022-11-02&sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE%3D"
PASSWORD = 'net user admin "Hunter2-Q8xKzz!" /add; $password = "Hunter2-Q8xKzz!"'
DOCUMENTED = "Azure Features / Azure Image Builder"
OWN = ServiceChoice(
    "/providers/Microsoft.Support/services/8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab", "Azure VM Image Builder"
)


class Moments:
    """Pauses the API once a ticket was created, until the test lets it continue."""

    def __init__(self, office: Office) -> None:
        self.asked, self.made, self.go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
        office.desk.on_create_ticket = self.meanwhile

    async def meanwhile(self, moment: str) -> None:
        if moment == "asked":
            self.asked.set()
            return
        self.made.set()
        await self.go_on.wait()


async def routed(ticket_filer: SupportTicketFiler, draft: TicketDraft = DRAFT) -> TicketDraft:
    routes = await ticket_filer.fetch_classifications(PERSON, SUBSCRIPTION, "windows", uses_documented_path=True)
    return replace(draft, service=routes.service, classification=routes.classifications[0])


async def refused(ticket_filer: SupportTicketFiler, draft: TicketDraft, person: Person = PERSON) -> AzureRefusal:
    with pytest.raises(AzureRefusedError) as raised:
        await ticket_filer.file_ticket(person, draft)
    return raised.value.refusal


async def test_a_ticket_goes_where_image_builder_is_looked_after(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    routes = await ticket_filer.fetch_classifications(PERSON, SUBSCRIPTION, "windows", uses_documented_path=True)
    assert routes.service.name == "Virtual Machine running Windows"
    assert [one.name for one in routes.classifications] == ["Azure Features / Azure Image Builder"]
    ticket = await ticket_filer.file_ticket(
        PERSON, replace(DRAFT, service=routes.service, classification=routes.classifications[0])
    )
    assert (ticket.number, ticket.state, ticket.was_already_filed, ticket.attachment_count) == (
        "2611220010000001",
        "Open",
        False,
        0,
    )
    name = build_ticket_name(PERSON, DRAFT.id)
    assert ticket.id == f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Support/supportTickets/{name}"
    assert ticket.url.startswith("https://portal.azure.com/#view/Microsoft_Azure_Support/")
    assert name in ticket.url
    assert office.credentials.asked == [PERSON, PERSON]
    (sent,) = office.desk.ticket_bodies
    assert sent == {
        "title": DRAFT.title,
        "description": DRAFT.description,
        "severity": "minimal",
        "serviceId": routes.service.id,
        "problemClassificationId": routes.classifications[0].id,
        "advancedDiagnosticConsent": "No",
        "contactDetails": {
            "firstName": "Ada",
            "lastName": "Rossi",
            "preferredContactMethod": "email",
            "primaryEmailAddress": "ada@example.com",
            "preferredTimeZone": "W. Europe Standard Time",
            "country": "ITA",
            "preferredSupportLanguage": "it-it",
        },
    }


async def test_what_was_said_goes_along_and_nothing_else(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    contact = replace(DRAFT.contact, contact_method="phone", phone="+39 055 1234")
    draft = await routed(
        ticket_filer,
        replace(DRAFT, contact=contact, can_collect_diagnostics=True, problem_started_at="2026-02-22T01:29:00Z"),
    )
    await ticket_filer.file_ticket(PERSON, draft)
    (sent,) = office.desk.ticket_bodies
    assert sent["advancedDiagnosticConsent"] == "Yes"
    assert sent["problemStartTime"].startswith("2026-02-22T01:29:00")
    assert (sent["contactDetails"]["phoneNumber"], sent["contactDetails"]["preferredContactMethod"]) == (
        "+39 055 1234",
        "phone",
    )
    # the service doesn't know image templates as resources: its id is in the description
    assert "technicalTicketDetails" not in sent
    assert "secondaryConsent" not in sent


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("Azure Features / Azure Image Builder", "Other / Image Builder"), ["Azure Features / Azure Image Builder"]),
        (("azure features /  azure image builder",), ["azure features /  azure image builder"]),
        (
            ("Azure Features / Image Builder, new", "Management / Image Builder"),
            ["Azure Features / Image Builder, new"],
        ),
        (
            ("Management / Issues with Azure Image Builder", "Images / Image Builder"),
            ["Management / Issues with Azure Image Builder", "Images / Image Builder"],
        ),
    ],
)
async def test_the_classification_is_looked_up(office: Office, names: tuple[str, ...], found: list[str]) -> None:
    office.desk.services = {"VIRTUAL MACHINE  running windows": ("Connectivity / RDP", *names), "Other": names}
    routes = await office.ticket_filer().fetch_classifications(PERSON, SUBSCRIPTION, "windows")
    assert routes.service.name == "VIRTUAL MACHINE  running windows"
    assert [one.name for one in routes.classifications] == found


async def test_image_builders_own_product_comes_first_where_azure_lists_it(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    routes = await ticket_filer.fetch_classifications(PERSON, SUBSCRIPTION, "linux")
    assert routes.service == OWN
    assert [one.name for one in routes.classifications] == ["Image build failure", "Other"]
    ticket = await ticket_filer.file_ticket(
        PERSON, replace(DRAFT, service=routes.service, classification=routes.classifications[0])
    )
    assert ticket.number
    (filed,) = office.tickets
    assert (filed["serviceDisplayName"], filed["problemClassificationDisplayName"]) == (OWN.name, "Image build failure")


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({"AZURE VM  image builder": ("Pricing", "My build FAILED", "Other")}, ["My build FAILED", "Pricing", "Other"]),
        ({OWN.name: ()}, [DOCUMENTED]),
        ({f"{OWN.name} (preview)": ("Failed",)}, [DOCUMENTED]),
        ({}, [DOCUMENTED]),
    ],
)
async def test_without_its_problem_types_the_documented_path_stays(
    office: Office, own: dict[str, tuple[str, ...]], found: list[str]
) -> None:
    office.desk.services = {**own, "Virtual Machine running Windows": (DOCUMENTED,)}
    routes = await office.ticket_filer().fetch_classifications(PERSON, SUBSCRIPTION, "windows")
    assert [one.name for one in routes.classifications] == found
    assert all(one.id.startswith(f"{routes.service.id}/") for one in routes.classifications)


@pytest.mark.parametrize(
    ("services", "reason"),
    [
        ({"Virtual Machine running Windows": ("Connectivity / RDP",)}, "no-classification"),
        ({"Virtual Machine running Ubuntu": SERVICES["Virtual Machine running Linux"]}, "no-service"),
        ({}, "no-service"),
    ],
)
async def test_without_a_place_for_image_builder_it_is_said(
    office: Office, services: dict[str, tuple[str, ...]], reason: AzureRefusalReason
) -> None:
    office.desk.services = services
    with pytest.raises(AzureRefusedError) as raised:
        await office.ticket_filer().fetch_classifications(PERSON, SUBSCRIPTION, "windows")
    assert raised.value.refusal.reason == reason


REFUSALS: list[tuple[FailureMode, AzureRefusal]] = [
    ("no-plan", AzureRefusal("no-plan", detail="Developer", code="InvalidSupportPlan")),
    (
        "denied",
        AzureRefusal(
            "no-permission",
            action="Microsoft.Support/supportTickets/read",
            scope=f"/subscriptions/{SUBSCRIPTION}",
            role="Support Request Contributor",
            code="AuthorizationFailed",
        ),
    ),
    ("not-registered", AzureRefusal("not-registered", code="MissingSubscriptionRegistration")),
    ("throttled", AzureRefusal("busy", code="TooManyRequests", retry_after=37)),
    ("too-many-open", AzureRefusal("quota", code="QuotaExceeded")),
    ("severity", AzureRefusal("severity", code="InvalidSeverity")),
    (
        "invalid",
        AzureRefusal(
            "rejected", detail="The value of 'contactDetails.country' is not valid.", code="InvalidParameterValue"
        ),
    ),
    ("hidden", AzureRefusal("name-taken")),
    ("request-lost", AzureRefusal("unsure")),
    (
        "broken",
        AzureRefusal("azure-trouble", detail="The server encountered an internal error.", code="InternalServerError"),
    ),
]


@pytest.mark.parametrize(("trouble", "refusal"), REFUSALS, ids=[case[0] for case in REFUSALS])
async def test_every_refusal_says_why(office: Office, trouble: FailureMode, refusal: AzureRefusal) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer)
    office.desk.failure_modes[SUBSCRIPTION] = trouble
    assert await refused(ticket_filer, draft) == refusal
    assert office.tickets == []
    assert not any("register" in path for _, path in office.desk.request_log)
    # nothing that makes a ticket was sent twice
    assert office.puts() <= 1


async def test_an_operation_that_does_not_end_is_left_in_time_and_found_later(office: Office) -> None:
    ticket_filer = office.ticket_filer(replace(FAST, file_seconds=0.3))
    draft = await routed(ticket_filer)
    office.desk.failure_modes[SUBSCRIPTION] = "slow"
    assert (await refused(ticket_filer, draft)).reason == "too-slow"
    office.desk.failure_modes.clear()
    ticket = await office.ticket_filer().file_ticket(PERSON, draft)
    assert ticket.was_already_filed
    assert ticket.number == "2611220010000001"
    assert office.puts() == 1


@pytest.mark.parametrize("trouble", ["answer-lost", "fails-after-create", "elsewhere", "status-denied"])
async def test_a_ticket_whose_making_was_not_seen_is_found(office: Office, trouble: FailureMode) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer)
    office.desk.failure_modes[SUBSCRIPTION] = trouble
    ticket = await ticket_filer.file_ticket(PERSON, draft)
    assert ticket.number == "2611220010000001"
    assert (office.puts(), len(office.tickets)) == (1, 1)


async def test_a_request_that_never_arrived_can_be_sent_again(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer)
    office.desk.failure_modes[SUBSCRIPTION] = "request-lost"
    assert (await refused(ticket_filer, draft)).reason == "unsure"
    office.desk.failure_modes.clear()
    assert not (await ticket_filer.file_ticket(PERSON, draft)).was_already_filed
    assert len(office.tickets) == 1


async def test_pressed_twice_at_once_it_is_one_ticket(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer)
    moments = Moments(office)
    presses = [asyncio.create_task(ticket_filer.file_ticket(PERSON, draft)) for _ in range(4)]
    await moments.asked.wait()
    moments.go_on.set()
    tickets = await asyncio.gather(*presses)
    assert {ticket.number for ticket in tickets} == {"2611220010000001"}
    assert sorted(ticket.was_already_filed for ticket in tickets) == [False, True, True, True]
    assert office.puts() == 1


async def test_two_processes_at_once_make_one_ticket(office: Office) -> None:
    draft = await routed(office.ticket_filer())
    tickets = await asyncio.gather(*(office.ticket_filer().file_ticket(PERSON, draft) for _ in range(3)))
    assert {ticket.number for ticket in tickets} == {"2611220010000001"}
    assert len(office.tickets) == 1


async def test_a_process_that_ends_between_press_and_answer_leaves_one_ticket(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer)
    moments = Moments(office)
    press = asyncio.create_task(ticket_filer.file_ticket(PERSON, draft))
    await moments.made.wait()
    press.cancel()
    with pytest.raises(asyncio.CancelledError):
        await press
    moments.go_on.set()
    ticket = await office.ticket_filer().file_ticket(PERSON, draft)
    assert ticket.was_already_filed
    assert ticket.number == "2611220010000001"
    assert (office.puts(), len(office.tickets)) == (1, 1)


async def test_other_drafts_and_other_people_get_tickets_of_their_own(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer)
    numbers = [
        (await ticket_filer.file_ticket(PERSON, draft)).number,
        (await ticket_filer.file_ticket(SOMEBODY, draft)).number,
        (await ticket_filer.file_ticket(PERSON, replace(draft, id="20260301-2"))).number,
        (await ticket_filer.file_ticket(PERSON, replace(draft, title="Edited after it was filed"))).number,
    ]
    assert len(set(numbers)) == 3
    assert numbers[3] == numbers[0]
    assert office.tickets[0]["title"] == DRAFT.title


def test_a_name_keeps_its_parts_apart() -> None:
    one = build_ticket_name(Person("ab", "c"), "d")
    assert one != build_ticket_name(Person("a", "bc"), "d") != build_ticket_name(Person("a", "b"), "cd")
    assert one == build_ticket_name(Person("ab", "c", name="Another name"), "d")
    assert len(one) <= 64
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


async def test_files_go_along(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    big = "line of a log\n" * 260_000
    files = (
        TicketAttachment("case.md", "# The case"),
        TicketAttachment("log.txt", big),
        TicketAttachment("run.ps1", "no"),
    )
    ticket = await ticket_filer.file_ticket(PERSON, await routed(ticket_filer, replace(DRAFT, attachments=files)))
    name = build_ticket_name(PERSON, DRAFT.id)
    held = office.desk.workspaces[SUBSCRIPTION, name]
    assert {file: bytes(content).decode() for file, content in held.items()} == {
        "case.md": "# The case",
        "log.txt": big,
    }
    assert ticket.attachment_count == 2
    assert office.tickets[0]["fileWorkspaceName"] == name


@pytest.mark.parametrize(
    "name", ["run.ps1", "../x.txt", ".txt", "a/b.md", "x" * 200 + ".md", "log.log", "empty.txt", "big.txt"]
)
async def test_a_file_that_azure_would_not_take_stays(office: Office, name: str) -> None:
    ticket_filer = office.ticket_filer()
    content = {"empty.txt": "", "big.txt": "x" * 5_000_001}.get(name, "text")
    draft = await routed(ticket_filer, replace(DRAFT, attachments=(TicketAttachment(name, content),)))
    assert (await ticket_filer.file_ticket(PERSON, draft)).attachment_count == 0
    assert not office.desk.workspaces
    assert "fileWorkspaceName" not in office.desk.ticket_bodies[0]


async def test_without_a_place_for_files_the_ticket_is_filed_all_the_same(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    draft = await routed(ticket_filer, replace(DRAFT, attachments=(TicketAttachment("case.md", "x"),)))
    office.desk.failure_modes[SUBSCRIPTION] = "no-files"
    ticket = await ticket_filer.file_ticket(PERSON, draft)
    assert (ticket.attachment_count, ticket.number) == (0, "2611220010000001")
    assert "fileWorkspaceName" not in office.desk.ticket_bodies[0]


async def test_planted_secrets_leave_in_nothing(office: Office) -> None:
    ticket_filer = office.ticket_filer()
    told = f"https://acct.blob.core.windows.net/c/a.ps1?{SECRET}\n{PASSWORD}"
    draft = await routed(
        ticket_filer,
        replace(
            DRAFT, title=f"Failed: {told}"[:240], description=told, attachments=(TicketAttachment("case.md", told),)
        ),
    )
    await ticket_filer.file_ticket(PERSON, draft)
    left = str(office.desk.ticket_bodies) + str(office.desk.workspaces)
    assert "acct.blob.core.windows.net" in left
    for secret in ("Zm9vYmFyYmF6", "Hunter2"):
        assert secret not in left


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("AADSTS65001: The user or administrator has not consented", "consent"),
        ("AADSTS50076: you must use multi-factor authentication", "conditional-access"),
        ("AADSTS50133: the assertion has expired", "sign-in"),
        ("AADSTS50020: User account does not exist in tenant", "other-tenant"),
        ("no token", "sign-in"),
    ],
)
async def test_without_a_token_nothing_is_sent(office: Office, error: str, reason: AzureRefusalReason) -> None:
    office.credentials.error = error
    assert (await refused(office.ticket_filer(), DRAFT)).reason == reason
    assert office.desk.request_log == []


async def test_the_operators_list_of_subscriptions_holds_here_too(office: Office) -> None:
    office.credentials.limit = frozenset({"c4b7d912-0e5a-4f68-8a23-71d9e5f0b46c"})
    assert (await refused(office.ticket_filer(), DRAFT)).reason == "not-allowed"
    assert (office.desk.request_log, office.credentials.asked) == ([], [])
    office.credentials.limit = frozenset({SUBSCRIPTION})
    assert (await routed(office.ticket_filer())).service.id


async def test_without_a_connection_it_is_said(office: Office) -> None:
    ticket_filer = SupportTicketFiler(
        office.credentials, replace(office.cloud, resource_manager="https://127.0.0.1:9"), load_support(), FAST
    )
    assert (await refused(ticket_filer, DRAFT)).reason == "no-network"


async def test_what_happened_is_noted_without_contents(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ticket_filer = office.ticket_filer()
    await ticket_filer.file_ticket(PERSON, await routed(ticket_filer))
    office.desk.failure_modes[SUBSCRIPTION] = "denied"
    await refused(ticket_filer, replace(DRAFT, id="another"))
    said = [
        record.getMessage().rsplit(" ms=", 1)[0]
        for record in caplog.records
        if record.name == "bot.azure.support.audit"
    ]
    who = f"filing who=tenant/{PERSON.object_id}"
    another = build_ticket_name(PERSON, "another")
    assert said == [
        f"{who} operation=routes what={SUBSCRIPTION} result=ok",
        f"{who} operation=file what={SUBSCRIPTION}/{build_ticket_name(PERSON, DRAFT.id)} result=ok",
        f"{who} operation=file what={SUBSCRIPTION}/{another} result=no-permission code=AuthorizationFailed",
    ]
    everything = caplog.text
    for content in (DRAFT.title, "ada@example.com", "Rossi", "Bearer", DRAFT.description.split("\n", 1)[0]):
        assert content not in everything
