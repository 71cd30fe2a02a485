"""The doctor on looks at Azure: a sign-in that cannot begin, an identity that may read too little."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from bot.azure.arm.settings import AzureSettings
from bot.azure.disabled import NoLooks
from bot.doctor.azure_checks import looks
from bot.doctor.findings import Surroundings
from bot.host.settings import Settings
from dialogs.model.azure import Found, LookMode, Refusal, Wanted
from dialogs.model.errors import LookRefused
from dialogs.model.turn import Person
from tests.bot.auth.identity_service import CREDENTIALS, SECRET, TENANT
from tests.bot.sign_in.entra import CONNECTION, Entra

OBJECT = "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10"
BOT = AzureSettings("bot", subscriptions=frozenset({"a", "b"}), people=frozenset({(TENANT, OBJECT)}))


def settings(azure: AzureSettings) -> Settings:
    return Settings(credentials=CREDENTIALS, azure=azure)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[tuple[Entra, Surroundings]]:
    authority, entra = trustme.CA(), Entra()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    runner = web.AppRunner(entra.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    entra.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    yield entra, Surroundings(entra.cloud, client)
    await runner.cleanup()


@pytest.mark.parametrize(("mode", "state", "said"), [("off", "good", "Off"), ("sandbox", "warning", "made up")])
async def test_what_needs_nothing_is_said_so(mode: LookMode, state: str, said: str) -> None:
    found = await looks(settings(AzureSettings(mode)), Surroundings())
    assert (found.state, said in found.said) == (state, True)


async def test_a_connection_that_is_there(service: tuple[Entra, Surroundings]) -> None:
    entra, around = service
    found = await looks(settings(AzureSettings("user", connection=CONNECTION)), around)
    assert found.state == "good"
    assert entra.states[0]["connectionName"] == CONNECTION
    assert "secret-link" not in found.said


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_a_connection_that_is_not(service: tuple[Entra, Surroundings], status: int) -> None:
    entra, around = service
    entra.failing["GetSignInResource"] = status
    found = await looks(settings(AzureSettings("user", connection="wrong")), around)
    assert found.state == "fault"
    assert "OAUTH_CONNECTION must be the name" in found.said
    assert SECRET not in found.said


class FakeLooks(NoLooks):
    """Finds what it was given, or refuses."""

    def __init__(self, given: Found | Refusal) -> None:
        self.given, self.people, self.closed = given, list[Person](), False

    async def find(self, person: Person, wanted: Wanted) -> Found:
        self.people.append(person)
        if isinstance(self.given, Refusal):
            raise LookRefused(self.given)
        return self.given

    async def close(self) -> None:
        self.closed = True


def opened(given: Found | Refusal) -> tuple[FakeLooks, Callable[[AzureSettings], FakeLooks]]:
    fake = FakeLooks(given)
    return fake, lambda _: fake


@pytest.mark.parametrize(
    ("given", "state", "said"),
    [
        (Found((), looked_in=("Dev", "Prod")), "good", "reads 2 of the subscriptions, for 1 people"),
        (Found((), looked_in=("Dev",), denied=("Prod",)), "fault", "may not read Prod: give it the role"),
        (
            Refusal("denied", action="Microsoft.Resources/subscriptions/read", scope="/subscriptions/a", role="Reader"),
            "fault",
            "Microsoft.Resources/subscriptions/read on /subscriptions/a). The role Reader allows it.",
        ),
        (Refusal("unexpected", code="CredentialUnavailableError"), "fault", "CredentialUnavailableError"),
        (Refusal("no-network"), "fault", "no-network"),
    ],
)
async def test_what_the_identity_may_read(given: Found | Refusal, state: str, said: str) -> None:
    fake, opening = opened(given)
    found = await looks(settings(BOT), Surroundings(), opening)
    assert (found.state, said in found.said) == (state, True), found.said
    assert [(person.tenant, person.object_id) for person in fake.people] == [(TENANT, OBJECT)]
    assert fake.closed


async def test_nobody_signs_in_to_a_bot_without_credentials() -> None:
    alone = replace(settings(AzureSettings("user", connection=CONNECTION)), credentials=None)
    assert (await looks(alone, Surroundings())).state == "fault"
