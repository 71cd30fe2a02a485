"""The state of a conversation as compact, versioned, plain JSON, and how it is cut down to the size limit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from dialogs.state.azure_state import azure_state_from_json, azure_state_to_json
from dialogs.state.case import (
    MAX_DESCRIPTION_CHARS,
    MAX_DIAGNOSIS_NUMBER,
    MAX_DRAFTS,
    draft_from_json,
    drafts_to_json,
    form_from_json,
    form_to_json,
    shorten_description,
)
from dialogs.state.conversation_state import (
    MAX_FACT_VERDICTS,
    MAX_LAST_BUTTONS,
    MAX_TRIED_STEPS,
    ConversationState,
    OfferedButton,
    StoredFactVerdict,
    TriedStep,
    Walkthrough,
)
from dialogs.state.diagnosis import MAX_NAME_CHARS
from dialogs.state.diagnosis_json import diagnosis_from_json, diagnosis_to_json
from dialogs.state.feedback import feedback_from_json, feedback_to_json
from dialogs.state.json_fields import (
    DecodeError,
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_text,
)
from dialogs.state.logs import logs_from_json, logs_to_json
from dialogs.state.ticket_state import ticket_state_from_json, ticket_state_to_json
from knowledge.model.entry import Language, is_language_code

SCHEMA_VERSION = 1
MAX_STATE_BYTES = 60_000
"""The limit for the state as compact JSON."""


def state_to_json(state: ConversationState) -> dict[str, Any]:
    """Return the state as plain JSON values of at most `MAX_STATE_BYTES`; what can be recovered is dropped first."""
    document = _serialize(state)
    if _count_bytes(document) <= MAX_STATE_BYTES:
        return document
    for smaller_state in _generate_smaller_states(state):
        document = _serialize(smaller_state)
        if _count_bytes(document) <= MAX_STATE_BYTES:
            return document
    return _serialize(
        ConversationState(
            language=state.language, diagnosis_number=state.diagnosis_number, azure=state.azure, tickets=state.tickets
        )
    )


def state_from_json(value: object) -> ConversationState:
    """Read what `state_to_json` wrote. Raise `DecodeError` for another version or another shape."""
    document = parse_mapping(value)
    if document.get("v") != SCHEMA_VERSION or isinstance(document.get("v"), bool):
        raise DecodeError(f"expected a state of version {SCHEMA_VERSION}")
    language = document.get("language")
    diagnosis, walk, form = document.get("diagnosis"), document.get("walk"), document.get("form")
    # keys that were added later have a default, so that states from before still load
    return ConversationState(
        language=None if language is None else _parse_language(language),
        diagnosis_number=parse_int(document.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER),
        diagnosis=None if diagnosis is None else diagnosis_from_json(diagnosis),
        walkthrough=None if walk is None else _parse_walkthrough(parse_mapping(walk)),
        tried_steps=tuple(
            _parse_tried_step(parse_mapping(item)) for item in parse_list(document.get("tried"), MAX_TRIED_STEPS)
        ),
        form=None if form is None else form_from_json(parse_mapping(form)),
        feedback=feedback_from_json(document.get("judged")),
        drafts=tuple(
            draft_from_json(parse_mapping(item)) for item in parse_list(document.get("drafts", []), MAX_DRAFTS)
        ),
        fact_verdicts=tuple(
            _parse_fact_verdict(item) for item in parse_list(document.get("spoken", []), MAX_FACT_VERDICTS)
        ),
        last_buttons=tuple(
            _parse_offered_button(parse_mapping(item)) for item in parse_list(document.get("offered"), MAX_LAST_BUTTONS)
        ),
        azure=azure_state_from_json(document.get("look")),
        tickets=ticket_state_from_json(document.get("tickets")),
        logs=logs_from_json(document.get("logs", [])),
    )


def _parse_language(value: object) -> Language:
    """Return the code of a language. Only another release may have texts in it, so it needn't be known."""
    if not is_language_code(value):
        raise DecodeError("expected the code of a language")
    return value


def _count_bytes(document: dict[str, Any]) -> int:
    """Return the bytes that a store needs for the document, as compact JSON."""
    try:
        return len(orjson.dumps(document))
    except TypeError:  # orjson rejects lone surrogates, which a form or a button may contain
        return len(json.dumps(document))


def _generate_smaller_states(state: ConversationState) -> Iterator[ConversationState]:
    """Yield the state with less and less in it, cheapest loss first.

    Other logs and log lines go first, since the user can send them again; then old drafts, the form, the diagnosis.
    """
    while state.logs:
        state = replace(state, logs=state.logs[1:])
        yield state
    if state.diagnosis:
        diagnosis = replace(state.diagnosis, excerpt=(), timeline=state.diagnosis.timeline[-3:])
        state = replace(state, diagnosis=diagnosis)
        yield state
        short_matches = tuple(replace(m, evidence=m.evidence[:1], values={}) for m in diagnosis.matches)
        state = replace(state, diagnosis=replace(diagnosis, matches=short_matches, ids=()))
        yield state
    while state.drafts:
        state = replace(state, drafts=state.drafts[1:])
        yield state
    if state.form:
        state = replace(state, form=shorten_description(state.form, MAX_DESCRIPTION_CHARS // 4))
        yield state
    yield replace(state, form=None, last_buttons=())
    yield replace(state, form=None, last_buttons=(), diagnosis=None)


def _serialize(state: ConversationState) -> dict[str, Any]:
    walk = state.walkthrough
    return {
        "v": SCHEMA_VERSION,
        "language": state.language,
        "paste": state.diagnosis_number,
        "diagnosis": diagnosis_to_json(state.diagnosis) if state.diagnosis else None,
        "walk": {"entry": walk.entry, "step": walk.step, "paste": walk.diagnosis_number, "picked": walk.was_picked}
        if walk
        else None,
        "tried": [
            {"entry": t.entry, "step": t.step, "outcome": t.outcome, "at": t.tried_at} for t in state.tried_steps
        ],
        "form": form_to_json(state.form) if state.form else None,
        "drafts": drafts_to_json(state.drafts),
        "spoken": [list(verdict) for verdict in state.fact_verdicts[:MAX_FACT_VERDICTS]],
        "judged": feedback_to_json(state.feedback),
        "offered": [{"label": o.label, "do": o.action_id, "args": dict(o.args)} for o in state.last_buttons],
        "look": azure_state_to_json(state.azure),
        "tickets": ticket_state_to_json(state.tickets.without_orphan(_collect_draft_ids(state))),
        "logs": logs_to_json(state.logs),
    }


def _collect_draft_ids(state: ConversationState) -> set[str]:
    forms = [*([state.form] if state.form else []), *(draft.form for draft in state.drafts)]
    return {form.draft_id for form in forms if form.draft_id}


def _parse_walkthrough(value: dict[str, Any]) -> Walkthrough:
    return Walkthrough(
        entry=parse_text(value.get("entry"), MAX_NAME_CHARS),
        step=parse_int(value.get("step"), max_value=1000),
        diagnosis_number=parse_int(value.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER),
        was_picked=parse_bool(value.get("picked")),
    )


def _parse_tried_step(value: dict[str, Any]) -> TriedStep:
    return TriedStep(
        entry=parse_text(value.get("entry"), MAX_NAME_CHARS),
        step=parse_int(value.get("step"), max_value=1000),
        outcome=parse_choice(value.get("outcome"), ("worked", "no-help")),
        tried_at=parse_text(value.get("at"), 40),
    )


def _parse_fact_verdict(value: object) -> StoredFactVerdict:
    entry, fact, side, *_ = [*parse_list(value, 3), None, None, None]
    return (
        parse_text(entry, MAX_NAME_CHARS),
        parse_text(fact, MAX_NAME_CHARS),
        parse_choice(side, ("for", "against")),
    )


def _parse_offered_button(value: dict[str, Any]) -> OfferedButton:
    return OfferedButton(
        label=parse_text(value.get("label"), 200),
        action_id=parse_text(value.get("do"), 40),
        args={
            parse_text(key, 20): _parse_button_argument(item)
            for key, item in parse_mapping(value.get("args"), 10).items()
        },
    )


def _parse_button_argument(value: object) -> int | str | list[str]:
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return [parse_text(item, MAX_NAME_CHARS) for item in parse_list(value, 10)]
    return parse_text(value, MAX_NAME_CHARS)
