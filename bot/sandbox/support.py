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

from bot.sandbox.refusals import Refused, no_subscription, not_permitted
from bot.sandbox.scenario import Scenario
from bot.sandbox.support_answers import (
    PROVIDER,
    SERVICES,
    Trouble,
    broken_off,
    failure,
    guid_of,
    made,
    stamp,
    ticket_of,
)

OPEN_AFTER = 2
"""How often an operation is asked for before it has ended."""
MOST_FILE = 5 * 1024 * 1024
MOST_CHUNK = 2_621_440
REFUSED_KINDS = (".ps1", ".cmd", ".bat", ".exe", ".js", ".htm", ".html", ".svg", ".log")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Operation:
    """A ticket being made: how often it was asked for, and how it ends."""

    ticket: str
    asked: int = 0
    error: tuple[str, str] | None = None
    endless: bool = False


@dataclass
class SupportDesk:
    """The support of one sandbox. `troubles` says what goes wrong, by subscription id; elsewhere all is well.

    `services` are the services and their classifications; `subscriptions` the ids of those that there are, any if
    empty. `retry_after`: the seconds after which an operation is to be asked for again, as Azure says them.
    `meanwhile` is awaited before and after a ticket is made. `requests` are the requests so far, method
    and path; `bodies` the tickets as they came; `files` the workspaces with their files.
    """

    troubles: dict[str, Trouble] = field(default_factory=dict)
    subscriptions: Collection[str] = ()
    services: Mapping[str, Sequence[str]] = field(default_factory=lambda: SERVICES)
    retry_after: int | None = None
    meanwhile: Callable[[Literal["asked", "made"]], Awaitable[None]] | None = None
    tickets: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], dict[str, bytearray]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    _operations: dict[str, Operation] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """The routes to serve, for whoever checks the tokens."""
        base = f"/subscriptions/{{subscription}}{PROVIDER}"
        tickets, workspaces = f"{base}/supportTickets/{{name}}", f"{base}/fileWorkspaces/{{name}}"
        return [
            web.get(f"{PROVIDER}/services", self._noted(self._services)),
            web.get(f"{PROVIDER}/services/{{service}}/problemClassifications", self._noted(self._classifications)),
            web.post(f"{base}/checkNameAvailability", self._noted(self._available)),
            web.get(tickets, self._noted(self._ticket)),
            web.put(tickets, self._noted(self._create)),
            web.get(f"{base}/operationsStatus/{{operation}}", self._noted(self._status)),
            web.put(workspaces, self._noted(self._workspace)),
            web.put(f"{workspaces}/files/{{file}}", self._noted(self._file)),
            web.post(f"{workspaces}/files/{{file}}/upload", self._noted(self._upload)),
        ]

    def _noted(self, handler: Handler) -> Handler:
        async def noted(request: web.Request) -> web.StreamResponse:
            self.requests.append((request.method, request.path))
            self._check(request)
            return await handler(request)

        return noted

    def _trouble(self, request: web.Request) -> Trouble:
        return self.troubles.get(request.match_info.get("subscription", ""), self.troubles.get("", "none"))

    def _check(self, request: web.Request) -> None:
        trouble, subscription = self._trouble(request), request.match_info.get("subscription", "")
        if subscription and self.subscriptions and subscription.lower() not in self.subscriptions:
            raise no_subscription(subscription)
        if trouble == "broken":
            raise Refused(500, "InternalServerError", "The server encountered an internal error.")
        if trouble == "throttled":
            message = f"Number of requests for subscription '{subscription}' exceeded. Please try again later."
            raise Refused(429, "TooManyRequests", message, {"Retry-After": "37"})
        if trouble == "not-registered" and subscription:
            raise Refused(
                409,
                "MissingSubscriptionRegistration",
                "The subscription is not registered to use namespace 'Microsoft.Support'. "
                "See https://aka.ms/rps-not-found for how to register subscriptions.",
            )

    async def _services(self, request: web.Request) -> web.Response:
        rows = [
            {
                "id": f"{PROVIDER}/services/{guid_of(name)}",
                "name": guid_of(name),
                "type": "Microsoft.Support/services",
                "properties": {"displayName": name, "resourceTypes": []},
            }
            for name in self.services
        ]
        return web.json_response({"value": rows})

    async def _classifications(self, request: web.Request) -> web.Response:
        guid = request.match_info["service"]
        names = next((names for name, names in self.services.items() if guid_of(name) == guid), None)
        if names is None:
            raise Refused(404, "ResourceNotFound", f"The service '{guid}' was not found.")
        rows = [
            {
                "id": f"{PROVIDER}/services/{guid}/problemClassifications/{guid_of(guid + name)}",
                "name": guid_of(guid + name),
                "type": "Microsoft.Support/problemClassifications",
                "properties": {"displayName": name},
            }
            for name in names
        ]
        return web.json_response({"value": rows})

    async def _available(self, request: web.Request) -> web.Response:
        name = str((await request.json())["name"])
        subscription = request.match_info["subscription"]
        if self._trouble(request) == "denied":
            raise not_permitted("Microsoft.Support/checkNameAvailability/action", f"/subscriptions/{subscription}")
        used = (
            (subscription, name) in self.tickets
            or any(operation.ticket == name and not operation.error for operation in self._operations.values())
            or self._trouble(request) == "hidden"
        )
        taken = {"nameAvailable": False, "reason": "Name is already in use", "message": "Name not available"}
        return web.json_response(taken if used else {"nameAvailable": True})

    async def _ticket(self, request: web.Request) -> web.Response:
        key = request.match_info["subscription"], request.match_info["name"]
        if self._trouble(request) == "denied":
            raise not_permitted("Microsoft.Support/supportTickets/read", f"/subscriptions/{key[0]}")
        ticket = self.tickets.get(key)
        if ticket is None:
            raise Refused(404, "ResourceNotFound", f"The support ticket '{key[1]}' was not found.")
        return web.json_response(ticket)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        properties = (await request.json())["properties"]
        trouble = self._trouble(request)
        if self.meanwhile:
            await self.meanwhile("asked")
        if trouble == "invalid":
            raise Refused(400, "InvalidParameterValue", "The value of 'contactDetails.country' is not valid.")
        if (subscription, name) in self.tickets or any(o.ticket == name for o in self._operations.values()):
            raise Refused(409, "Conflict", f"The support ticket '{name}' exists already.")
        if trouble == "request-lost":
            return broken_off(request)
        self.bodies.append(properties)
        operation = Operation(name, error=failure(trouble, properties), endless=trouble == "slow")
        if operation.error is None or trouble == "fails-after-create":
            number = len(self.tickets) + 1
            self.tickets[subscription, name] = ticket_of(subscription, name, properties, number, self.services)
        if self.meanwhile:
            await self.meanwhile("made")
        if trouble == "answer-lost":
            return broken_off(request)
        identity = str(uuid.uuid4())
        self._operations[identity] = operation
        origin = "https://localhost.example" if trouble == "elsewhere" else request.url.origin()
        where = f"{origin}/subscriptions/{subscription}{PROVIDER}"
        headers = {
            "Location": f"{where}/operationResults/{identity}?api-version=2024-04-01",
            "Azure-AsyncOperation": f"{where}/operationsStatus/{identity}?api-version=2024-04-01",
            **self._wait(),
        }
        return web.Response(status=202, headers=headers)

    async def _status(self, request: web.Request) -> web.Response:
        identity = request.match_info["operation"]
        if self._trouble(request) == "status-denied":
            scope = f"/subscriptions/{request.match_info['subscription']}"
            raise not_permitted("Microsoft.Support/operationsstatus/read", scope)
        operation = self._operations.get(identity)
        if operation is None:
            raise Refused(404, "ResourceNotFound", f"The operation '{identity}' was not found.")
        operation.asked += 1
        state = {"id": request.path, "name": identity, "status": "InProgress"}
        if operation.endless or operation.asked < OPEN_AFTER:
            return web.json_response(state, headers=self._wait())
        if operation.error is None:
            del self._operations[identity]
            return web.json_response(state | {"status": "Succeeded"})
        del self._operations[identity]
        code, message = operation.error
        return web.json_response(state | {"status": "Failed", "error": {"code": code, "message": message}})

    def _wait(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    async def _workspace(self, request: web.Request) -> web.Response:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        if self._trouble(request) == "no-files":
            raise not_permitted("Microsoft.Support/fileWorkspaces/write", f"/subscriptions/{subscription}")
        self.files.setdefault((subscription, name), {})
        now = datetime.now(UTC)
        times = {"createdOn": stamp(now), "expirationTime": stamp(now + timedelta(days=1))}
        return made(request, "Microsoft.Support/fileWorkspaces", name, times)

    async def _file(self, request: web.Request) -> web.Response:
        workspace, name = self._files(request), request.match_info["file"]
        if workspace is None:
            raise Refused(404, "ResourceNotFound", "The file workspace was not found.")
        sizes = (await request.json())["properties"]
        if name.lower().endswith(REFUSED_KINDS) or not 0 < sizes["fileSize"] <= MOST_FILE:
            raise Refused(400, "InvalidParameterValue", "The name or the size of the file is not allowed.")
        if sizes["chunkSize"] > MOST_CHUNK or sizes["numberOfChunks"] > 2:
            raise Refused(400, "InvalidParameterValue", "The chunks of the file are not allowed.")
        workspace[name] = bytearray()
        return made(request, "Microsoft.Support/files", name, {"createdOn": stamp(datetime.now(UTC)), **sizes})

    async def _upload(self, request: web.Request) -> web.Response:
        workspace, name = self._files(request), request.match_info["file"]
        if workspace is None or name not in workspace:
            raise Refused(404, "ResourceNotFound", "The file was not found.")
        try:
            chunk = base64.b64decode((await request.json())["content"], validate=True)
        except binascii.Error as error:
            raise Refused(400, "InvalidParameterValue", "The content is not base64.") from error
        workspace[name] += chunk
        return web.Response(status=204)

    def _files(self, request: web.Request) -> dict[str, bytearray] | None:
        return self.files.get((request.match_info["subscription"], request.match_info["name"]))


def desk_of(scenario: Scenario) -> SupportDesk:
    """The desk that comes with the sandbox: the first subscription has a plan for the API, the others have not."""
    _, *others = scenario.subscriptions
    return SupportDesk(dict.fromkeys(others, "no-plan"), scenario.subscriptions, retry_after=1)
