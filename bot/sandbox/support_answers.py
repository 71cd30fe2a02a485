"""What the sandbox's support answers: its services, a ticket, and each refusal in Azure's words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

Trouble = Literal[
    "none",
    "no-plan",  # accepted, then the operation fails: that is how Azure says it
    "denied",
    "not-registered",
    "throttled",
    "too-many-open",
    "severity",
    "invalid",
    "slow",  # operations never end
    "fails-after-create",  # the operation fails, and yet there is a ticket
    "answer-lost",  # the ticket is made, but the connection breaks before the answer
    "request-lost",  # the connection breaks, and no ticket is made
    "hidden",  # the name is in use, and its ticket may not be read
    "no-files",  # file workspaces may not be made
    "status-denied",  # operations may not be looked at
    "elsewhere",  # the operation is to be followed on another host
    "broken",  # nothing works on Azure's side
]

PROVIDER = "/providers/Microsoft.Support"

_SPACE = uuid.UUID("2f0c1a77-6d43-4b0e-9c58-1be90d7a4e31")
_AIB = ("Azure Features / Azure Image Builder", "Management / Issues with Azure Image Builder")
_OTHERS = ("Connectivity / Cannot connect to virtual machine by using RDP or SSH", "Azure Features / Azure Backup")
SERVICES: Mapping[str, tuple[str, ...]] = {
    "Billing": ("Other General Billing Questions",),
    "Service and subscription limits (quotas)": ("Compute-VM (cores-vCPUs) subscription limit increases",),
    "Virtual Machine running Windows": (*_OTHERS, *_AIB),
    "Virtual Machine running Linux": (*_OTHERS, *_AIB),
    "Virtual Machine running Ubuntu": _OTHERS,
}


def broken_off(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def failure(trouble: Trouble, properties: Mapping[str, Any]) -> tuple[str, str] | None:
    """How making the ticket ends badly: code and message."""
    if trouble == "no-plan":
        return "InvalidSupportPlan", (
            "Your support plan type is Developer. To create and update support tickets, and add communication "
            "operations, you need access to our high tier-support plans. Learn more at https://aka.ms/supportapi"
        )
    if trouble == "too-many-open":
        return "QuotaExceeded", "The number of open support tickets of the subscription exceeds its quota."
    if trouble == "severity":
        severity = properties["severity"]
        return "InvalidSeverity", f"The severity '{severity}' is not available with your support plan."
    if trouble == "fails-after-create":
        return "InternalServerError", "The operation could not be completed."
    return None


def ticket_of(
    subscription: str, name: str, properties: dict[str, Any], number: int, services: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    now = stamp(datetime.now(UTC))
    names = {guid_of(service): service for service in services}
    return {
        "id": f"/subscriptions/{subscription}{PROVIDER}/supportTickets/{name}",
        "name": name,
        "type": "Microsoft.Support/supportTickets",
        "properties": {
            **properties,
            "supportTicketId": f"2611220010{number:05}",
            "serviceDisplayName": names.get(properties["serviceId"].rsplit("/", 1)[-1], ""),
            "supportPlanType": "Premier",
            "supportPlanDisplayName": "Premier",
            "status": "Open",
            "createdDate": now,
            "modifiedDate": now,
        },
    }


def made(request: web.Request, kind: str, name: str, properties: Mapping[str, Any]) -> web.Response:
    return web.json_response(
        {"id": request.path, "name": name, "type": kind, "properties": dict(properties)}, status=201
    )


def guid_of(name: str) -> str:
    return str(uuid.uuid5(_SPACE, name))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
