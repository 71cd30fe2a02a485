"""What is remembered of a ticket that is being prepared or filed, and its small JSON form."""

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
    """The ticket that a draft became."""

    draft_id: str
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class TicketInProgress:
    """The ticket under way: of which draft, how far it is, since when (UTC, ISO 8601) it is being filed.

    `answers` are the contact form's fields as they were typed, redacted; they go when the ticket is filed. `routes` is
    where the ticket can go, `chosen` the number of the classification among them; `agreed` is the seal of what the
    person said yes to.
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
    """The ticket under way, and the last ones that were filed."""

    in_progress: TicketInProgress = TicketInProgress()
    filed_tickets: tuple[FiledTicket, ...] = ()

    def find_ticket(self, draft_id: str) -> Ticket | None:
        """The ticket that `draft` became."""
        return next((one.ticket for one in self.filed_tickets if draft_id and one.draft_id == draft_id), None)

    def with_ticket(self, draft_id: str, ticket: Ticket) -> TicketState:
        """These and the ticket of `draft`; nothing stays of what was asked for it."""
        others = tuple(one for one in self.filed_tickets if one.draft_id != draft_id)
        under_way = TicketInProgress() if self.in_progress.draft_id == draft_id else self.in_progress
        return TicketState(under_way, (*others, FiledTicket(draft_id, ticket))[-MAX_FILED_TICKETS:])

    def without_orphan(self, draft_ids: Collection[str]) -> TicketState:
        """These without what was asked for a draft that is no more, unless it is just being filed."""
        alive = self.in_progress.draft_id in draft_ids or self.in_progress.stage == "filing"
        return self if alive else replace(self, in_progress=TicketInProgress())

    def with_stage(self, stage: TicketStage, filing_started_at: str = "") -> TicketState:
        """These, with the ticket under way as far as `stage`."""
        return replace(self, in_progress=replace(self.in_progress, stage=stage, filing_started_at=filing_started_at))


def ticket_state_to_json(tickets: TicketState) -> dict[str, Any] | None:
    """The tickets as plain JSON; None when there are none."""
    return None if tickets == TicketState() else asdict(tickets, dict_factory=with_stored_keys)


def ticket_state_from_json(value: object) -> TicketState:
    """The tickets that `to_json` wrote. Raises `ShapeError`."""
    if value is None:
        return TicketState()
    written = parse_mapping(value)
    return TicketState(
        _parse_in_progress(parse_mapping(written.get("under_way"))),
        tuple(_parse_filed_ticket(parse_mapping(row)) for row in _parse_filed_rows(written)),
    )


def _parse_filed_rows(written: Mapping[str, Any]) -> list[Any]:
    return parse_list(written.get("filed"), MAX_FILED_TICKETS)


def _parse_in_progress(written: Mapping[str, Any]) -> TicketInProgress:
    routes = written.get("routes")
    answers = parse_mapping(written.get("answers"), MAX_CONTACT_FIELDS)
    return TicketInProgress(
        draft_id=parse_text(written.get("draft"), MAX_NAME_CHARS),
        stage=parse_choice(written.get("stage"), TICKET_STAGES),
        filing_started_at=parse_text(written.get("since"), 40),
        answers={parse_text(key, 20): parse_text(answer, MAX_ANSWER_CHARS) for key, answer in answers.items()},
        classification_options=None if routes is None else _parse_classification_options(parse_mapping(routes)),
        chosen_index=_parse_index(written.get("chosen")),
        confirmed_preview_hash=parse_text(written.get("agreed", ""), 40),
    )


def _parse_classification_options(written: Mapping[str, Any]) -> ClassificationOptions:
    choices = tuple(
        parse_classification(row) for row in parse_list(written.get("classifications"), MAX_CLASSIFICATIONS)
    )
    return ClassificationOptions(parse_service(written.get("service")), choices)


def _parse_index(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_CLASSIFICATIONS else 0


def _parse_filed_ticket(written: Mapping[str, Any]) -> FiledTicket:
    return FiledTicket(parse_text(written.get("draft"), MAX_ID_CHARS), parse_ticket(written.get("ticket")))
