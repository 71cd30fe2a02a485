"""The sandbox's support API, failing in every way that the bot must handle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.azure_errors import FakeAzureError, build_not_authorized_error
from bot.sandbox.support.service import FakeSupportService

FailureMode = Literal[
    "no-plan",  # the request is accepted and the operation fails, as in Azure
    "denied",
    "not-registered",
    "throttled",
    "too-many-open",
    "severity",
    "invalid",
    "slow",  # operations never end
    "fails-after-create",  # the operation fails although the ticket was created
    "answer-lost",  # the ticket is created, but the connection breaks before the response
    "request-lost",  # the connection breaks, and no ticket is created
    "hidden",  # the name is in use, and its ticket can't be read
    "no-files",  # file workspaces can't be created
    "status-denied",  # the status of operations can't be read
    "elsewhere",  # the operation's status is on another host
    "broken",  # every request fails
]

OPERATION_ERRORS: dict[FailureMode, tuple[str, str]] = {
    "no-plan": ("InvalidSupportPlan", "Your support plan type is Developer. You need access to a higher plan."),
    "too-many-open": ("QuotaExceeded", "The number of open support tickets of the subscription exceeds its quota."),
    "severity": ("InvalidSeverity", "The severity 'minimal' is not available with your support plan."),
    "fails-after-create": ("InternalServerError", "The operation could not be completed."),
}


class FailingSupportService(FakeSupportService):
    """Fails as `failure_modes` says for a subscription, or for "" as the default, and records what it received."""

    def __init__(
        self, subscriptions: Collection[str], without_plan: Collection[str] = (), retry_after_seconds: int = 1
    ) -> None:
        super().__init__(subscriptions, without_plan, retry_after_seconds)
        self.failure_modes: dict[str, FailureMode] = {}
        self.request_log: list[tuple[str, str]] = []
        self.ticket_bodies: list[dict[str, Any]] = []
        self.on_create_ticket: Callable[[Literal["asked", "made"]], Awaitable[None]] | None = None

    def _get_failure_mode(self, subscription: str) -> FailureMode | None:
        return self.failure_modes.get(subscription, self.failure_modes.get(""))

    def _check_request(self, request: web.Request) -> None:
        self.request_log.append((request.method, request.path))
        super()._check_request(request)
        subscription = request.match_info.get("subscription", "")
        mode = self._get_failure_mode(subscription)
        if mode == "broken":
            raise FakeAzureError(500, "InternalServerError", "The server encountered an internal error.")
        if mode == "throttled":
            message = f"Number of requests for subscription '{subscription}' exceeded. Please try again later."
            raise FakeAzureError(429, "TooManyRequests", message, {"Retry-After": "37"})
        if mode == "not-registered" and subscription:
            raise FakeAzureError(
                409,
                "MissingSubscriptionRegistration",
                "The subscription is not registered to use namespace 'Microsoft.Support'. "
                "See https://aka.ms/rps-not-found for how to register subscriptions.",
            )

    async def _check_ticket_name(self, request: web.Request) -> web.Response:
        mode = self._get_failure_mode(request.match_info["subscription"])
        if mode == "denied":
            raise _build_denied_error(request, "Microsoft.Support/checkNameAvailability/action")
        if mode == "hidden":
            return web.json_response(
                {"message": "Name not available", "nameAvailable": False, "reason": "AlreadyExists"}
            )
        return await super()._check_ticket_name(request)

    async def _get_ticket(self, request: web.Request) -> web.Response:
        if self._get_failure_mode(request.match_info["subscription"]) == "denied":
            raise _build_denied_error(request, "Microsoft.Support/supportTickets/read")
        return await super()._get_ticket(request)

    async def _create_ticket(self, request: web.Request) -> web.Response:
        subscription, name = request.match_info["subscription"], request.match_info["name"]
        mode = self._get_failure_mode(subscription)
        if self.on_create_ticket:
            await self.on_create_ticket("asked")
        if mode == "invalid":
            raise FakeAzureError(400, "InvalidParameterValue", "The value of 'contactDetails.country' is not valid.")
        if mode == "request-lost":
            return drop_connection(request)
        response = await super()._create_ticket(request)
        properties = (await request.json())["properties"]
        self.ticket_bodies.append(properties)
        if mode == "fails-after-create":
            self._add_ticket(subscription, name, properties)
        if self.on_create_ticket:
            await self.on_create_ticket("made")
        if mode == "answer-lost":
            return drop_connection(request)
        if mode == "elsewhere":
            for header in ("Location", "Azure-AsyncOperation"):
                address = response.headers[header]
                response.headers[header] = address.replace(str(request.url.origin()), "https://localhost.example")
        return response

    def _find_operation_error(self, subscription: str) -> tuple[str, str] | None:
        mode = self._get_failure_mode(subscription)
        if mode in OPERATION_ERRORS:
            return OPERATION_ERRORS[mode]
        return super()._find_operation_error(subscription)

    async def _get_operation_status(self, request: web.Request) -> web.Response:
        mode = self._get_failure_mode(request.match_info["subscription"])
        if mode == "status-denied":
            raise _build_denied_error(request, "Microsoft.Support/operationsstatus/read")
        if mode == "slow":
            status = {"id": request.path, "status": "InProgress"}
            return web.json_response(status, headers=self._retry_headers)
        return await super()._get_operation_status(request)

    async def _create_workspace(self, request: web.Request) -> web.Response:
        if self._get_failure_mode(request.match_info["subscription"]) == "no-files":
            raise _build_denied_error(request, "Microsoft.Support/fileWorkspaces/write")
        return await super()._create_workspace(request)


def drop_connection(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _build_denied_error(request: web.Request, action: str) -> FakeAzureError:
    return build_not_authorized_error(action, f"/subscriptions/{request.match_info['subscription']}")
