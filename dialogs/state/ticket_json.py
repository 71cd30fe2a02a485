"""Ticket drafts and tickets as plain JSON, as a job and its result hold them."""

from __future__ import annotations

from dialogs.model.stored import Stored
from dialogs.model.support import PORTAL_URL_PREFIXES, Ticket, TicketDraft
from dialogs.state.codec import Layout, build_codec
from dialogs.state.json_fields import parse_text

MAX_URL_CHARS = 800


def _parse_portal_url(value: object) -> str:
    url = parse_text(value, MAX_URL_CHARS)
    return url if url.startswith(PORTAL_URL_PREFIXES) else ""


TICKET_LAYOUTS = {Ticket: Layout({"url": Stored(decode=_parse_portal_url)})}
DRAFT_CODEC = build_codec(TicketDraft)
TICKET_CODEC = build_codec(Ticket, TICKET_LAYOUTS)
