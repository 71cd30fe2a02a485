"""A ticket to be, a ticket and a refusal as plain JSON values: how they stand in a work and in its result."""

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
"""Characters of a whole case: its description and what stands above it."""


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
"""Field -> the key it is stored under, where they differ: stored documents and queued jobs keep their keys."""


def with_stored_keys(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Build a dataclass's dict for storage; pass it to `asdict` as `dict_factory`."""
    return {_STORED_KEYS.get(name, name): value for name, value in fields}


def to_json(value: TicketDraft | Ticket | TicketRefusal | TicketContact) -> dict[str, Any]:
    """`value` as plain JSON."""
    return asdict(value, dict_factory=with_stored_keys)


def parse_ticket_draft(value: object) -> TicketDraft:
    """The ticket to be that `to_json` wrote. Raises `ShapeError`."""
    written = parse_mapping(value)
    return TicketDraft(
        id=parse_text(written.get("id"), MAX_NAME_CHARS),
        subscription=parse_text(written.get("subscription"), MAX_NAME_CHARS),
        service=parse_service(written.get("service")),
        classification=parse_classification(written.get("classification")),
        title=parse_text(written.get("title"), MAX_TITLE_CHARS),
        description=parse_text(written.get("description"), MAX_CASE_CHARS),
        severity=parse_choice(written.get("severity"), SEVERITIES),
        contact=parse_contact(written.get("contact")),
        can_collect_diagnostics=parse_bool(written.get("diagnostics")),
        problem_started_at=parse_text(written.get("started"), 40),
        attachments=tuple(_parse_attachment(item) for item in parse_list(written.get("attachments"), MAX_ATTACHMENTS)),
    )


def parse_contact(value: object) -> TicketContact:
    """The contact that `to_json` wrote. Raises `ShapeError`."""
    written = parse_mapping(value)
    return TicketContact(
        first_name=parse_text(written.get("first"), MAX_NAME_CHARS),
        last_name=parse_text(written.get("last"), MAX_NAME_CHARS),
        email=parse_text(written.get("email"), MAX_NAME_CHARS),
        country=parse_text(written.get("country"), 3),
        time_zone=parse_text(written.get("time_zone"), MAX_NAME_CHARS),
        language=parse_choice(written.get("language"), SUPPORT_LANGUAGES),
        contact_method=parse_choice(written.get("by"), CONTACT_METHODS),
        phone=parse_text(written.get("phone"), 40),
    )


def parse_service(value: object) -> ServiceChoice:
    """The service that `asdict` wrote. Raises `ShapeError`."""
    written = parse_mapping(value)
    return ServiceChoice(parse_text(written.get("id"), MAX_ID_CHARS), parse_text(written.get("name"), MAX_NAME_CHARS))


def parse_classification(value: object) -> ClassificationChoice:
    """The classification that `asdict` wrote. Raises `ShapeError`."""
    written = parse_mapping(value)
    return ClassificationChoice(
        parse_text(written.get("id"), MAX_ID_CHARS), parse_text(written.get("name"), MAX_NAME_CHARS)
    )


def parse_ticket(value: object) -> Ticket:
    """The ticket that `to_json` wrote, without an address that is not the portal's. Raises `ShapeError`."""
    written = parse_mapping(value)
    url = parse_text(written.get("url"), 2 * MAX_ID_CHARS)
    return Ticket(
        number=parse_text(written.get("number"), MAX_NAME_CHARS),
        id=parse_text(written.get("id"), MAX_ID_CHARS),
        url=url if url.startswith(PORTAL_URL_PREFIXES) else "",
        state=parse_text(written.get("state"), MAX_NAME_CHARS),
        attachment_count=parse_int(written.get("attached"), max_value=MAX_ATTACHMENTS),
        was_already_filed=parse_bool(written.get("again")),
    )


def parse_refusal(value: object) -> TicketRefusal:
    """The refusal that `to_json` wrote. Raises `ShapeError`."""
    written = parse_mapping(value)
    return TicketRefusal(
        reason=parse_choice(written.get("reason"), get_args(TicketRefusalReason)),
        detail=parse_text(written.get("detail"), MAX_DETAIL_CHARS),
        action=parse_text(written.get("action"), MAX_NAME_CHARS),
        scope=parse_text(written.get("scope"), MAX_ID_CHARS),
        role=parse_text(written.get("role"), MAX_NAME_CHARS),
        code=parse_text(written.get("code"), MAX_NAME_CHARS),
        retry_after=parse_optional_int(written.get("retry_after")),
    )


def _parse_attachment(value: object) -> TicketAttachment:
    written = parse_mapping(value)
    return TicketAttachment(
        parse_text(written.get("name"), MAX_FILE_NAME_CHARS), parse_text(written.get("text"), MAX_ATTACHMENT_CHARS)
    )
