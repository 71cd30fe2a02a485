"""Files tickets through the Support API, as the person: one draft, one ticket, whatever breaks in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.mgmt.support.aio import MicrosoftSupport
from azure.mgmt.support.models import CheckNameAvailabilityInput, SupportTicketDetails

from bot.azure.arm.cloud import AzureCloud
from bot.azure.credentials.credential_provider import Eyes
from bot.azure.support.attachments import put_files
from bot.azure.support.audit import noted
from bot.azure.support.classification import classifications_of, service_of
from bot.azure.support.client import support_client
from bot.azure.support.refusals import failed_operation, refusal_of, refused_request
from bot.azure.support.support_policy import PAUSE
from bot.azure.support.ticket_json import body_of, text_of, ticket_of
from bot.azure.support.ticket_name import ticket_name
from bot.errors import where
from dialogs.model.errors import FilingRefused
from dialogs.model.support import (
    ClassificationChoice,
    FilingRefusal,
    Product,
    Routes,
    ServiceChoice,
    Ticket,
    TicketDraft,
)
from dialogs.model.turn import Person
from knowledge.catalog.support import SupportRouting

_TICKETS = "Microsoft.Support/supportTickets"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, in seconds: the list of services and classifications, a whole filing, waiting for a
    ticket whose making was not seen; and the time between two looks, and before another try.
    """

    listing: float = 8
    filing: float = 600
    settling: float = 60
    poll: float = 5
    pause: float = PAUSE


class SupportFiling:
    """The conversation's `Filing`, over Azure's Support API, with the eyes of whoever asks."""

    def __init__(self, eyes: Eyes, cloud: AzureCloud, routing: SupportRouting, pace: Pace | None = None) -> None:
        """`eyes` must give each person's own credential: tickets are filed with it."""
        self._eyes = eyes
        self._cloud = cloud
        self._routing = routing
        self._pace = pace or Pace()
        self._filing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def routes(self, person: Person, subscription: str, product: Product) -> Routes:
        """Where a ticket about Image Builder goes, as Azure lists it now. Raises `FilingRefused`."""
        async with self._asked(person, subscription, "routes", subscription, self._pace.listing) as client:
            listed = [ServiceChoice(text_of(one.id), one.display_name or "") async for one in client.services.list()]
            service = service_of(self._routing.product(product) or "", listed)
            if service is None:
                raise FilingRefused(FilingRefusal("no-service"))
            problems = client.problem_classifications.list(service.id.rsplit("/", 1)[-1])
            known = [ClassificationChoice(text_of(one.id), one.display_name or "") async for one in problems]
            fitting = classifications_of(self._routing, known)
            if not fitting:
                raise FilingRefused(FilingRefusal("no-classification"))
            return Routes(service, fitting)

    async def file(self, person: Person, draft: TicketDraft) -> Ticket:
        """The ticket of `draft`, made now or before. Raises `FilingRefused`; then asking again is safe."""
        name = ticket_name(person, draft.id)
        lock = self._filing.setdefault(f"{draft.subscription}/{name}".lower(), asyncio.Lock())
        what = f"{draft.subscription}/{name}"
        async with lock, self._asked(person, draft.subscription, "file", what, self._pace.filing) as client:
            if there := await self._existing(client, name):
                return ticket_of(there, self._cloud.portal, again=True)
            checked = await client.support_tickets.check_name_availability(
                CheckNameAvailabilityInput(name=name, type=_TICKETS)
            )
            if not _free(checked):
                # made a moment ago by a process that did not live to see it, or somebody else's
                there = await self._seen(client, name)
                if there is None:
                    raise FilingRefused(FilingRefusal("name-taken"))
                return ticket_of(there, self._cloud.portal, again=True)
            attached = await self._attached(client, name, draft)
            made = await self._made(client, name, body_of(draft, name if attached else ""))
            return ticket_of(made, self._cloud.portal, attached)

    async def _made(self, client: MicrosoftSupport, name: str, body: SupportTicketDetails) -> SupportTicketDetails:
        """The new ticket. Where it is not clear whether there is one, looks for it before giving up."""
        accepted = False
        try:
            operation = await client.support_tickets.begin_create(name, body)
            accepted = True
            made: SupportTicketDetails = await operation.result()
        except AzureError as error:
            says_no = failed_operation(error) if accepted else refused_request(error)
            there = None if says_no else await self._seen(client, name)
            if there is not None:
                return there
            if says_no or refusal_of(error).reason in ("azure-trouble", "name-taken", "suspicious"):
                raise
            raise FilingRefused(FilingRefusal("unsure", code=refusal_of(error).code)) from error
        return made if made.support_ticket_id else await self._seen(client, name) or made

    async def _attached(self, client: MicrosoftSupport, name: str, draft: TicketDraft) -> int:
        """How many files wait in the workspace; a ticket without its files is better than none."""
        try:
            return await put_files(client, name, draft.attachments) if draft.attachments else 0
        except AzureError as error:
            _log.warning("The files of %s were not taken: %s", name, refusal_of(error).reason)
            return 0

    async def _existing(self, client: MicrosoftSupport, name: str) -> SupportTicketDetails | None:
        try:
            return await client.support_tickets.get(name)
        except ResourceNotFoundError as error:
            if "subscription" in refusal_of(error).code.lower():
                raise
            return None

    async def _seen(self, client: MicrosoftSupport, name: str) -> SupportTicketDetails | None:
        """The ticket `name` as soon as it can be seen with its number; None when that takes too long."""
        found = None
        try:
            async with asyncio.timeout(self._pace.settling):
                while found is None or not found.support_ticket_id:
                    found = await self._existing(client, name)
                    if found is None or not found.support_ticket_id:
                        await asyncio.sleep(self._pace.poll)
        except TimeoutError:
            pass
        return found

    @asynccontextmanager
    async def _asked(
        self, person: Person, subscription: str, operation: str, what: str, seconds: float
    ) -> AsyncIterator[MicrosoftSupport]:
        """A client with the person's credential, for `seconds`. What fails becomes `FilingRefused`; all is noted."""
        begun = time.monotonic()
        result: FilingRefusal | str = "cut-off"
        try:
            if self._eyes.subscriptions and subscription.lower() not in self._eyes.subscriptions:
                raise FilingRefused(FilingRefusal("not-allowed"))
            async with (
                asyncio.timeout(seconds),
                self._eyes.credential(person) as credential,
                support_client(self._cloud, credential, subscription, self._pace.pause, self._pace.poll) as client,
            ):
                yield client
            result = "ok"
        except Exception as error:
            result = refusal_of(error)
            if result.reason == "unexpected":
                _log.error("Azure Support failed unexpectedly (%s): %s", operation, where(error))
            raise FilingRefused(result) from error
        finally:
            noted(person, operation, what, result, (time.monotonic() - begun) * 1000)


def _free(checked: object) -> bool:
    """Whether the name may be used; only a plain no counts as one."""
    return getattr(checked, "name_available", None) is not False
