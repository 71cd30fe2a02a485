"""Azure Support as the sandbox has it: services, classifications, tickets and file workspaces, shaped as in Azure.

A ticket is made by an operation that takes a moment, as there; nothing of it leaves this machine.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.azure_errors import FakeAzureError, build_not_authorized_error, build_subscription_not_found_error
from bot.sandbox.builds.scenario import Scenario
from bot.sandbox.support.responses import (
    SERVICES,
    SUPPORT_PROVIDER_PATH,
    FailureMode,
    build_created_response,
    build_ticket,
    derive_guid,
    drop_connection,
    find_operation_error,
    format_time,
)

POLLS_UNTIL_DONE = 2
"""How often an operation is asked for before it has ended."""
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_CHUNK_BYTES = 2_621_440
REFUSED_EXTENSIONS = (".ps1", ".cmd", ".bat", ".exe", ".js", ".htm", ".html", ".svg", ".log")

SupportHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class TicketOperation:
    """A ticket being made: how often it was asked for, and how it ends."""

    ticket_name: str
    poll_count: int = 0
    error: tuple[str, str] | None = None
    endless: bool = False


@dataclass
class FakeSupportService:
    """The support of one sandbox. `troubles` says what goes wrong, by subscription id; elsewhere all is well.

    `services` are the services and their classifications; `subscriptions` the ids of those that there are, any if
    empty. `retry_after`: the seconds after which an operation is to be asked for again, as Azure says them.
    `meanwhile` is awaited before and after a ticket is made. `requests` are the requests so far, method
    and path; `bodies` the tickets as they came; `files` the workspaces with their files.
    """

    failure_modes: dict[str, FailureMode] = field(default_factory=dict)
    subscriptions: Collection[str] = ()
    services: Mapping[str, Sequence[str]] = field(default_factory=lambda: SERVICES)
    retry_after_seconds: int | None = None
    on_create_ticket: Callable[[Literal["asked", "made"]], Awaitable[None]] | None = None
    tickets: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    workspaces: dict[tuple[str, str], dict[str, bytearray]] = field(default_factory=dict)
    request_log: list[tuple[str, str]] = field(default_factory=list)
    ticket_bodies: list[dict[str, Any]] = field(default_factory=list)
    _operations: dict[str, TicketOperation] = field(default_factory=dict)

    def build_routes(self) -> list[web.RouteDef]:
        """The routes to serve, for whoever checks the tokens."""
        base = f"/subscriptions/{{subscription}}{SUPPORT_PROVIDER_PATH}"
        tickets, workspaces = f"{base}/supportTickets/{{name}}", f"{base}/fileWorkspaces/{{name}}"
        return [
            web.get(f"{SUPPORT_PROVIDER_PATH}/services", self._wrap_handler(self._list_services)),
            web.get(
                f"{SUPPORT_PROVIDER_PATH}/services/{{service}}/problemClassifications",
                self._wrap_handler(self._list_classifications),
            ),
            web.post(f"{base}/checkNameAvailability", self._wrap_handler(self._check_ticket_name)),
            web.get(tickets, self._wrap_handler(self._get_ticket)),
            web.put(tickets, self._wrap_handler(self._create_ticket)),
            web.get(f"{base}/operationsStatus/{{operation}}", self._wrap_handler(self._get_operation_status)),
            web.put(workspaces, self._wrap_handler(self._create_workspace)),
            web.put(f"{workspaces}/files/{{file}}", self._wrap_handler(self._create_file)),
            web.post(f"{workspaces}/files/{{file}}/upload", self._wrap_handler(self._upload_chunk)),
        ]

    def _wrap_handler(self, handler: SupportHandler) -> SupportHandler:
        async def handle_request(request: web.Request) -> web.StreamResponse:
            self.request_log.append((request.method, request.path))
            self._check_request(request)
            return await handler(request)

        return handle_request

    def _get_failure_mode(self, request: web.Request) -> FailureMode:
        return self.failure_modes.get(request.match_info.get("subscription", ""), self.failure_modes.get("", "none"))

    def _check_request(self, request: web.Request) -> None:
        trouble, subscription = self._get_failure_mode(request), request.match_info.get("subscription", "")
        if subscription and self.subscriptions and subscription.lower() not in self.subscriptions:
            raise build_subscription_not_found_error(subscription)
        if trouble == "broken":
            raise FakeAzureError(500, "InternalServerError", "The server encountered an internal error.")
        if trouble == "throttled":
            message = f"Number of requests for subscription '{subscription}' exceeded. Please try again later."
            raise FakeAzureError(429, "TooManyRequests", message, {"Retry-After": "37"})
        if trouble == "not-registered" and subscription:
            raise FakeAzureError(
                409,
                "MissingSubscriptionRegistration",
                "The subscription is not registered to use namespace 'Microsoft.Support'. "
                "See https://aka.ms/rps-not-found for how to register subscriptions.",
            )

    async def _list_services(self, request: web.Request) -> web.Response:
        rows = [
            {
                "id": f"{SUPPORT_PROVIDER_PATH}/services/{derive_guid(name)}",
                "name": derive_guid(name),
                "type": "Microsoft.Support/services",
                "properties": {"displayName": name, "resourceTypes": []},
            }
            for name in self.services
        ]
        return web.json_response({"value": rows})

    async def _list_classifications(self, request: web.Request) -> web.Response:
        guid = request.match_info["service"]
        names = next((names for name, names in self.services.items() if derive_guid(name) == guid), None)
        if names is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The service '{guid}' was not found.")
        rows = [
            {
                "id": f"{SUPPORT_PROVIDER_PATH}/services/{guid}/problemClassifications/{derive_guid(guid + name)}",
                "name": derive_guid(guid + name),
                "type": "Microsoft.Support/problemClassifications",
                "properties": {"displayName": name},
            }
            for name in names
        ]
        return web.json_response({"value": rows})

    async def _check_ticket_name(self, request: web.Request) -> web.Response:
        name = str((await request.json())["name"])
        subscription = request.match_info["subscription"]
        if self._get_failure_mode(request) == "denied":
            raise build_not_authorized_error(
                "Microsoft.Support/checkNameAvailability/action", f"/subscriptions/{subscription}"
            )
        used = (
            (subscription, name) in self.tickets
            or any(operation.ticket_name == name and not operation.error for operation in self._operations.values())
            or self._get_failure_mode(request) == "hidden"
        )
        taken = {"nameAvailable": False, "reason": "Name is already in use", "message": "Name not available"}
        return web.json_response(taken if used else {"nameAvailable": True})

    async def _get_ticket(self, request: web.Request) -> web.Response:
        key = request.match_info["subscription"], request.match_info["name"]
        if self._get_failure_mode(request) == "denied":
            raise build_not_authorized_error("Microsoft.Support/supportTickets/read", f"/subscriptions/{key[0]}")
        ticket = self.tickets.get(key)
        if ticket is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The support ticket '{key[1]}' was not found.")
        return web.json_response(ticket)

    async def _create_ticket(self, request: web.Request) -> web.StreamResponse:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        properties = (await request.json())["properties"]
        trouble = self._get_failure_mode(request)
        if self.on_create_ticket:
            await self.on_create_ticket("asked")
        if trouble == "invalid":
            raise FakeAzureError(400, "InvalidParameterValue", "The value of 'contactDetails.country' is not valid.")
        if (subscription, name) in self.tickets or any(o.ticket_name == name for o in self._operations.values()):
            raise FakeAzureError(409, "Conflict", f"The support ticket '{name}' exists already.")
        if trouble == "request-lost":
            return drop_connection(request)
        self.ticket_bodies.append(properties)
        operation = TicketOperation(name, error=find_operation_error(trouble, properties), endless=trouble == "slow")
        if operation.error is None or trouble == "fails-after-create":
            number = len(self.tickets) + 1
            self.tickets[subscription, name] = build_ticket(subscription, name, properties, number, self.services)
        if self.on_create_ticket:
            await self.on_create_ticket("made")
        if trouble == "answer-lost":
            return drop_connection(request)
        identity = str(uuid.uuid4())
        self._operations[identity] = operation
        origin = "https://localhost.example" if trouble == "elsewhere" else request.url.origin()
        where = f"{origin}/subscriptions/{subscription}{SUPPORT_PROVIDER_PATH}"
        headers = {
            "Location": f"{where}/operationResults/{identity}?api-version=2024-04-01",
            "Azure-AsyncOperation": f"{where}/operationsStatus/{identity}?api-version=2024-04-01",
            **self._build_retry_headers(),
        }
        return web.Response(status=202, headers=headers)

    async def _get_operation_status(self, request: web.Request) -> web.Response:
        identity = request.match_info["operation"]
        if self._get_failure_mode(request) == "status-denied":
            scope = f"/subscriptions/{request.match_info['subscription']}"
            raise build_not_authorized_error("Microsoft.Support/operationsstatus/read", scope)
        operation = self._operations.get(identity)
        if operation is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The operation '{identity}' was not found.")
        operation.poll_count += 1
        state = {"id": request.path, "name": identity, "status": "InProgress"}
        if operation.endless or operation.poll_count < POLLS_UNTIL_DONE:
            return web.json_response(state, headers=self._build_retry_headers())
        if operation.error is None:
            del self._operations[identity]
            return web.json_response(state | {"status": "Succeeded"})
        del self._operations[identity]
        code, message = operation.error
        return web.json_response(state | {"status": "Failed", "error": {"code": code, "message": message}})

    def _build_retry_headers(self) -> dict[str, str]:
        return {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}

    async def _create_workspace(self, request: web.Request) -> web.Response:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        if self._get_failure_mode(request) == "no-files":
            raise build_not_authorized_error("Microsoft.Support/fileWorkspaces/write", f"/subscriptions/{subscription}")
        self.workspaces.setdefault((subscription, name), {})
        now = datetime.now(UTC)
        times = {"createdOn": format_time(now), "expirationTime": format_time(now + timedelta(days=1))}
        return build_created_response(request, "Microsoft.Support/fileWorkspaces", name, times)

    async def _create_file(self, request: web.Request) -> web.Response:
        workspace, name = self._find_workspace(request), request.match_info["file"]
        if workspace is None:
            raise FakeAzureError(404, "ResourceNotFound", "The file workspace was not found.")
        sizes = (await request.json())["properties"]
        if name.lower().endswith(REFUSED_EXTENSIONS) or not 0 < sizes["fileSize"] <= MAX_FILE_BYTES:
            raise FakeAzureError(400, "InvalidParameterValue", "The name or the size of the file is not allowed.")
        if sizes["chunkSize"] > MAX_CHUNK_BYTES or sizes["numberOfChunks"] > 2:
            raise FakeAzureError(400, "InvalidParameterValue", "The chunks of the file are not allowed.")
        workspace[name] = bytearray()
        return build_created_response(
            request, "Microsoft.Support/files", name, {"createdOn": format_time(datetime.now(UTC)), **sizes}
        )

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


def build_support_service(scenario: Scenario) -> FakeSupportService:
    """The desk that comes with the sandbox: the first subscription has a plan for the API, the others have not."""
    _, *others = scenario.subscriptions
    return FakeSupportService(dict.fromkeys(others, "no-plan"), scenario.subscriptions, retry_after_seconds=1)
