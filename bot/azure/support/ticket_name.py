"""The name of a ticket in Azure, which makes a draft one ticket however often it is filed, and where it is shown."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from dialogs.model.turn import Person


def build_ticket_name(person: Person, draft_id: str) -> str:
    """The name for the draft with the id `draft` of `person`; always the same, and no other draft's or person's."""
    who = person.object_id or person.id
    # lengths keep the parts apart: no two persons and drafts make the same text
    text = "".join(f"{len(part)}:{part}" for part in (person.tenant, who, draft_id))
    return f"image-medic-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def build_portal_url(portal: str, ticket_id: str) -> str:
    """The page of the Azure portal that shows the ticket with the resource id `ticket`."""
    where = quote(ticket_id, safe="")
    return f"{portal}/#view/Microsoft_Azure_Support/SupportRequestDetails.ReactView/id/{where}/portalJourney~/true"
