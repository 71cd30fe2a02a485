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
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.support.attachments import upload_files
from bot.azure.support.audit import write_ticket_audit_line
from bot.azure.support.classification import find_classifications, find_service
from bot.azure.support.client import open_support_client
from bot.azure.support.refusals import build_refusal, has_operation_failed, is_request_refused
from bot.azure.support.support_policy import RETRY_DELAY_SECONDS
from bot.azure.support.ticket_json import build_ticket_body, get_text, parse_ticket
from bot.azure.support.ticket_name import build_ticket_name
from bot.errors import describe_error_location
from dialogs.model.errors import TicketRefusedError
from dialogs.model.support import (
    ClassificationChoice,
    ClassificationOptions,
    ServiceChoice,
    Ticket,
    TicketDraft,
    TicketProduct,
    TicketRefusal,
)
from dialogs.model.turn import Person
from knowledge.catalog.support import SupportRouting

_TICKET_TYPE = "Microsoft.Support/supportTickets"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FilingTimeouts:
    """How long things may take, in seconds: the list of services and classifications, a whole filing, waiting for a
    ticket whose making was not seen; and the time between two looks, and before another try.
    """

    list_seconds: float = 8
    file_seconds: float = 600
    settle_seconds: float = 60
    poll_seconds: float = 5
    retry_delay_seconds: float = RETRY_DELAY_SECONDS


class SupportTicketFiler:
    """The conversation's `Filing`, over Azure's Support API, with the eyes of whoever asks."""

    def __init__(
        self,
        credential_provider: CredentialProvider,
        cloud: AzureCloud,
        routing: SupportRouting,
        timeouts: FilingTimeouts | None = None,
    ) -> None:
        """`eyes` must give each person's own credential: tickets are filed with it."""
        self._credential_provider = credential_provider
        self._cloud = cloud
        self._routing = routing
        self._timeouts = timeouts or FilingTimeouts()
        self._ticket_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def fetch_classifications(
        self, person: Person, subscription: str, product: TicketProduct
    ) -> ClassificationOptions:
        """Where a ticket about Image Builder goes, as Azure lists it now. Raises `FilingRefused`."""
        async with self._open_client(
            person, subscription, "routes", subscription, self._timeouts.list_seconds
        ) as client:
            listed = [ServiceChoice(get_text(one.id), one.display_name or "") async for one in client.services.list()]
            service = find_service(self._routing.get_product_name(product) or "", listed)
            if service is None:
                raise TicketRefusedError(TicketRefusal("no-service"))
            problems = client.problem_classifications.list(service.id.rsplit("/", 1)[-1])
            known = [ClassificationChoice(get_text(one.id), one.display_name or "") async for one in problems]
            fitting = find_classifications(self._routing, known)
            if not fitting:
                raise TicketRefusedError(TicketRefusal("no-classification"))
            return ClassificationOptions(service, fitting)

    async def file_ticket(self, person: Person, draft: TicketDraft) -> Ticket:
        """The ticket of `draft`, made now or before. Raises `FilingRefused`; then asking again is safe."""
        name = build_ticket_name(person, draft.id)
        lock = self._ticket_locks.setdefault(f"{draft.subscription}/{name}".lower(), asyncio.Lock())
        what = f"{draft.subscription}/{name}"
        async with (
            lock,
            self._open_client(person, draft.subscription, "file", what, self._timeouts.file_seconds) as client,
        ):
            if there := await self._get_existing(client, name):
                return parse_ticket(there, self._cloud.portal, again=True)
            checked = await client.support_tickets.check_name_availability(
                CheckNameAvailabilityInput(name=name, type=_TICKET_TYPE)
            )
            if not _is_name_available(checked):
                # made a moment ago by a process that did not live to see it, or somebody else's
                there = await self._wait_for_ticket(client, name)
                if there is None:
                    raise TicketRefusedError(TicketRefusal("name-taken"))
                return parse_ticket(there, self._cloud.portal, again=True)
            attached = await self._upload_attachments(client, name, draft)
            made = await self._create_ticket(client, name, build_ticket_body(draft, name if attached else ""))
            return parse_ticket(made, self._cloud.portal, attached)

    async def _create_ticket(
        self, client: MicrosoftSupport, name: str, body: SupportTicketDetails
    ) -> SupportTicketDetails:
        """The new ticket. Where it is not clear whether there is one, looks for it before giving up."""
        accepted = False
        try:
            operation = await client.support_tickets.begin_create(name, body)
            accepted = True
            made: SupportTicketDetails = await operation.result()
        except AzureError as error:
            says_no = has_operation_failed(error) if accepted else is_request_refused(error)
            there = None if says_no else await self._wait_for_ticket(client, name)
            if there is not None:
                return there
            if says_no or build_refusal(error).reason in ("azure-trouble", "name-taken", "suspicious"):
                raise
            raise TicketRefusedError(TicketRefusal("unsure", code=build_refusal(error).code)) from error
        return made if made.support_ticket_id else await self._wait_for_ticket(client, name) or made

    async def _upload_attachments(self, client: MicrosoftSupport, name: str, draft: TicketDraft) -> int:
        """How many files wait in the workspace; a ticket without its files is better than none."""
        try:
            return await upload_files(client, name, draft.attachments) if draft.attachments else 0
        except AzureError as error:
            _log.warning("The files of %s were not taken: %s", name, build_refusal(error).reason)
            return 0

    async def _get_existing(self, client: MicrosoftSupport, name: str) -> SupportTicketDetails | None:
        try:
            return await client.support_tickets.get(name)
        except ResourceNotFoundError as error:
            if "subscription" in build_refusal(error).code.lower():
                raise
            return None

    async def _wait_for_ticket(self, client: MicrosoftSupport, name: str) -> SupportTicketDetails | None:
        """The ticket `name` as soon as it can be seen with its number; None when that takes too long."""
        found = None
        try:
            async with asyncio.timeout(self._timeouts.settle_seconds):
                while found is None or not found.support_ticket_id:
                    found = await self._get_existing(client, name)
                    if found is None or not found.support_ticket_id:
                        await asyncio.sleep(self._timeouts.poll_seconds)
        except TimeoutError:
            pass
        return found

    @asynccontextmanager
    async def _open_client(
        self, person: Person, subscription: str, operation: str, target: str, timeout_seconds: float
    ) -> AsyncIterator[MicrosoftSupport]:
        """A client with the person's credential, for `seconds`. What fails becomes `FilingRefused`; all is noted."""
        begun = time.monotonic()
        result: TicketRefusal | str = "cut-off"
        try:
            if (
                self._credential_provider.subscriptions
                and subscription.lower() not in self._credential_provider.subscriptions
            ):
                raise TicketRefusedError(TicketRefusal("not-allowed"))
            async with (
                asyncio.timeout(timeout_seconds),
                self._credential_provider.open_credential(person) as credential,
                open_support_client(
                    self._cloud,
                    credential,
                    subscription,
                    self._timeouts.retry_delay_seconds,
                    self._timeouts.poll_seconds,
                ) as client,
            ):
                yield client
            result = "ok"
        except Exception as error:
            result = build_refusal(error)
            if result.reason == "unexpected":
                _log.error("Azure Support failed unexpectedly (%s): %s", operation, describe_error_location(error))
            raise TicketRefusedError(result) from error
        finally:
            write_ticket_audit_line(person, operation, target, result, (time.monotonic() - begun) * 1000)


def _is_name_available(response: object) -> bool:
    """Whether the name may be used; only a plain no counts as one."""
    return getattr(response, "name_available", None) is not False
