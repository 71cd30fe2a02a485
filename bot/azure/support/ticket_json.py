"""The ticket as the Support API takes it and gives it back."""

from __future__ import annotations

from datetime import UTC, datetime

from azure.mgmt.support.models import ContactProfile, SupportTicketDetails

from bot.azure.support.ticket_name import portal_url
from dialogs.model.support import Ticket, TicketDraft
from knowledge.redaction.redact import redact


def body_of(draft: TicketDraft, workspace: str) -> SupportTicketDetails:
    """What is sent to make `draft` a ticket; `workspace` holds its files, "" without any."""
    contact = draft.contact
    return SupportTicketDetails(
        title=redact(draft.title),
        description=redact(draft.description),
        severity=draft.severity,
        service_id=draft.service.id,
        problem_classification_id=draft.classification.id,
        advanced_diagnostic_consent="Yes" if draft.diagnostics else "No",
        problem_start_time=_moment(draft.started),
        file_workspace_name=workspace or None,
        contact_details=ContactProfile(
            first_name=redact(contact.first),
            last_name=redact(contact.last),
            preferred_contact_method=contact.by,
            primary_email_address=contact.email,
            phone_number=contact.phone or None,
            preferred_time_zone=contact.time_zone,
            country=contact.country,
            preferred_support_language=contact.language,
        ),
    )


def ticket_of(details: SupportTicketDetails, portal: str, attached: int = 0, again: bool = False) -> Ticket:
    """The ticket that Azure gave back."""
    identity = text_of(details.id)
    return Ticket(
        number=text_of(details.support_ticket_id),
        id=identity,
        url=portal_url(portal, identity),
        state=text_of(details.status),
        attached=attached,
        again=again,
    )


def text_of(value: object) -> str:
    """A text that Azure gave; "" where it gave none. The SDK says of what only Azure sets that it is None."""
    return value if isinstance(value, str) else ""


def _moment(text: str) -> datetime | None:
    """`text` as a time in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
