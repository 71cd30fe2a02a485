"""The ticket as the Support API takes it and gives it back."""

from __future__ import annotations

from datetime import UTC, datetime

from azure.mgmt.support.models import ContactProfile, SupportTicketDetails

from bot.azure.support.ticket_name import build_portal_url
from dialogs.model.support import Ticket, TicketDraft
from knowledge.redaction.redact import redact


def build_ticket_body(draft: TicketDraft, workspace: str) -> SupportTicketDetails:
    """What is sent to make `draft` a ticket; `workspace` holds its files, "" without any."""
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


def parse_ticket(details: SupportTicketDetails, portal: str, attached: int = 0, again: bool = False) -> Ticket:
    """The ticket that Azure gave back."""
    identity = get_text(details.id)
    return Ticket(
        number=get_text(details.support_ticket_id),
        id=identity,
        url=build_portal_url(portal, identity),
        state=get_text(details.status),
        attachment_count=attached,
        was_already_filed=again,
    )


def get_text(value: object) -> str:
    """A text that Azure gave; "" where it gave none. The SDK says of what only Azure sets that it is None."""
    return value if isinstance(value, str) else ""


def _parse_time(text: str) -> datetime | None:
    """`text` as a time in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
