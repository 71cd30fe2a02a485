"""What a conversation remembers between turns: a frozen value, and its small, versioned, plain JSON form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from dialogs.state import azure_state as memory
from dialogs.state import diagnosis as held
from dialogs.state import feedback as judging
from dialogs.state import logs as held_logs
from dialogs.state import ticket_state as ticket_memory
from dialogs.state.case import (
    MAX_DESCRIPTION_CHARS,
    MAX_DIAGNOSIS_NUMBER,
    MAX_DRAFTS,
    CaseForm,
    SavedDrafts,
    add_draft,
    draft_from_json,
    drafts_to_json,
    form_from_json,
    form_to_json,
    shorten_description,
)
from dialogs.state.feedback import DiagnosisFeedback
from dialogs.state.json_fields import (
    DecodeError,
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_text,
)
from dialogs.state.ticket_state import TicketState
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import LANGUAGES, Language

SCHEMA_VERSION = 1
MAX_STATE_BYTES = 60_000
MAX_TRIED_STEPS = 30
MAX_LAST_BUTTONS = 12
MAX_FACT_VERDICTS = 20

StepOutcome = Literal["worked", "no-help"]
StoredFactVerdict = tuple[str, str, Literal["for", "against"]]
"""An entry, the fact that speaks of it, by its name in `knowledge.catalog.fact_rules`, and to which side."""


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """Where in an entry's solution the person is.

    `step` counts from 0 and is the number of steps when all were tried; `paste` is the number of the text that it
    belongs to; `picked` says that the person chose the entry, rather than the text.
    """

    entry: str
    step: int
    diagnosis_number: int
    was_picked: bool = False


@dataclass(frozen=True, slots=True)
class TriedStep:
    """A step that was tried, what came of it, and when (UTC, ISO 8601)."""

    entry: str
    step: int
    outcome: StepOutcome
    tried_at: str


@dataclass(frozen=True, slots=True)
class OfferedButton:
    """A button that was shown last, so that its number or its label can be typed instead."""

    label: str
    action_id: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationState:
    """The whole memory of a conversation with one person. `paste` tells the texts that were diagnosed apart.

    It is the time of the diagnosis in digits (UTC), so that a card of a forgotten conversation never meets
    its number again. `spoken`: what the live template's facts said of the diagnosis.
    """

    language: Language | None = None
    diagnosis_number: int = 0
    diagnosis: Diagnosis | None = None
    walkthrough: Walkthrough | None = None
    tried_steps: tuple[TriedStep, ...] = ()
    form: CaseForm | None = None
    drafts: SavedDrafts = ()
    fact_verdicts: tuple[StoredFactVerdict, ...] = ()
    feedback: DiagnosisFeedback | None = None
    last_buttons: tuple[OfferedButton, ...] = ()
    azure: memory.AzureState = field(default_factory=memory.AzureState)
    tickets: TicketState = field(default_factory=TicketState)
    logs: held_logs.StoredLogs = ()

    def with_tried_step(self, tried_step: TriedStep) -> ConversationState:
        """This state with one more step tried; trying a step again replaces what came of it."""
        others = tuple(t for t in self.tried_steps if (t.entry, t.step) != (tried_step.entry, tried_step.step))
        return replace(self, tried_steps=(*others, tried_step)[-MAX_TRIED_STEPS:])

    def with_form_saved(self, now: str) -> ConversationState:
        """This state with its form, if there is one, among the drafts that were put aside."""
        if self.form is None:
            return self
        return replace(self, form=None, drafts=add_draft(self.drafts, self.form, now))

    def compute_next_diagnosis_number(self, now: str) -> int:
        """The number of a text that is diagnosed at `now`; always higher than the last."""
        stamp = "".join(c for c in now if c in "0123456789")[:14]
        return min(max(self.diagnosis_number + 1, int(stamp or 0)), MAX_DIAGNOSIS_NUMBER)

    def find_match(self, entry_id: str) -> Match | None:
        """The held diagnosis's match for `entry`, or `None`."""
        matches = self.diagnosis.matches if self.diagnosis else ()
        return next((match for match in matches if match.entry == entry_id), None)


def _count_bytes(written: dict[str, Any]) -> int:
    """The bytes that a store keeps of it, in compact JSON."""
    try:
        return len(orjson.dumps(written))
    except TypeError:  # half of a surrogate pair, in what somebody put into a form or a button
        return len(json.dumps(written))


def state_to_json(state: ConversationState) -> dict[str, Any]:
    """The state as plain JSON values, under `MOST_BYTES` when dumped: what can be found again goes first."""
    for less in (state, *_list_smaller_states(state)):
        written = _serialize(less)
        if _count_bytes(written) <= MAX_STATE_BYTES:
            return written
    return _serialize(
        ConversationState(
            language=state.language, diagnosis_number=state.diagnosis_number, azure=state.azure, tickets=state.tickets
        )
    )


def state_from_json(value: object) -> ConversationState:
    """The state that `to_json` wrote. Raises `ShapeError` for another version or another shape."""
    written = parse_mapping(value)
    if written.get("v") != SCHEMA_VERSION or isinstance(written.get("v"), bool):
        raise DecodeError(f"expected a state of version {SCHEMA_VERSION}")
    language = written.get("language")
    diagnosis, walk, form = written.get("diagnosis"), written.get("walk"), written.get("form")
    return ConversationState(
        language=None if language is None else parse_choice(language, LANGUAGES),
        diagnosis_number=parse_int(written.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER),
        diagnosis=None if diagnosis is None else held.diagnosis_from_json(diagnosis),
        walkthrough=None if walk is None else _parse_walkthrough(parse_mapping(walk)),
        tried_steps=tuple(
            _parse_tried_step(parse_mapping(item)) for item in parse_list(written.get("tried"), MAX_TRIED_STEPS)
        ),
        form=None if form is None else form_from_json(parse_mapping(form)),
        feedback=judging.feedback_from_json(written.get("judged")),
        drafts=tuple(
            draft_from_json(parse_mapping(item)) for item in parse_list(written.get("drafts", []), MAX_DRAFTS)
        ),
        fact_verdicts=tuple(
            _parse_fact_verdict(item) for item in parse_list(written.get("spoken", []), MAX_FACT_VERDICTS)
        ),
        last_buttons=tuple(
            _parse_offered_button(parse_mapping(item)) for item in parse_list(written.get("offered"), MAX_LAST_BUTTONS)
        ),
        azure=memory.azure_state_from_json(written.get("look")),
        tickets=ticket_memory.ticket_state_from_json(written.get("tickets")),
        logs=held_logs.logs_from_json(written.get("logs", [])),
    )


def _list_smaller_states(state: ConversationState) -> list[ConversationState]:
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
        state = replace(state, form=shorten_description(state.form, MAX_DESCRIPTION_CHARS // 4))
        slim.append(state)
    slim.append(replace(state, form=None, last_buttons=()))
    slim.append(replace(state, form=None, last_buttons=(), diagnosis=None))
    return slim


def _serialize(state: ConversationState) -> dict[str, Any]:
    walk, form = state.walkthrough, state.form
    return {
        "v": SCHEMA_VERSION,
        "language": state.language,
        "paste": state.diagnosis_number,
        "diagnosis": held.diagnosis_to_json(state.diagnosis) if state.diagnosis else None,
        "walk": {"entry": walk.entry, "step": walk.step, "paste": walk.diagnosis_number, "picked": walk.was_picked}
        if walk
        else None,
        "tried": [
            {"entry": t.entry, "step": t.step, "outcome": t.outcome, "at": t.tried_at} for t in state.tried_steps
        ],
        "form": form_to_json(form) if form else None,
        "drafts": drafts_to_json(state.drafts),
        "spoken": [list(one) for one in state.fact_verdicts[:MAX_FACT_VERDICTS]],
        "judged": judging.feedback_to_json(state.feedback),
        "offered": [{"label": o.label, "do": o.action_id, "args": dict(o.args)} for o in state.last_buttons],
        "look": memory.azure_state_to_json(state.azure),
        "tickets": ticket_memory.ticket_state_to_json(state.tickets.without_orphan(_collect_draft_ids(state))),
        "logs": held_logs.logs_to_json(state.logs),
    }


def _collect_draft_ids(state: ConversationState) -> set[str]:
    """The ids of the drafts that there are, as far as they have one."""
    forms = [*([state.form] if state.form else []), *(one.form for one in state.drafts)]
    return {form.draft_id for form in forms if form.draft_id}


def _parse_walkthrough(value: dict[str, Any]) -> Walkthrough:
    return Walkthrough(
        entry=parse_text(value.get("entry"), held.MAX_NAME_CHARS),
        step=parse_int(value.get("step"), max_value=1000),
        diagnosis_number=parse_int(value.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER),
        was_picked=parse_bool(value.get("picked")),
    )


def _parse_tried_step(value: dict[str, Any]) -> TriedStep:
    return TriedStep(
        entry=parse_text(value.get("entry"), held.MAX_NAME_CHARS),
        step=parse_int(value.get("step"), max_value=1000),
        outcome=parse_choice(value.get("outcome"), ("worked", "no-help")),
        tried_at=parse_text(value.get("at"), 40),
    )


def _parse_fact_verdict(value: object) -> StoredFactVerdict:
    entry, fact, side, *_ = [*parse_list(value, 3), None, None, None]
    return (
        parse_text(entry, held.MAX_NAME_CHARS),
        parse_text(fact, held.MAX_NAME_CHARS),
        parse_choice(side, ("for", "against")),
    )


def _parse_offered_button(value: dict[str, Any]) -> OfferedButton:
    args = {
        parse_text(key, 20): item
        if isinstance(item, int)
        else [parse_text(i, held.MAX_NAME_CHARS) for i in parse_list(item, 10)]
        if isinstance(item, list)
        else parse_text(item, held.MAX_NAME_CHARS)
        for key, item in parse_mapping(value.get("args"), 10).items()
    }
    return OfferedButton(
        label=parse_text(value.get("label"), 200), action_id=parse_text(value.get("do"), 40), args=args
    )
