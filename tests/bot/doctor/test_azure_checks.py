"""The doctor's checks of Azure access: a sign-in that can't start, an identity with too few permissions."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from bot.azure.arm.settings import AzureSettings
from bot.azure.disabled import DisabledAzureReader
from bot.doctor.azure_checks import check_azure_access
from bot.doctor.checkup import DoctorEnvironment
from bot.host.settings import Settings
from dialogs.model.azure import AccessMode, TemplateSearchResult
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.template.template_id import TemplateQuery
from tests.bot.auth.identity_service import CREDENTIALS, SECRET, TENANT
from tests.bot.sign_in.entra import CONNECTION, Entra

OBJECT = "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10"
BOT = AzureSettings("bot", subscriptions=frozenset({"a", "b"}), people=frozenset({(TENANT, OBJECT)}))


def settings(azure: AzureSettings) -> Settings:
    return Settings(credentials=CREDENTIALS, azure=azure)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[tuple[Entra, DoctorEnvironment]]:
    authority, entra = trustme.CA(), Entra()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    runner = web.AppRunner(entra.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    entra.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    yield entra, DoctorEnvironment(entra.cloud, client)
    await runner.cleanup()


@pytest.mark.parametrize(("mode", "state", "said"), [("off", "good", "Off"), ("sandbox", "warning", "made up")])
async def test_what_needs_nothing_is_said_so(mode: AccessMode, state: str, said: str) -> None:
    found = await check_azure_access(settings(AzureSettings(mode)), DoctorEnvironment())
    assert (found.state, said in found.message) == (state, True)


async def test_a_connection_that_is_there(service: tuple[Entra, DoctorEnvironment]) -> None:
    entra, around = service
    found = await check_azure_access(settings(AzureSettings("user", oauth_connection=CONNECTION)), around)
    assert found.state == "good"
    assert entra.states[0]["connectionName"] == CONNECTION
    assert "secret-link" not in found.message


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_a_connection_that_is_not(service: tuple[Entra, DoctorEnvironment], status: int) -> None:
    entra, around = service
    entra.failing["GetSignInResource"] = status
    found = await check_azure_access(settings(AzureSettings("user", oauth_connection="wrong")), around)
    assert found.state == "fault"
    assert "OAUTH_CONNECTION must be the name" in found.message
    assert SECRET not in found.message


class FakeAzureReader(DisabledAzureReader):
    """Finds what it was given, or refuses."""

    def __init__(self, given: TemplateSearchResult | AzureRefusal) -> None:
        self.given, self.people, self.closed = given, list[Person](), False

    async def find_templates(self, person: Person, wanted: TemplateQuery) -> TemplateSearchResult:
        self.people.append(person)
        if isinstance(self.given, AzureRefusal):
            raise AzureRefusedError(self.given)
        return self.given

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("given", "state", "said"),
    [
        (
            TemplateSearchResult((), searched_subscriptions=("Dev", "Prod")),
            "good",
            "can read 2 of the subscriptions, for 1 people",
        ),
        (
            TemplateSearchResult((), searched_subscriptions=("Dev",), denied_subscriptions=("Prod",)),
            "fault",
            "isn't allowed to read Prod: assign it the role",
        ),
        (
            AzureRefusal(
                "denied", action="Microsoft.Resources/subscriptions/read", scope="/subscriptions/a", role="Reader"
            ),
            "fault",
            "Microsoft.Resources/subscriptions/read on /subscriptions/a). The role Reader allows it.",
        ),
        (AzureRefusal("unexpected", code="CredentialUnavailableError"), "fault", "CredentialUnavailableError"),
        (AzureRefusal("no-network"), "fault", "no-network"),
    ],
)
async def test_what_the_identity_may_read(
    given: TemplateSearchResult | AzureRefusal, state: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeAzureReader(given)
    monkeypatch.setattr("bot.doctor.azure_checks.open_azure_reader", lambda settings, diagnoser: fake)
    found = await check_azure_access(settings(BOT), DoctorEnvironment())
    assert (found.state, said in found.message) == (state, True), found.message
    assert [(person.tenant, person.object_id) for person in fake.people] == [(TENANT, OBJECT)]
    assert fake.closed


async def test_nobody_signs_in_to_a_bot_without_credentials() -> None:
    alone = replace(settings(AzureSettings("user", oauth_connection=CONNECTION)), credentials=None)
    assert (await check_azure_access(alone, DoctorEnvironment())).state == "fault"
