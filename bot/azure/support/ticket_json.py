"""Convert between our ticket types and the Support API's models."""

from __future__ import annotations

from datetime import UTC, datetime

from azure.mgmt.support.models import ContactProfile, SupportTicketDetails

from bot.azure.support.ticket_name import build_portal_url
from dialogs.model.support import Ticket, TicketDraft
from knowledge.redaction.redact import redact


def build_ticket_body(draft: TicketDraft, workspace: str) -> SupportTicketDetails:
    """Build the request body that files `draft`. `workspace` is the file workspace, empty if there are no files."""
    contact = draft.contact
    return SupportTicketDetails(
        title=redact(draft.title),
        description=redact(draft.description),
        severity=draft.severity,
        service_id=draft.service.id,
        problem_classification_id=draft.classification.id,
        advanced_diagnostic_consent="Yes" if draft.can_collect_diagnostics else "No",
        problem_start_time=_parse_time(draft.problem_started_at),
        file_workspace_name=workspace or None,
        contact_details=ContactProfile(
            first_name=redact(contact.first_name),
            last_name=redact(contact.last_name),
            preferred_contact_method=contact.contact_method,
            primary_email_address=contact.email,
            phone_number=contact.phone or None,
            preferred_time_zone=contact.time_zone,
            country=contact.country,
            preferred_support_language=contact.language,
        ),
    )


def parse_ticket(
    details: SupportTicketDetails, portal: str, attachment_count: int = 0, was_already_filed: bool = False
) -> Ticket:
    """Read the ticket from Azure's response. `portal` is the origin of the cloud's portal."""
    resource_id = get_text(details.id)
    return Ticket(
        number=get_text(details.support_ticket_id),
        id=resource_id,
        url=build_portal_url(portal, resource_id),
        state=get_text(details.status),
        attachment_count=attachment_count,
        was_already_filed=was_already_filed,
    )


def get_text(value: object) -> str:
    """Return a text field of an SDK model, or "" if Azure did not set it. The SDK types read-only fields as None."""
    return value if isinstance(value, str) else ""


def _parse_time(text: str) -> datetime | None:
    """Parse an ISO 8601 time, which is in UTC if it names no zone. Return None if `text` is not a time."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
