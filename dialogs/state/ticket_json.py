"""Ticket drafts, tickets and refusals as plain JSON values, as a job and its result hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from dialogs.model.support import (
    CONTACT_METHODS,
    MAX_FILE_NAME_CHARS,
    PORTAL_URL_PREFIXES,
    SEVERITIES,
    SUPPORT_LANGUAGES,
    ClassificationChoice,
    ServiceChoice,
    Ticket,
    TicketAttachment,
    TicketContact,
    TicketDraft,
    TicketRefusal,
    TicketRefusalReason,
)
from dialogs.state.case import MAX_TITLE_CHARS
from dialogs.state.json_fields import (
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_optional_int,
    parse_text,
)

MAX_NAME_CHARS = 200
MAX_ID_CHARS = 400
MAX_DETAIL_CHARS = 500
MAX_ATTACHMENTS = 3
MAX_ATTACHMENT_CHARS = 60_000
MAX_CASE_CHARS = 24_000
"""The limit for the text of a case: its description and the header above it."""


_STORED_KEYS: Mapping[str, str] = {
    "first_name": "first",
    "last_name": "last",
    "contact_method": "by",
    "can_collect_diagnostics": "diagnostics",
    "problem_started_at": "started",
    "attachment_count": "attached",
    "was_already_filed": "again",
    "in_progress": "under_way",
    "filed_tickets": "filed",
    "draft_id": "draft",
    "filing_started_at": "since",
    "classification_options": "routes",
    "chosen_index": "chosen",
    "confirmed_preview_hash": "agreed",
}
"""Field -> its stored key, where they differ. Stored documents and queued jobs depend on these keys."""


def with_stored_keys(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Build the dict of a dataclass for storage; pass this to `asdict` as `dict_factory`."""
    return {_STORED_KEYS.get(name, name): value for name, value in fields}


def to_json(value: TicketDraft | Ticket | TicketRefusal | TicketContact) -> dict[str, Any]:
    """Return `value` as plain JSON."""
    return asdict(value, dict_factory=with_stored_keys)


def parse_ticket_draft(value: object) -> TicketDraft:
    """Read a ticket draft that `to_json` wrote. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    return TicketDraft(
        id=parse_text(document.get("id"), MAX_NAME_CHARS),
        subscription=parse_text(document.get("subscription"), MAX_NAME_CHARS),
        service=parse_service(document.get("service")),
        classification=parse_classification(document.get("classification")),
        title=parse_text(document.get("title"), MAX_TITLE_CHARS),
        description=parse_text(document.get("description"), MAX_CASE_CHARS),
        severity=parse_choice(document.get("severity"), SEVERITIES),
        contact=parse_contact(document.get("contact")),
        can_collect_diagnostics=parse_bool(document.get("diagnostics")),
        problem_started_at=parse_text(document.get("started"), 40),
        attachments=tuple(_parse_attachment(item) for item in parse_list(document.get("attachments"), MAX_ATTACHMENTS)),
    )


def parse_contact(value: object) -> TicketContact:
    """Read a contact that `to_json` wrote. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    return TicketContact(
        first_name=parse_text(document.get("first"), MAX_NAME_CHARS),
        last_name=parse_text(document.get("last"), MAX_NAME_CHARS),
        email=parse_text(document.get("email"), MAX_NAME_CHARS),
        country=parse_text(document.get("country"), 3),
        time_zone=parse_text(document.get("time_zone"), MAX_NAME_CHARS),
        language=parse_choice(document.get("language"), SUPPORT_LANGUAGES),
        contact_method=parse_choice(document.get("by"), CONTACT_METHODS),
        phone=parse_text(document.get("phone"), 40),
    )


def parse_service(value: object) -> ServiceChoice:
    """Read a service as stored in a draft. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    return ServiceChoice(parse_text(document.get("id"), MAX_ID_CHARS), parse_text(document.get("name"), MAX_NAME_CHARS))


def parse_classification(value: object) -> ClassificationChoice:
    """Read a classification as stored in a draft. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    return ClassificationChoice(
        parse_text(document.get("id"), MAX_ID_CHARS), parse_text(document.get("name"), MAX_NAME_CHARS)
    )


def parse_ticket(value: object) -> Ticket:
    """Read a ticket that `to_json` wrote; a URL outside the Azure portal is dropped. Raise `DecodeError`."""
    document = parse_mapping(value)
    url = parse_text(document.get("url"), 2 * MAX_ID_CHARS)
    return Ticket(
        number=parse_text(document.get("number"), MAX_NAME_CHARS),
        id=parse_text(document.get("id"), MAX_ID_CHARS),
        url=url if url.startswith(PORTAL_URL_PREFIXES) else "",
        state=parse_text(document.get("state"), MAX_NAME_CHARS),
        attachment_count=parse_int(document.get("attached"), max_value=MAX_ATTACHMENTS),
        was_already_filed=parse_bool(document.get("again")),
    )


def parse_refusal(value: object) -> TicketRefusal:
    """Read a refusal that `to_json` wrote. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    return TicketRefusal(
        reason=parse_choice(document.get("reason"), get_args(TicketRefusalReason)),
        detail=parse_text(document.get("detail"), MAX_DETAIL_CHARS),
        action=parse_text(document.get("action"), MAX_NAME_CHARS),
        scope=parse_text(document.get("scope"), MAX_ID_CHARS),
        role=parse_text(document.get("role"), MAX_NAME_CHARS),
        code=parse_text(document.get("code"), MAX_NAME_CHARS),
        retry_after=parse_optional_int(document.get("retry_after")),
    )


def _parse_attachment(value: object) -> TicketAttachment:
    document = parse_mapping(value)
    return TicketAttachment(
        parse_text(document.get("name"), MAX_FILE_NAME_CHARS), parse_text(document.get("text"), MAX_ATTACHMENT_CHARS)
    )
