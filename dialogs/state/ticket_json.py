"""Ticket drafts and tickets as plain JSON, as a job and its result hold them."""

from __future__ import annotations

from dialogs.model.support import (
    PORTAL_URL_PREFIXES,
    SUPPORT_LANGUAGES,
    Ticket,
    TicketAttachment,
    TicketContact,
    TicketDraft,
)
from dialogs.state.case import MAX_TITLE_CHARS
from dialogs.state.codec import Layout, StoredField, build_codec
from dialogs.state.json_fields import parse_text

MAX_URL_CHARS = 800
MAX_ATTACHMENTS = 3
MAX_ATTACHMENT_CHARS = 60_000
MAX_CASE_CHARS = 24_000
"""The limit for the text of a case: its description and the header above it."""


def _parse_portal_url(value: object) -> str:
    url = parse_text(value, MAX_URL_CHARS)
    return url if url.startswith(PORTAL_URL_PREFIXES) else ""


# stored documents and queued jobs depend on the keys
TICKET_LAYOUTS = {
    TicketDraft: Layout(
        {
            "title": StoredField(max_chars=MAX_TITLE_CHARS),
            "description": StoredField(max_chars=MAX_CASE_CHARS),
            "can_collect_diagnostics": StoredField("diagnostics"),
            "problem_started_at": StoredField("started"),
            "attachments": StoredField(max_items=MAX_ATTACHMENTS),
        }
    ),
    TicketContact: Layout(
        {
            "first_name": StoredField("first"),
            "last_name": StoredField("last"),
            "language": StoredField(choices=SUPPORT_LANGUAGES),
            "contact_method": StoredField("by"),
        }
    ),
    TicketAttachment: Layout({"text": StoredField(max_chars=MAX_ATTACHMENT_CHARS)}),
    Ticket: Layout(
        {
            "url": StoredField(decode=_parse_portal_url),
            "attachment_count": StoredField("attached", max_value=MAX_ATTACHMENTS),
            "was_already_filed": StoredField("again"),
        }
    ),
}
DRAFT_CODEC = build_codec(TicketDraft, TICKET_LAYOUTS)
TICKET_CODEC = build_codec(Ticket, TICKET_LAYOUTS)
