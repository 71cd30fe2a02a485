"""What a conversation remembers about its support tickets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from dialogs.model.stored import Stored
from dialogs.model.support import MAX_CLASSIFICATIONS, ClassificationOptions, Ticket

MAX_FILED_TICKETS = 5
MAX_CONTACT_FIELDS = 12
MAX_ANSWER_CHARS = 200

DraftId = Annotated[str, Stored("draft")]
TicketStage = Literal["", "asking", "sign-in", "previewed", "filing"]


def _parse_index(value: object) -> int:
    # an index out of range is not worth losing the state for: the first classification is the best
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_CLASSIFICATIONS else 0


@dataclass(frozen=True, slots=True)
class FiledTicket:
    """A ticket and the id of the draft that it was filed from."""

    draft_id: DraftId
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class TicketInProgress:
    """The ticket that is being prepared or filed.

    Attributes:
        draft_id: The draft that it is prepared from.
        stage: How far it has come.
        filing_started_at: When filing started (UTC, ISO 8601), "" when it has not.
        answers: The contact form's fields as typed, redacted; deleted once the ticket is filed.
        classification_options: Where the ticket can go, None until Azure was asked.
        chosen_index: The chosen one of the classifications.
        confirmed_preview_hash: The hash of the preview that the user confirmed.
    """

    draft_id: DraftId = ""
    stage: TicketStage = ""
    filing_started_at: Annotated[str, Stored("since")] = ""
    answers: Annotated[Mapping[str, str], Stored(max_items=MAX_CONTACT_FIELDS, max_chars=MAX_ANSWER_CHARS)] = field(
        default_factory=dict
    )
    classification_options: Annotated[ClassificationOptions | None, Stored("routes")] = None
    chosen_index: Annotated[int, Stored("chosen", decode=_parse_index)] = 0
    confirmed_preview_hash: Annotated[str, Stored("agreed")] = ""


_NOT_IN_PROGRESS = TicketInProgress()


@dataclass(frozen=True, slots=True)
class TicketState:
    """The ticket in progress, and the last ones that were filed."""

    in_progress: Annotated[TicketInProgress, Stored("under_way")] = TicketInProgress()
    filed_tickets: Annotated[tuple[FiledTicket, ...], Stored("filed", max_items=MAX_FILED_TICKETS)] = ()

    def find_ticket(self, draft_id: str) -> Ticket | None:
        """Return the ticket that was filed from the draft, None when none was."""
        return next((filed.ticket for filed in self.filed_tickets if draft_id and filed.draft_id == draft_id), None)

    def with_ticket(self, draft_id: str, ticket: Ticket) -> TicketState:
        """Return this state with the ticket filed from the draft, and without the answers given for it."""
        others = tuple(filed for filed in self.filed_tickets if filed.draft_id != draft_id)
        in_progress = TicketInProgress() if self.in_progress.draft_id == draft_id else self.in_progress
        return TicketState(in_progress, (*others, FiledTicket(draft_id, ticket))[-MAX_FILED_TICKETS:])

    def without_orphan(self, draft_ids: Collection[str]) -> TicketState:
        """Return this state without a ticket in progress whose draft is gone, unless it is being filed."""
        is_needed = self.in_progress.draft_id in draft_ids or self.in_progress.stage == "filing"
        if is_needed or self.in_progress == _NOT_IN_PROGRESS:
            return self
        return replace(self, in_progress=TicketInProgress())

    def with_stage(self, stage: TicketStage, filing_started_at: str = "") -> TicketState:
        """Return this state with the ticket in progress at `stage`."""
        return replace(self, in_progress=replace(self.in_progress, stage=stage, filing_started_at=filing_started_at))
