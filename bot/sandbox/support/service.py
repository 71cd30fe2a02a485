"""The sandbox's support API: services, problem classifications, tickets, and file workspaces.

It has the shapes of the real API, and creates a ticket in an asynchronous operation too. Tickets stay in memory.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web

from bot.sandbox.azure_errors import FakeAzureError, build_subscription_not_found_error
from bot.sandbox.builds.scenario import Scenario
from bot.sandbox.support.catalog import ServiceCatalog
from bot.sandbox.support.responses import (
    build_created_response,
    build_operation_address,
    build_ticket,
    describe_unusable_name,
    format_time,
    update_ticket,
)
from bot.sandbox.support.services import SERVICES, SUPPORT_PROVIDER_PATH

POLLS_UNTIL_DONE = 2
"""How many status requests it takes until an operation ends."""
# limits of the real API
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_CHUNK_BYTES = 2_621_440
MAX_CHUNKS = 2
REFUSED_EXTENSIONS = (".ps1", ".cmd", ".bat", ".exe", ".js", ".htm", ".html", ".svg", ".log")

_API_VERSION = "2024-04-01"

SupportHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class TicketOperation:
    """A ticket in creation: how often its status was requested, and the code and message if it fails."""

    ticket_name: str
    error: tuple[str, str] | None
    poll_count: int = 0


class FakeSupportService:
    """The support API of one sandbox.

    Args:
        subscriptions: The ids (lower case) of the subscriptions that exist.
        without_plan: Those whose support plan doesn't include the API, so no ticket can be created.
        retry_after_seconds: How long a client should wait between status requests.

    Attributes:
        services: The problem classifications of each service.
        tickets: The JSON of each ticket, by subscription and name.
        workspaces: The contents of uploaded files by file name, for each workspace by subscription and name.
    """

    services: Mapping[str, Sequence[str]] = SERVICES

    def __init__(
        self, subscriptions: Collection[str], without_plan: Collection[str] = (), retry_after_seconds: int = 1
    ) -> None:
        self.tickets: dict[tuple[str, str], dict[str, Any]] = {}
        self.workspaces: dict[tuple[str, str], dict[str, bytearray]] = {}
        self._subscriptions = subscriptions
        self._without_plan = without_plan
        self._retry_headers = {"Retry-After": str(retry_after_seconds)}
        self._operations: dict[str, TicketOperation] = {}

    @classmethod
    def from_scenario(cls, scenario: Scenario, retry_after_seconds: int = 1) -> Self:
        """Build the support API of a scenario: only its first subscription has a plan that includes the API."""
        _, *without_plan = scenario.subscriptions
        return cls(scenario.subscriptions, without_plan, retry_after_seconds)

    def build_routes(self) -> list[web.RouteDef]:
        """Build the routes of the API, for a server that has checked the caller's token."""
        base = f"/subscriptions/{{subscription}}{SUPPORT_PROVIDER_PATH}"
        catalog = ServiceCatalog(lambda: self.services)
        services = f"{SUPPORT_PROVIDER_PATH}/services"
        classifications = f"{services}/{{service}}/problemClassifications"
        ticket, workspace = f"{base}/supportTickets/{{name}}", f"{base}/fileWorkspaces/{{name}}"
        return [
            web.get(services, self._wrap_handler(catalog.list_services)),
            web.get(f"{services}/{{service}}", self._wrap_handler(catalog.get_service)),
            web.get(classifications, self._wrap_handler(catalog.list_classifications)),
            web.get(f"{classifications}/{{classification}}", self._wrap_handler(catalog.get_classification)),
            web.post(f"{base}/checkNameAvailability", self._wrap_handler(self._check_ticket_name)),
            web.post(f"{ticket}/checkNameAvailability", self._wrap_handler(self._check_message_name)),
            web.get(f"{base}/supportTickets", self._wrap_handler(self._list_tickets)),
            web.get(ticket, self._wrap_handler(self._get_ticket)),
            web.patch(ticket, self._wrap_handler(self._update_ticket)),
            web.put(ticket, self._wrap_handler(self._create_ticket)),
            web.get(f"{base}/operationsStatus/{{operation}}", self._wrap_handler(self._get_operation_status)),
            web.put(workspace, self._wrap_handler(self._create_workspace)),
            web.put(f"{workspace}/files/{{file}}", self._wrap_handler(self._create_file)),
            web.post(f"{workspace}/files/{{file}}/upload", self._wrap_handler(self._upload_chunk)),
        ]

    def _wrap_handler(self, handler: SupportHandler) -> SupportHandler:
        async def handle_request(request: web.Request) -> web.StreamResponse:
            self._check_request(request)
            return await handler(request)

        return handle_request

    def _check_request(self, request: web.Request) -> None:
        subscription = request.match_info.get("subscription", "")
        if subscription and subscription.lower() not in self._subscriptions:
            raise build_subscription_not_found_error(subscription)

    async def _check_ticket_name(self, request: web.Request) -> web.Response:
        name = str((await request.json())["name"])
        if unusable := describe_unusable_name(name):
            return web.json_response(unusable)
        # a failed operation doesn't reserve its name
        in_use = (request.match_info["subscription"], name) in self.tickets or any(
            operation.ticket_name == name and not operation.error for operation in self._operations.values()
        )
        if not in_use:
            return web.json_response({"nameAvailable": True})
        return web.json_response({"message": "Name not available", "nameAvailable": False, "reason": "AlreadyExists"})

    async def _check_message_name(self, request: web.Request) -> web.Response:
        """Check the name of a message to support; there's no way to send one, so all names are free."""
        unusable = describe_unusable_name(str((await request.json())["name"]))
        return web.json_response(unusable or {"nameAvailable": True})

    async def _list_tickets(self, request: web.Request) -> web.Response:
        subscription = request.match_info["subscription"]
        return web.json_response({"value": [ticket for key, ticket in self.tickets.items() if key[0] == subscription]})

    async def _get_ticket(self, request: web.Request) -> web.Response:
        return web.json_response(self._find_ticket(request))

    async def _update_ticket(self, request: web.Request) -> web.Response:
        return web.json_response(update_ticket(self._find_ticket(request), await request.json()))

    def _find_ticket(self, request: web.Request) -> dict[str, Any]:
        name = request.match_info["name"]
        ticket = self.tickets.get((request.match_info["subscription"], name))
        if ticket is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The support ticket '{name}' was not found.")
        return ticket

    async def _create_ticket(self, request: web.Request) -> web.Response:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        properties = (await request.json())["properties"]
        if (subscription, name) in self.tickets or any(o.ticket_name == name for o in self._operations.values()):
            raise FakeAzureError(409, "Conflict", f"The support ticket '{name}' exists already.")
        # the real API accepts a ticket without a plan too: only the operation fails
        operation = TicketOperation(name, self._find_operation_error(subscription))
        if operation.error is None:
            self._add_ticket(subscription, name, properties)
        operation_id = str(uuid.uuid4())
        self._operations[operation_id] = operation
        base = f"{request.url.origin()}/subscriptions/{subscription}{SUPPORT_PROVIDER_PATH}"
        return web.Response(
            status=202,
            headers={
                "Location": build_operation_address(f"{base}/operationResults", operation_id, _API_VERSION),
                "Azure-AsyncOperation": build_operation_address(f"{base}/operationsStatus", operation_id, _API_VERSION),
                **self._retry_headers,
            },
        )

    def _find_operation_error(self, subscription: str) -> tuple[str, str] | None:
        """Return the code and the message with which the creation of a ticket fails, if it does."""
        if subscription.lower() not in self._without_plan:
            return None
        return "InvalidSupportPlan", (
            "Your support plan type is Developer. To create and update support tickets, and add communication "
            "operations, you need access to our high tier-support plans. Learn more at https://aka.ms/supportapi"
        )

    def _add_ticket(self, subscription: str, name: str, properties: Mapping[str, Any]) -> None:
        number = len(self.tickets) + 1
        self.tickets[subscription, name] = build_ticket(subscription, name, properties, number, self.services)

    async def _get_operation_status(self, request: web.Request) -> web.Response:
        operation_id = request.match_info["operation"]
        operation = self._operations.get(operation_id)
        if operation is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The operation '{operation_id}' was not found.")
        operation.poll_count += 1
        status: dict[str, Any] = {"id": request.path, "status": "InProgress"}
        if operation.poll_count < POLLS_UNTIL_DONE:
            return web.json_response(status, headers=self._retry_headers)
        del self._operations[operation_id]
        if operation.error is None:
            ticket = self.tickets[request.match_info["subscription"], operation.ticket_name]["properties"]
            created = {"supportTicketCreationWarning": "", "supportTicketId": ticket["supportTicketId"]}
            return web.json_response(status | {"status": "Succeeded", "properties": created})
        code, message = operation.error
        return web.json_response(status | {"status": "Failed", "error": {"code": code, "message": message}})

    async def _create_workspace(self, request: web.Request) -> web.Response:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        self.workspaces.setdefault((subscription, name), {})
        now = datetime.now(UTC)
        times = {"createdOn": format_time(now), "expirationTime": format_time(now + timedelta(days=1))}
        return build_created_response(request, "Microsoft.Support/fileWorkspaces", name, times)

    async def _create_file(self, request: web.Request) -> web.Response:
        workspace, name = self._find_workspace(request), request.match_info["file"]
        if workspace is None:
            raise FakeAzureError(404, "ResourceNotFound", "The file workspace was not found.")
        properties = (await request.json())["properties"]
        if name.lower().endswith(REFUSED_EXTENSIONS) or not 0 < properties["fileSize"] <= MAX_FILE_BYTES:
            raise FakeAzureError(400, "InvalidParameterValue", "The name or the size of the file is not allowed.")
        if properties["chunkSize"] > MAX_CHUNK_BYTES or properties["numberOfChunks"] > MAX_CHUNKS:
            raise FakeAzureError(400, "InvalidParameterValue", "The chunks of the file are not allowed.")
        workspace[name] = bytearray()
        created = {"createdOn": format_time(datetime.now(UTC)), **properties}
        return build_created_response(request, "Microsoft.Support/files", name, created)

    async def _upload_chunk(self, request: web.Request) -> web.Response:
        workspace, name = self._find_workspace(request), request.match_info["file"]
        if workspace is None or name not in workspace:
            raise FakeAzureError(404, "ResourceNotFound", "The file was not found.")
        try:
            chunk = base64.b64decode((await request.json())["content"], validate=True)
        except binascii.Error as error:
            raise FakeAzureError(400, "InvalidParameterValue", "The content is not base64.") from error
        workspace[name] += chunk
        return web.Response(status=204)

    def _find_workspace(self, request: web.Request) -> dict[str, bytearray] | None:
        return self.workspaces.get((request.match_info["subscription"], request.match_info["name"]))
