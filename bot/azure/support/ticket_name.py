"""The resource name of a ticket, which prevents a draft from being filed twice, and the link to the portal."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from dialogs.model.turn import Person


def build_ticket_name(person: Person, draft_id: str) -> str:
    """Compute the ticket's resource name, which is always the same for a person's draft and unique to it."""
    person_id = person.object_id or person.id
    # the lengths separate the parts, so that no two combinations give the same text
    text = "".join(f"{len(part)}:{part}" for part in (person.tenant, person_id, draft_id))
    return f"image-medic-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def build_portal_url(portal: str, ticket_id: str) -> str:
    """Build the URL of the portal page that shows the ticket with the resource id `ticket_id`."""
    quoted_id = quote(ticket_id, safe="")
    return f"{portal}/#view/Microsoft_Azure_Support/SupportRequestDetails.ReactView/id/{quoted_id}/portalJourney~/true"
