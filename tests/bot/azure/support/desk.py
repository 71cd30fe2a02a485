"""A fake support API over HTTPS, the ticket filer with its real client, and drafts to file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError

from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.support.ticket_filer import FilingTimeouts, SupportTicketFiler
from bot.sandbox.builds.scenario import Scenario
from bot.sandbox.server import Sandbox
from dialogs.model.support import ClassificationChoice, ServiceChoice, TicketContact, TicketDraft
from dialogs.model.turn import Person
from knowledge.azure_clouds import AzureCloud
from knowledge.catalog.support import load_support
from tests.bot.azure.support.failing_support_service import FailingSupportService

SUBSCRIPTION = "8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75"
PERSON = Person("tenant", "29:ada", "Ada Rossi", "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10")
SOMEBODY = Person("tenant", "29:bob", "Bob Bianchi", "1c9f2f3b-5a5e-4a1f-9a66-3e7b4d2c0e21")
FAST = FilingTimeouts(list_seconds=20, file_seconds=20, settle_seconds=0.4, poll_seconds=0.02, retry_delay_seconds=0.01)
DRAFT = TicketDraft(
    id="20260301-1",
    subscription=SUBSCRIPTION,
    service=ServiceChoice("", ""),
    classification=ClassificationChoice("", ""),
    title="Azure VM Image Builder: Script ended with a non-zero exit code",
    description="WHAT HAPPENED\nAn image build failed.\nTemplate: /subscriptions/x/imageTemplates/win11-golden",
    severity="minimal",
    contact=TicketContact("Ada", "Rossi", "ada@example.com", "ITA", "W. Europe Standard Time", "it-it"),
)


class NoCredential:
    """Says why there is no token."""

    def __init__(self, error: str) -> None:
        self.error = error

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        raise ClientAuthenticationError(self.error)

    async def close(self) -> None:
        return None

    async def __aenter__(self) -> NoCredential:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


@dataclass
class WatchedCredentialProvider:
    """The sandbox's credentials; remembers who used them, and may have no token."""

    inner: CredentialProvider
    error: str = ""
    asked: list[Person] = field(default_factory=list)
    limit: frozenset[str] = frozenset()

    @property
    def subscriptions(self) -> frozenset[str]:
        return self.limit

    def open_credential(self, person: Person) -> AbstractAsyncContextManager[AsyncTokenCredential]:
        self.asked.append(person)
        return nullcontext(NoCredential(self.error)) if self.error else self.inner.open_credential(person)

    async def sign_out(self, person: Person) -> bool:
        return False

    async def close(self) -> None:
        return None


@dataclass
class Office:
    """The desk, and the ticket filer that talks to it."""

    desk: FailingSupportService
    credentials: WatchedCredentialProvider
    cloud: AzureCloud

    def ticket_filer(self, pace: FilingTimeouts = FAST) -> SupportTicketFiler:
        """A ticket filer, as a newly started process has it."""
        return SupportTicketFiler(self.credentials, self.cloud, load_support(), pace)

    def puts(self, what: str = "supportTickets") -> int:
        return sum(method == "PUT" and f"/{what}/" in path for method, path in self.desk.request_log)

    @property
    def tickets(self) -> list[dict[str, Any]]:
        return [ticket["properties"] for ticket in self.desk.tickets.values()]


@asynccontextmanager
async def opened() -> AsyncIterator[Office]:
    """A fake Azure Support with the sandbox's API, certificate, and tokens."""
    desk = FailingSupportService({SUBSCRIPTION}, retry_after_seconds=0)
    async with Sandbox(extra_routes=desk.build_routes(), scenario=Scenario({SUBSCRIPTION: "Images"}, ())) as sandbox:
        yield Office(desk, WatchedCredentialProvider(sandbox.credential_provider), sandbox.cloud)
