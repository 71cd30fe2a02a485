"""The state of a conversation as compact, versioned, plain JSON, and how it is cut down to the size limit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from dialogs.state.azure_state import AZURE_LAYOUTS
from dialogs.state.case import CASE_LAYOUTS, MAX_DESCRIPTION_CHARS, shorten_description
from dialogs.state.codec import Layouts, build_codec
from dialogs.state.conversation_state import MAX_FACT_VERDICTS, ConversationState, TriedStep, Walkthrough
from dialogs.state.diagnosis import DIAGNOSIS_LAYOUTS
from dialogs.state.finding_json import store_solution_in_entry
from dialogs.state.json_fields import DecodeError, parse_mapping
from dialogs.state.template_check import TEMPLATE_CHECK_LAYOUTS
from dialogs.state.ticket_json import TICKET_LAYOUTS
from dialogs.state.ticket_state import TicketState
from dialogs.state.value_codecs import Codec

SCHEMA_VERSION = 1
MAX_STATE_BYTES = 60_000
"""The limit for the state as compact JSON."""

_NO_TICKETS = TicketState()
_TICKETS_CODEC = build_codec(TicketState, TICKET_LAYOUTS)


def _encode_tickets(tickets: TicketState) -> dict[str, Any] | None:
    return None if tickets == _NO_TICKETS else _TICKETS_CODEC.encode(tickets)


_SOLUTION_LAYOUTS: Layouts = {
    Walkthrough: store_solution_in_entry(build_codec(Walkthrough)),
    TriedStep: store_solution_in_entry(build_codec(TriedStep)),
}
_STATE_CODEC = build_codec(
    ConversationState,
    {
        **AZURE_LAYOUTS,
        **CASE_LAYOUTS,
        **DIAGNOSIS_LAYOUTS,
        **TEMPLATE_CHECK_LAYOUTS,
        **_SOLUTION_LAYOUTS,
        TicketState: Codec(_encode_tickets, _TICKETS_CODEC.decode),
    },
)
_REQUIRED_KEYS = {"paste", "tried", "offered"}
"""What every release stored: without them, it's not a state but something else."""


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
            language=state.language,
            diagnosis_number=state.diagnosis_number,
            azure=state.azure,
            tickets=state.tickets,
            shell=state.shell,
        )
    )


def state_from_json(value: object) -> ConversationState:
    """Read what `state_to_json` wrote. Raise `DecodeError` for another version or another shape."""
    document = parse_mapping(value)
    if document.get("v") != SCHEMA_VERSION or isinstance(document.get("v"), bool):
        raise DecodeError(f"expected a state of version {SCHEMA_VERSION}")
    if missing := _REQUIRED_KEYS - document.keys():
        raise DecodeError(f"expected a state with {', '.join(sorted(missing))}")
    return _STATE_CODEC.decode(document)


def _count_bytes(document: dict[str, Any]) -> int:
    """Return the bytes that a store needs for the document, as compact JSON."""
    try:
        return len(orjson.dumps(document))
    except TypeError:  # orjson rejects lone surrogates, which a form or a button may contain
        return len(json.dumps(document))


def _generate_smaller_states(state: ConversationState) -> Iterator[ConversationState]:
    """Yield the state with less and less in it, cheapest loss first.

    The corrected template, other logs, and log lines go first, since the user can send them again; then old drafts, the
    form, the diagnosis.
    """
    if state.kept_check and state.kept_check.check.corrected:
        check = replace(state.kept_check.check, corrected="")
        state = replace(state, kept_check=replace(state.kept_check, check=check))
        yield state
    while state.logs:
        state = replace(state, logs=state.logs[1:])
        yield state
    if state.kept_check:
        state = replace(state, kept_check=None)
        yield state
    if state.diagnosis:
        diagnosis = state.diagnosis._replace(excerpt=(), timeline=state.diagnosis.timeline[-3:])
        state = replace(state, diagnosis=diagnosis)
        yield state
        short_matches = tuple(m._replace(evidence=m.evidence[:1], values={}) for m in diagnosis.matches)
        state = replace(state, diagnosis=diagnosis._replace(matches=short_matches, ids=()))
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
    tickets = state.tickets.without_orphan(_collect_draft_ids(state))
    if tickets is not state.tickets or len(state.fact_verdicts) > MAX_FACT_VERDICTS:
        state = replace(state, tickets=tickets, fact_verdicts=state.fact_verdicts[:MAX_FACT_VERDICTS])
    return {"v": SCHEMA_VERSION, **_STATE_CODEC.encode(state)}


def _collect_draft_ids(state: ConversationState) -> set[str]:
    forms = [*([state.form] if state.form else []), *(draft.form for draft in state.drafts)]
    return {form.draft_id for form in forms if form.draft_id}
