"""What is remembered of a ticket that is being prepared or filed, and its small JSON form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from dialogs.model.support import Routes, Ticket
from dialogs.state.json_fields import keyed, one_of, rows, text
from dialogs.state.ticket_json import ID, NAME, classification_of, service_of, ticket_of

MOST_TICKETS = 5
MOST_CHOICES = 6
MOST_ANSWERS = 12
ANSWER = 200

Stage = Literal["", "asking", "sign-in", "previewed", "filing"]
STAGES: tuple[Stage, ...] = ("", "asking", "sign-in", "previewed", "filing")


@dataclass(frozen=True, slots=True)
class Filed:
    """The ticket that a draft became."""

    draft: str
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Preparing:
    """The ticket under way: of which draft, how far it is, since when (UTC, ISO 8601) it is being filed.

    `answers` are the contact form's fields as they were typed, redacted; they go when the ticket is filed. `routes` is
    where the ticket can go, `chosen` the number of the classification among them; `agreed` is the seal of what the
    person said yes to.
    """

    draft: str = ""
    stage: Stage = ""
    since: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    routes: Routes | None = None
    chosen: int = 0
    agreed: str = ""


@dataclass(frozen=True, slots=True)
class Tickets:
    """The ticket under way, and the last ones that were filed."""

    under_way: Preparing = Preparing()
    filed: tuple[Filed, ...] = ()

    def of(self, draft: str) -> Ticket | None:
        """The ticket that `draft` became."""
        return next((one.ticket for one in self.filed if draft and one.draft == draft), None)

    def with_ticket(self, draft: str, ticket: Ticket) -> Tickets:
        """These and the ticket of `draft`; nothing stays of what was asked for it."""
        others = tuple(one for one in self.filed if one.draft != draft)
        under_way = Preparing() if self.under_way.draft == draft else self.under_way
        return Tickets(under_way, (*others, Filed(draft, ticket))[-MOST_TICKETS:])

    def of_drafts(self, drafts: Collection[str]) -> Tickets:
        """These without what was asked for a draft that is no more, unless it is just being filed."""
        alive = self.under_way.draft in drafts or self.under_way.stage == "filing"
        return self if alive else replace(self, under_way=Preparing())

    def with_stage(self, stage: Stage, since: str = "") -> Tickets:
        """These, with the ticket under way as far as `stage`."""
        return replace(self, under_way=replace(self.under_way, stage=stage, since=since))


def to_json(tickets: Tickets) -> dict[str, Any] | None:
    """The tickets as plain JSON; None when there are none."""
    return None if tickets == Tickets() else asdict(tickets)


def from_json(value: object) -> Tickets:
    """The tickets that `to_json` wrote. Raises `ShapeError`."""
    if value is None:
        return Tickets()
    written = keyed(value)
    return Tickets(_preparing(keyed(written.get("under_way"))), tuple(_filed(keyed(row)) for row in _rows(written)))


def _rows(written: Mapping[str, Any]) -> list[Any]:
    return rows(written.get("filed"), MOST_TICKETS)


def _preparing(written: Mapping[str, Any]) -> Preparing:
    routes = written.get("routes")
    answers = keyed(written.get("answers"), MOST_ANSWERS)
    return Preparing(
        draft=text(written.get("draft"), NAME),
        stage=one_of(written.get("stage"), STAGES),
        since=text(written.get("since"), 40),
        answers={text(key, 20): text(answer, ANSWER) for key, answer in answers.items()},
        routes=None if routes is None else _routes(keyed(routes)),
        chosen=_number(written.get("chosen")),
        agreed=text(written.get("agreed", ""), 40),
    )


def _routes(written: Mapping[str, Any]) -> Routes:
    choices = tuple(classification_of(row) for row in rows(written.get("classifications"), MOST_CHOICES))
    return Routes(service_of(written.get("service")), choices)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_CHOICES else 0


def _filed(written: Mapping[str, Any]) -> Filed:
    return Filed(text(written.get("draft"), ID), ticket_of(written.get("ticket")))
