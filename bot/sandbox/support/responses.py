"""The services and the JSON of the sandbox's support API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

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
"""The problem classifications of each service."""


def build_ticket(
    subscription: str, name: str, properties: Mapping[str, Any], number: int, services: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Build the JSON of an open ticket.

    Args:
        subscription: The subscription's id.
        name: The ticket's name in the API.
        properties: The ticket as the caller sent it.
        number: A serial number, which is a part of the ticket's public number.
        services: The services, to find the display name of the ticket's own.
    """
    now = format_time(datetime.now(UTC))
    service_names = {derive_guid(service): service for service in services}
    return {
        "id": f"/subscriptions/{subscription}{SUPPORT_PROVIDER_PATH}/supportTickets/{name}",
        "name": name,
        "type": "Microsoft.Support/supportTickets",
        "properties": {
            **properties,
            "supportTicketId": f"2611220010{number:05}",
            "serviceDisplayName": service_names.get(properties["serviceId"].rsplit("/", 1)[-1], ""),
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
    """Build the response (201) to a request that created a workspace or a file."""
    return web.json_response(
        {"id": request.path, "name": name, "type": resource_type, "properties": dict(properties)}, status=201
    )


def derive_guid(name: str) -> str:
    """Return a GUID that is always the same for `name`."""
    return str(uuid.uuid5(_UUID_NAMESPACE, name))


def format_time(moment: datetime) -> str:
    """Format a time in UTC as Azure does, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
