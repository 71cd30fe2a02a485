"""The port for support tickets: files exactly one ticket per draft, whatever fails along the way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.mgmt.support.aio import MicrosoftSupport
from azure.mgmt.support.models import CheckNameAvailabilityInput, SupportTicketDetails

from bot.azure.arm.audit import write_audit_line
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.support.attachments import upload_files
from bot.azure.support.classification import find_classifications, find_own_classifications, find_service
from bot.azure.support.client import RETRY_PAUSE_SECONDS, open_support_client
from bot.azure.support.refusals import build_refusal, has_operation_failed, is_request_refused
from bot.azure.support.ticket_json import build_ticket_body, get_text, parse_ticket
from bot.azure.support.ticket_name import build_ticket_name
from bot.errors import describe_error_location
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.support import (
    ClassificationChoice,
    ClassificationOptions,
    ServiceChoice,
    Ticket,
    TicketDraft,
    TicketProduct,
)
from dialogs.model.turn import Person
from knowledge.azure_clouds import AzureCloud
from knowledge.model.support_routing import SupportRouting

_TICKET_TYPE = "Microsoft.Support/supportTickets"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FilingTimeouts:
    """The time limits and pauses of the ticket filer, in seconds.

    Attributes:
        list_seconds: the limit for listing services and classifications.
        file_seconds: the limit for filing a ticket, uploads included.
        settle_seconds: how long to look for a ticket whose creation wasn't confirmed.
        poll_seconds: the pause between two status checks.
        retry_delay_seconds: the pause before a failed read is repeated.
    """

    list_seconds: float = 8
    file_seconds: float = 600
    settle_seconds: float = 60
    poll_seconds: float = 5
    retry_delay_seconds: float = RETRY_PAUSE_SECONDS


class SupportTicketFiler:
    """The `TicketFiler` that uses the Azure Support API with the credentials of the person who asks."""

    def __init__(
        self,
        credential_provider: CredentialProvider,
        cloud: AzureCloud,
        routing: SupportRouting,
        timeouts: FilingTimeouts | None = None,
    ) -> None:
        """Create a filer. `credential_provider` must return each person's own credential, never a shared one."""
        self._credential_provider = credential_provider
        self._cloud = cloud
        self._routing = routing
        self._timeouts = timeouts or FilingTimeouts()
        self._ticket_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def fetch_classifications(
        self, person: Person, subscription: str, product: TicketProduct, *, uses_documented_path: bool = False
    ) -> ClassificationOptions:
        """Fetch the service and the classifications that fit a ticket about Image Builder.

        Image Builder's own service comes first if Azure lists it, unless the person wants the documented path.

        Raises:
            AzureRefusedError: Azure lists no matching one, or the request failed.
        """
        async with self._open_client(
            person, subscription, "routes", subscription, self._timeouts.list_seconds
        ) as client:
            services = [
                ServiceChoice(get_text(item.id), item.display_name or "") async for item in client.services.list()
            ]
            if not uses_documented_path and (own := await self._fetch_own_options(client, services)):
                return own
            service = find_service(self._routing.get_product_name(product) or "", services)
            if service is None:
                raise AzureRefusedError(AzureRefusal("no-service"))
            available = await _fetch_all_classifications(client, service)
            classifications = find_classifications(self._routing, available)
            if not classifications:
                raise AzureRefusedError(AzureRefusal("no-classification"))
            return ClassificationOptions(service, classifications)

    async def _fetch_own_options(
        self, client: MicrosoftSupport, services: Sequence[ServiceChoice]
    ) -> ClassificationOptions | None:
        """Fetch the classifications of Image Builder's own service, or return None if Azure lists none."""
        service = find_service(self._routing.own_product.name, services)
        if service is None:
            return None
        try:
            available = await _fetch_all_classifications(client, service)
        except ResourceNotFoundError:
            return None
        classifications = find_own_classifications(self._routing, available)
        return ClassificationOptions(service, classifications) if classifications else None

    async def file_ticket(self, person: Person, draft: TicketDraft) -> Ticket:
        """Return the ticket of `draft`, creating it unless it already exists.

        Raises:
            AzureRefusedError: the ticket wasn't filed, or its outcome is unknown. Calling this again is safe.
        """
        name = build_ticket_name(person, draft.id)
        target = f"{draft.subscription}/{name}"
        lock = self._ticket_locks.setdefault(target.lower(), asyncio.Lock())
        async with (
            lock,
            self._open_client(person, draft.subscription, "file", target, self._timeouts.file_seconds) as client,
        ):
            if existing := await self._get_existing(client, name):
                return parse_ticket(existing, self._cloud.portal, was_already_filed=True)
            availability = await client.support_tickets.check_name_availability(
                CheckNameAvailabilityInput(name=name, type=_TICKET_TYPE)
            )
            if not _is_name_available(availability):
                # either a crashed process just created it, or the name belongs to somebody else
                existing = await self._wait_for_ticket(client, name)
                if existing is None:
                    raise AzureRefusedError(AzureRefusal("name-taken"))
                return parse_ticket(existing, self._cloud.portal, was_already_filed=True)
            attachment_count = await self._upload_attachments(client, name, draft)
            body = build_ticket_body(draft, name if attachment_count else "")
            return parse_ticket(await self._create_ticket(client, name, body), self._cloud.portal, attachment_count)

    async def _create_ticket(
        self, client: MicrosoftSupport, name: str, body: SupportTicketDetails
    ) -> SupportTicketDetails:
        """Create the ticket and return it. If the outcome is unknown, look for the ticket before giving up."""
        was_accepted = False
        try:
            operation = await client.support_tickets.begin_create(name, body)
            was_accepted = True
            created: SupportTicketDetails = await operation.result()
        except AzureError as error:
            is_refused = has_operation_failed(error) if was_accepted else is_request_refused(error)
            existing = None if is_refused else await self._wait_for_ticket(client, name)
            if existing is not None:
                return existing
            if is_refused or build_refusal(error).reason in ("azure-trouble", "name-taken", "suspicious"):
                raise
            raise AzureRefusedError(AzureRefusal("unsure", code=build_refusal(error).code)) from error
        # the operation may end before the ticket has its number
        return created if created.support_ticket_id else await self._wait_for_ticket(client, name) or created

    async def _upload_attachments(self, client: MicrosoftSupport, name: str, draft: TicketDraft) -> int:
        """Upload the draft's files and return how many were accepted. Failing is fine: the ticket matters more."""
        try:
            return await upload_files(client, name, draft.attachments) if draft.attachments else 0
        except AzureError as error:
            _log.warning("The files of %s were not uploaded: %s", name, build_refusal(error).reason)
            return 0

    async def _get_existing(self, client: MicrosoftSupport, name: str) -> SupportTicketDetails | None:
        try:
            return await client.support_tickets.get(name)
        except ResourceNotFoundError as error:
            if "subscription" in build_refusal(error).code.lower():
                raise
            return None

    async def _wait_for_ticket(self, client: MicrosoftSupport, name: str) -> SupportTicketDetails | None:
        """Look for the ticket until it has its number, and return what was found within `settle_seconds`."""
        ticket = None
        try:
            async with asyncio.timeout(self._timeouts.settle_seconds):
                while ticket is None or not ticket.support_ticket_id:
                    ticket = await self._get_existing(client, name)
                    if ticket is None or not ticket.support_ticket_id:
                        await asyncio.sleep(self._timeouts.poll_seconds)
        except TimeoutError:
            pass
        return ticket

    @asynccontextmanager
    async def _open_client(
        self, person: Person, subscription: str, operation: str, target: str, timeout_seconds: float
    ) -> AsyncIterator[MicrosoftSupport]:
        """Open a client with the person's credential, and write the audit line at the end of the block.

        Raises:
            AzureRefusedError: anything failed within the block or within `timeout_seconds`.
        """
        started = time.monotonic()
        result: AzureRefusal | str = "cut-off"
        try:
            allowed = self._credential_provider.subscriptions
            if allowed and subscription.lower() not in allowed:
                raise AzureRefusedError(AzureRefusal("not-allowed"))
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
            raise AzureRefusedError(result) from error
        finally:
            write_audit_line("filing", person, operation, target, result, (time.monotonic() - started) * 1000)


def _is_name_available(response: object) -> bool:
    """Tell whether the name can be used. A response that doesn't say counts as yes."""
    return getattr(response, "name_available", None) is not False


async def _fetch_all_classifications(client: MicrosoftSupport, service: ServiceChoice) -> list[ClassificationChoice]:
    listing = client.problem_classifications.list(service.id.rsplit("/", 1)[-1])
    return [ClassificationChoice(get_text(item.id), item.display_name or "") async for item in listing]
