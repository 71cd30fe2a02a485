"""The JSON of the sandbox's tickets, of their operations, and of names that can't be used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.support.services import SUPPORT_PROVIDER_PATH, find_display_names
from knowledge.azure_names import is_guid

_FORBIDDEN_IN_NAMES = r"[<>%&:\\?/\x00-\x1f\x7f]"
_SLA_MINUTES = {"minimal": 480, "moderate": 240, "critical": 60, "highestcriticalimpact": 15}
_CONTACT: Mapping[str, Any] = {"additionalEmailAddresses": [], "phoneNumber": None}
_SIGNATURE_LENGTHS = {"c": 1280, "s": 342, "h": 43}
"""The parameters that sign the address of an operation, and their lengths: it has more than 1,600 characters."""


def build_ticket(
    subscription: str, name: str, properties: Mapping[str, Any], number: int, services: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Build the JSON of an open ticket.

    Args:
        subscription: The subscription's id.
        name: The ticket's name in the API.
        properties: The ticket as the caller sent it.
        number: A serial number, which is a part of the ticket's public number.
        services: The services, to find the display names of the ticket's own.
    """
    now = datetime.now(UTC)
    ticket_id = f"2611220010{number:06}"
    service, classification = find_display_names(
        services, properties["serviceId"], properties["problemClassificationId"]
    )
    ticket = {
        "id": f"/subscriptions/{subscription}{SUPPORT_PROVIDER_PATH}/supportTickets/{name}",
        "name": name,
        "type": "Microsoft.Support/supportTickets",
        "properties": {
            **properties,
            "problemClassificationDisplayName": classification,
            "require24X7Response": properties.get("require24X7Response", False),
            "enrollmentId": "",
            "contactDetails": {**_CONTACT, **properties["contactDetails"]},
            "serviceLevelAgreement": {},
            "supportEngineer": {"emailAddress": None, "fullName": None},
            "supportPlanType": "Premier",
            "supportPlanDisplayName": "Premier",
            "supportPlanId": "U291cmNlOlNhbmRib3gs",
            "advancedDiagnosticConsent": properties.get("advancedDiagnosticConsent", "No"),
            "isTemporaryTicket": "No",
            "fileWorkspaceName": properties.get("fileWorkspaceName") or ticket_id,
            "supportTicketId": ticket_id,
            "serviceDisplayName": service,
            "status": "Open",
            "problemStartTime": properties.get("problemStartTime") or format_time(now),
            "createdDate": format_time(now),
        },
    }
    _normalize_ticket(ticket["properties"])  # type: ignore[arg-type]
    return ticket


def update_ticket(ticket: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change a ticket, and return the response, in which the status is still as it was sent."""
    properties = ticket["properties"]
    contact = {key: value for key, value in changes.get("contactDetails", {}).items() if value is not None}
    properties |= {**changes, "contactDetails": properties["contactDetails"] | contact}
    _normalize_ticket(properties)
    return {**ticket, "properties": {**properties, "status": changes.get("status", properties["status"])}}


def describe_unusable_name(name: str) -> dict[str, Any] | None:
    """Return what the API answers about a name that no ticket may have; None for any other name."""
    if not is_guid(name) and not re.search(_FORBIDDEN_IN_NAMES, name):
        return None
    message = (
        f"Name {name} is invalid. The name cannot include: '<', '>', '%', '&', ':', '\\', '?', '/' or any control "
        "characters. It cannot be a Guid."
    )
    return {"message": message, "nameAvailable": False, "reason": "Invalid"}


def build_operation_address(base: str, operation_id: str, api_version: str) -> str:
    """Build the address of an operation below `base`, signed as in Azure."""
    parameters = [f"api-version={api_version}", f"t={int(datetime.now(UTC).timestamp() * 10**7)}"]
    for name, length in _SIGNATURE_LENGTHS.items():
        digest = hashlib.shake_256(f"{name}/{operation_id}".encode()).hexdigest(length)
        parameters.append(f"{name}={digest[:length]}")
    return f"{base}/{operation_id}?{'&'.join(parameters)}"


def build_created_response(
    request: web.Request, resource_type: str, name: str, properties: Mapping[str, Any]
) -> web.Response:
    """Build the response (201) to a request that created a workspace or a file."""
    return web.json_response(
        {"id": request.path, "name": name, "type": resource_type, "properties": dict(properties)}, status=201
    )


def format_time(moment: datetime) -> str:
    """Format a time in UTC as Azure does, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _normalize_ticket(properties: dict[str, Any]) -> None:
    """Spell a ticket's words as Azure returns them, however they were sent, and compute its time to a response."""
    minutes = _SLA_MINUTES.get(properties["severity"].lower(), 480)
    contact = properties["contactDetails"]
    language, _, country = contact.get("preferredSupportLanguage", "en-US").partition("-")
    properties["severity"] = _capitalize(properties["severity"])
    properties["status"] = _capitalize(properties["status"])
    properties["contactDetails"] = contact | {
        "preferredContactMethod": _capitalize(contact["preferredContactMethod"]),
        "preferredSupportLanguage": f"{language.lower()}-{country.upper()}",
    }
    now = datetime.now(UTC)
    properties["modifiedDate"] = format_time(now)
    properties["serviceLevelAgreement"] = {
        "startTime": properties["createdDate"],
        "expirationTime": format_time(now + timedelta(minutes=minutes)),
        "slaMinutes": minutes,
    }


def _capitalize(word: str) -> str:
    return word[:1].upper() + word[1:]
