"""What a conversation remembers about its support tickets, and the compact JSON form of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from dialogs.model.support import ClassificationOptions, Ticket
from dialogs.state.json_fields import parse_choice, parse_list, parse_mapping, parse_text
from dialogs.state.ticket_json import (
    MAX_ID_CHARS,
    MAX_NAME_CHARS,
    parse_classification,
    parse_service,
    parse_ticket,
    with_stored_keys,
)

MAX_FILED_TICKETS = 5
MAX_CLASSIFICATIONS = 6
MAX_CONTACT_FIELDS = 12
MAX_ANSWER_CHARS = 200

TicketStage = Literal["", "asking", "sign-in", "previewed", "filing"]
TICKET_STAGES: tuple[TicketStage, ...] = ("", "asking", "sign-in", "previewed", "filing")


@dataclass(frozen=True, slots=True)
class FiledTicket:
    """A ticket and the id of the draft that it was filed from."""

    draft_id: str
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

    draft_id: str = ""
    stage: TicketStage = ""
    filing_started_at: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    classification_options: ClassificationOptions | None = None
    chosen_index: int = 0
    confirmed_preview_hash: str = ""


@dataclass(frozen=True, slots=True)
class TicketState:
    """The ticket in progress, and the last ones that were filed."""

    in_progress: TicketInProgress = TicketInProgress()
    filed_tickets: tuple[FiledTicket, ...] = ()

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
        return self if is_needed else replace(self, in_progress=TicketInProgress())

    def with_stage(self, stage: TicketStage, filing_started_at: str = "") -> TicketState:
        """Return this state with the ticket in progress at `stage`."""
        return replace(self, in_progress=replace(self.in_progress, stage=stage, filing_started_at=filing_started_at))


def ticket_state_to_json(tickets: TicketState) -> dict[str, Any] | None:
    """Return the state as plain JSON; None when it is empty."""
    return None if tickets == TicketState() else asdict(tickets, dict_factory=with_stored_keys)


def ticket_state_from_json(value: object) -> TicketState:
    """Read what `ticket_state_to_json` wrote. Raise `DecodeError` for another shape."""
    if value is None:
        return TicketState()
    document = parse_mapping(value)
    return TicketState(
        _parse_in_progress(parse_mapping(document.get("under_way"))),
        tuple(
            _parse_filed_ticket(parse_mapping(item)) for item in parse_list(document.get("filed"), MAX_FILED_TICKETS)
        ),
    )


def _parse_in_progress(document: Mapping[str, Any]) -> TicketInProgress:
    options = document.get("routes")
    answers = parse_mapping(document.get("answers"), MAX_CONTACT_FIELDS)
    return TicketInProgress(
        draft_id=parse_text(document.get("draft"), MAX_NAME_CHARS),
        stage=parse_choice(document.get("stage"), TICKET_STAGES),
        filing_started_at=parse_text(document.get("since"), 40),
        answers={parse_text(key, 20): parse_text(answer, MAX_ANSWER_CHARS) for key, answer in answers.items()},
        classification_options=None if options is None else _parse_classification_options(parse_mapping(options)),
        chosen_index=_parse_index(document.get("chosen")),
        confirmed_preview_hash=parse_text(document.get("agreed", ""), 40),
    )


def _parse_classification_options(document: Mapping[str, Any]) -> ClassificationOptions:
    choices = tuple(
        parse_classification(item) for item in parse_list(document.get("classifications"), MAX_CLASSIFICATIONS)
    )
    return ClassificationOptions(parse_service(document.get("service")), choices)


def _parse_index(value: object) -> int:
    # an index out of range is not worth losing the state for: the first classification is the best
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_CLASSIFICATIONS else 0


def _parse_filed_ticket(document: Mapping[str, Any]) -> FiledTicket:
    return FiledTicket(parse_text(document.get("draft"), MAX_ID_CHARS), parse_ticket(document.get("ticket")))
