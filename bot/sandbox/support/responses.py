"""What the sandbox's support answers: its services, a ticket, and each refusal in Azure's words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

FailureMode = Literal[
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

SUPPORT_PROVIDER_PATH = "/providers/Microsoft.Support"

_UUID_NAMESPACE = uuid.UUID("2f0c1a77-6d43-4b0e-9c58-1be90d7a4e31")
_IMAGE_BUILDER_CLASSIFICATIONS = (
    "Azure Features / Azure Image Builder",
    "Management / Issues with Azure Image Builder",
)
_OTHER_CLASSIFICATIONS = (
    "Connectivity / Cannot connect to virtual machine by using RDP or SSH",
    "Azure Features / Azure Backup",
)
SERVICES: Mapping[str, tuple[str, ...]] = {
    "Billing": ("Other General Billing Questions",),
    "Service and subscription limits (quotas)": ("Compute-VM (cores-vCPUs) subscription limit increases",),
    "Virtual Machine running Windows": (*_OTHER_CLASSIFICATIONS, *_IMAGE_BUILDER_CLASSIFICATIONS),
    "Virtual Machine running Linux": (*_OTHER_CLASSIFICATIONS, *_IMAGE_BUILDER_CLASSIFICATIONS),
    "Virtual Machine running Ubuntu": _OTHER_CLASSIFICATIONS,
}


def drop_connection(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def find_operation_error(failure_mode: FailureMode, properties: Mapping[str, Any]) -> tuple[str, str] | None:
    """How making the ticket ends badly: code and message."""
    if failure_mode == "no-plan":
        return "InvalidSupportPlan", (
            "Your support plan type is Developer. To create and update support tickets, and add communication "
            "operations, you need access to our high tier-support plans. Learn more at https://aka.ms/supportapi"
        )
    if failure_mode == "too-many-open":
        return "QuotaExceeded", "The number of open support tickets of the subscription exceeds its quota."
    if failure_mode == "severity":
        severity = properties["severity"]
        return "InvalidSeverity", f"The severity '{severity}' is not available with your support plan."
    if failure_mode == "fails-after-create":
        return "InternalServerError", "The operation could not be completed."
    return None


def build_ticket(
    subscription: str, name: str, properties: dict[str, Any], number: int, services: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    now = format_time(datetime.now(UTC))
    names = {derive_guid(service): service for service in services}
    return {
        "id": f"/subscriptions/{subscription}{SUPPORT_PROVIDER_PATH}/supportTickets/{name}",
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


def build_created_response(
    request: web.Request, resource_type: str, name: str, properties: Mapping[str, Any]
) -> web.Response:
    return web.json_response(
        {"id": request.path, "name": name, "type": resource_type, "properties": dict(properties)}, status=201
    )


def derive_guid(name: str) -> str:
    return str(uuid.uuid5(_UUID_NAMESPACE, name))


def format_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
