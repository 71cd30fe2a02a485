"""A ticket to be, a ticket and a refusal as plain JSON values: how they stand in a work and in its result."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, get_args

from dialogs.model.support import (
    CONTACT_BY,
    FILE_NAME,
    PORTALS,
    SEVERITIES,
    SUPPORT_LANGUAGES,
    Attachment,
    ClassificationChoice,
    Contact,
    FilingReason,
    FilingRefusal,
    ServiceChoice,
    Ticket,
    TicketDraft,
)
from dialogs.state.case import TITLE
from dialogs.state.json_fields import keyed, maybe_whole, one_of, rows, text, truth, whole

NAME = 200
ID = 400
DETAIL = 500
MOST_FILES = 3
MOST_FILE_TEXT = 60_000
MOST_DESCRIPTION = 24_000
"""Characters of a whole case: its description and what stands above it."""


def to_json(value: TicketDraft | Ticket | FilingRefusal | Contact) -> dict[str, Any]:
    """`value` as plain JSON."""
    return asdict(value)


def draft_of(value: object) -> TicketDraft:
    """The ticket to be that `to_json` wrote. Raises `ShapeError`."""
    written = keyed(value)
    return TicketDraft(
        id=text(written.get("id"), NAME),
        subscription=text(written.get("subscription"), NAME),
        service=service_of(written.get("service")),
        classification=classification_of(written.get("classification")),
        title=text(written.get("title"), TITLE),
        description=text(written.get("description"), MOST_DESCRIPTION),
        severity=one_of(written.get("severity"), SEVERITIES),
        contact=contact_of(written.get("contact")),
        diagnostics=truth(written.get("diagnostics")),
        started=text(written.get("started"), 40),
        attachments=tuple(_attachment(item) for item in rows(written.get("attachments"), MOST_FILES)),
    )


def contact_of(value: object) -> Contact:
    """The contact that `to_json` wrote. Raises `ShapeError`."""
    written = keyed(value)
    return Contact(
        first=text(written.get("first"), NAME),
        last=text(written.get("last"), NAME),
        email=text(written.get("email"), NAME),
        country=text(written.get("country"), 3),
        time_zone=text(written.get("time_zone"), NAME),
        language=one_of(written.get("language"), SUPPORT_LANGUAGES),
        by=one_of(written.get("by"), CONTACT_BY),
        phone=text(written.get("phone"), 40),
    )


def service_of(value: object) -> ServiceChoice:
    """The service that `asdict` wrote. Raises `ShapeError`."""
    written = keyed(value)
    return ServiceChoice(text(written.get("id"), ID), text(written.get("name"), NAME))


def classification_of(value: object) -> ClassificationChoice:
    """The classification that `asdict` wrote. Raises `ShapeError`."""
    written = keyed(value)
    return ClassificationChoice(text(written.get("id"), ID), text(written.get("name"), NAME))


def ticket_of(value: object) -> Ticket:
    """The ticket that `to_json` wrote, without an address that is not the portal's. Raises `ShapeError`."""
    written = keyed(value)
    url = text(written.get("url"), 2 * ID)
    return Ticket(
        number=text(written.get("number"), NAME),
        id=text(written.get("id"), ID),
        url=url if url.startswith(PORTALS) else "",
        state=text(written.get("state"), NAME),
        attached=whole(written.get("attached"), most=MOST_FILES),
        again=truth(written.get("again")),
    )


def refusal_of(value: object) -> FilingRefusal:
    """The refusal that `to_json` wrote. Raises `ShapeError`."""
    written = keyed(value)
    return FilingRefusal(
        reason=one_of(written.get("reason"), get_args(FilingReason)),
        detail=text(written.get("detail"), DETAIL),
        action=text(written.get("action"), NAME),
        scope=text(written.get("scope"), ID),
        role=text(written.get("role"), NAME),
        code=text(written.get("code"), NAME),
        retry_after=maybe_whole(written.get("retry_after")),
    )


def _attachment(value: object) -> Attachment:
    written = keyed(value)
    return Attachment(text(written.get("name"), FILE_NAME), text(written.get("text"), MOST_FILE_TEXT))
