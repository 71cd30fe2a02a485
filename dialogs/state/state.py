"""What a conversation remembers between turns: a frozen value, and its small, versioned, plain JSON form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from dialogs.state import azure as memory
from dialogs.state import diagnosis as held
from dialogs.state import feedback as judging
from dialogs.state import logs as held_logs
from dialogs.state import ticket as ticket_memory
from dialogs.state.case import (
    DESCRIPTION,
    MOST_DRAFTS,
    MOST_PASTE,
    CaseForm,
    Drafts,
    draft_from_json,
    drafts_to_json,
    form_from_json,
    form_to_json,
    shortened,
    with_draft,
)
from dialogs.state.feedback import Judged
from dialogs.state.json_fields import ShapeError, keyed, one_of, rows, text, truth, whole
from dialogs.state.ticket import Tickets
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import LANGUAGES, Language

VERSION = 1
MOST_BYTES = 60_000
MOST_TRIED = 30
MOST_OFFERED = 12
MOST_SPOKEN = 20

TriedOutcome = Literal["worked", "no-help"]
FactSpoken = tuple[str, str, Literal["for", "against"]]
"""An entry, the fact that speaks of it, by its name in `knowledge.catalog.fact_rules`, and to which side."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where in an entry's solution the person is.

    `step` counts from 0 and is the number of steps when all were tried; `paste` is the number of the text that it
    belongs to; `picked` says that the person chose the entry, rather than the text.
    """

    entry: str
    step: int
    paste: int
    picked: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A step that was tried, what came of it, and when (UTC, ISO 8601)."""

    entry: str
    step: int
    outcome: TriedOutcome
    at: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A button that was shown last, so that its number or its label can be typed instead."""

    label: str
    do: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """The whole memory of a conversation with one person. `paste` tells the texts that were diagnosed apart.

    It is the time of the diagnosis in digits (UTC), so that a card of a forgotten conversation never meets
    its number again. `spoken`: what the live template's facts said of the diagnosis.
    """

    language: Language | None = None
    paste: int = 0
    diagnosis: Diagnosis | None = None
    walk: Walk | None = None
    tried: tuple[Tried, ...] = ()
    form: CaseForm | None = None
    drafts: Drafts = ()
    spoken: tuple[FactSpoken, ...] = ()
    judged: Judged | None = None
    offered: tuple[Offered, ...] = ()
    look: memory.Looks = field(default_factory=memory.Looks)
    tickets: Tickets = field(default_factory=Tickets)
    logs: held_logs.HeldLogs = ()

    def with_tried(self, tried: Tried) -> State:
        """This state with one more step tried; trying a step again replaces what came of it."""
        others = tuple(t for t in self.tried if (t.entry, t.step) != (tried.entry, tried.step))
        return replace(self, tried=(*others, tried)[-MOST_TRIED:])

    def with_form_aside(self, now: str) -> State:
        """This state with its form, if there is one, among the drafts that were put aside."""
        if self.form is None:
            return self
        return replace(self, form=None, drafts=with_draft(self.drafts, self.form, now))

    def next_paste(self, now: str) -> int:
        """The number of a text that is diagnosed at `now`; always higher than the last."""
        stamp = "".join(c for c in now if c in "0123456789")[:14]
        return min(max(self.paste + 1, int(stamp or 0)), MOST_PASTE)

    def match_of(self, entry: str) -> Match | None:
        """The held diagnosis's match for `entry`, or `None`."""
        matches = self.diagnosis.matches if self.diagnosis else ()
        return next((match for match in matches if match.entry == entry), None)


def _size(written: dict[str, Any]) -> int:
    """The bytes that a store keeps of it, in compact JSON."""
    try:
        return len(orjson.dumps(written))
    except TypeError:  # half of a surrogate pair, in what somebody put into a form or a button
        return len(json.dumps(written))


def to_json(state: State) -> dict[str, Any]:
    """The state as plain JSON values, under `MOST_BYTES` when dumped: what can be found again goes first."""
    for less in (state, *_slimmer(state)):
        written = _written(less)
        if _size(written) <= MOST_BYTES:
            return written
    return _written(State(language=state.language, paste=state.paste, look=state.look, tickets=state.tickets))


def from_json(value: object) -> State:
    """The state that `to_json` wrote. Raises `ShapeError` for another version or another shape."""
    written = keyed(value)
    if written.get("v") != VERSION or isinstance(written.get("v"), bool):
        raise ShapeError(f"expected a state of version {VERSION}")
    language = written.get("language")
    diagnosis, walk, form = written.get("diagnosis"), written.get("walk"), written.get("form")
    return State(
        language=None if language is None else one_of(language, LANGUAGES),
        paste=whole(written.get("paste"), most=MOST_PASTE),
        diagnosis=None if diagnosis is None else held.from_json(diagnosis),
        walk=None if walk is None else _walk(keyed(walk)),
        tried=tuple(_tried(keyed(item)) for item in rows(written.get("tried"), MOST_TRIED)),
        form=None if form is None else form_from_json(keyed(form)),
        judged=judging.from_json(written.get("judged")),
        drafts=tuple(draft_from_json(keyed(item)) for item in rows(written.get("drafts", []), MOST_DRAFTS)),
        spoken=tuple(_spoken(item) for item in rows(written.get("spoken", []), MOST_SPOKEN)),
        offered=tuple(_offered(keyed(item)) for item in rows(written.get("offered"), MOST_OFFERED)),
        look=memory.from_json(written.get("look")),
        tickets=ticket_memory.from_json(written.get("tickets")),
        logs=held_logs.from_json(written.get("logs", [])),
    )


def _slimmer(state: State) -> list[State]:
    """The state with less and less of what it holds: logs aside and lines first, then old drafts, form, diagnosis."""
    slim = []
    while state.logs:
        state = replace(state, logs=state.logs[1:])
        slim.append(state)
    if state.diagnosis:
        first = tuple(replace(m, evidence=m.evidence[:1], values={}) for m in state.diagnosis.matches)
        state = replace(state, diagnosis=replace(state.diagnosis, excerpt=(), timeline=state.diagnosis.timeline[-3:]))
        slim.append(state)
        state = replace(state, diagnosis=replace(state.diagnosis, matches=first, ids=()) if state.diagnosis else None)
        slim.append(state)
    while state.drafts:
        state = replace(state, drafts=state.drafts[1:])
        slim.append(state)
    if state.form:
        state = replace(state, form=shortened(state.form, DESCRIPTION // 4))
        slim.append(state)
    slim.append(replace(state, form=None, offered=()))
    slim.append(replace(state, form=None, offered=(), diagnosis=None))
    return slim


def _written(state: State) -> dict[str, Any]:
    walk, form = state.walk, state.form
    return {
        "v": VERSION,
        "language": state.language,
        "paste": state.paste,
        "diagnosis": held.to_json(state.diagnosis) if state.diagnosis else None,
        "walk": {"entry": walk.entry, "step": walk.step, "paste": walk.paste, "picked": walk.picked} if walk else None,
        "tried": [{"entry": t.entry, "step": t.step, "outcome": t.outcome, "at": t.at} for t in state.tried],
        "form": form_to_json(form) if form else None,
        "drafts": drafts_to_json(state.drafts),
        "spoken": [list(one) for one in state.spoken[:MOST_SPOKEN]],
        "judged": judging.to_json(state.judged),
        "offered": [{"label": o.label, "do": o.do, "args": dict(o.args)} for o in state.offered],
        "look": memory.to_json(state.look),
        "tickets": ticket_memory.to_json(state.tickets.of_drafts(_drafts_of(state))),
        "logs": held_logs.to_json(state.logs),
    }


def _drafts_of(state: State) -> set[str]:
    """The ids of the drafts that there are, as far as they have one."""
    forms = [*([state.form] if state.form else []), *(one.form for one in state.drafts)]
    return {form.draft for form in forms if form.draft}


def _walk(value: dict[str, Any]) -> Walk:
    return Walk(
        entry=text(value.get("entry"), held.NAME),
        step=whole(value.get("step"), most=1000),
        paste=whole(value.get("paste"), most=MOST_PASTE),
        picked=truth(value.get("picked")),
    )


def _tried(value: dict[str, Any]) -> Tried:
    return Tried(
        entry=text(value.get("entry"), held.NAME),
        step=whole(value.get("step"), most=1000),
        outcome=one_of(value.get("outcome"), ("worked", "no-help")),
        at=text(value.get("at"), 40),
    )


def _spoken(value: object) -> FactSpoken:
    entry, fact, side, *_ = [*rows(value, 3), None, None, None]
    return text(entry, held.NAME), text(fact, held.NAME), one_of(side, ("for", "against"))


def _offered(value: dict[str, Any]) -> Offered:
    args = {
        text(key, 20): item
        if isinstance(item, int)
        else [text(i, held.NAME) for i in rows(item, 10)]
        if isinstance(item, list)
        else text(item, held.NAME)
        for key, item in keyed(value.get("args"), 10).items()
    }
    return Offered(label=text(value.get("label"), 200), do=text(value.get("do"), 40), args=args)
