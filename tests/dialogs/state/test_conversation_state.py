"""The state: plain versioned JSON of bounded size; and no sequence of turns, however hostile, ends in silence."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.model.reply import FormField
from dialogs.model.turn import ACTION_VERSION, ActionPressed, MemberJoined, MessageSent, TurnEvent
from dialogs.state.case import MAX_TOTAL_DRAFT_BYTES, CaseForm
from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.conversation_state import (
    ConversationState,
    OfferedButton,
    TriedStep,
    Walkthrough,
)
from dialogs.state.diagnosis import truncate_diagnosis
from dialogs.state.json_fields import DecodeError
from knowledge.model.diagnosis import ExcerptLine
from knowledge.model.finding import Finding, StepPlace
from tests.dialogs.fixtures import DIAGNOSES, ENTRIES, FAILED, SCRIPT, Chat, match

FULL = ConversationState(
    language="it",
    diagnosis_number=20260301000000,
    diagnosis=truncate_diagnosis(FAILED._replace(ids=(("resource", "/subscriptions/1/resourceGroups/x"),))),
    walkthrough=Walkthrough(SCRIPT.id, 1, 20260301000000, True),
    tried_steps=(TriedStep(SCRIPT.id, 0, "no-help", "2026-03-01T00:00:00Z"),),
    fact_verdicts=(("build-timeout", "run_share", "against"),),
    form=CaseForm(
        "linux", "minimal", "title", "one\ntwo", "always", changed="the script", english_description="uno\ndue"
    ),
    last_buttons=(
        OfferedButton("Next", "next", {"entry": SCRIPT.id, "step": 1, "paste": 3}),
        OfferedButton("A", "guided", {"path": ["b"]}),
    ),
).with_form_saved("2026-03-01T00:01:00Z")
FULL = replace(FULL, form=replace(FULL.drafts[0].form, impact="the release waits"))


@pytest.mark.parametrize(
    "state",
    [
        ConversationState(),
        FULL,
        *(ConversationState(diagnosis=truncate_diagnosis(found)) for found in DIAGNOSES.values()),
    ],
)
def test_a_state_comes_back_from_json_as_it_was(state: ConversationState) -> None:
    assert state_from_json(json.loads(json.dumps(state_to_json(state)))) == state


def test_the_state_is_versioned() -> None:
    assert state_to_json(ConversationState())["v"] == 1


def test_the_state_stays_small_whatever_was_pasted() -> None:
    wide = "\N{PILE OF POO}" * 400
    diagnosis = truncate_diagnosis(
        FAILED._replace(
            matches=tuple(
                match(entry, "certain", *((n, wide) for n in range(9)), values={f"{n}": wide for n in range(30)})
                for entry in ENTRIES.values()
            ),
            excerpt=tuple(ExcerptLine(n, wide) for n in range(90)),
            facts={f"f{n}": wide for n in range(90)},
            finding=Finding("x", wide, "script", "no", {f"{n}": wide for n in range(30)}, 7, StepPlace(wide, 1, 2)),
        )
    )
    state = replace(FULL, diagnosis=diagnosis, form=CaseForm("", "minimal", wide[:250], wide * 30))
    written = state_to_json(state)
    assert len(json.dumps(written)) < 64_000
    kept = state_from_json(written)
    assert (kept.language, kept.diagnosis_number, kept.walkthrough, kept.tried_steps) == (
        state.language,
        state.diagnosis_number,
        state.walkthrough,
        state.tried_steps,
    )


def test_a_state_of_before_there_were_drafts_is_read() -> None:
    older = {"product": "linux", "severity": "minimal", "title": "title", "description": "one\ntwo"}
    written = {key: value for key, value in state_to_json(FULL).items() if key != "drafts"} | {"form": older}
    assert state_from_json(written) == replace(FULL, drafts=(), form=CaseForm("linux", "minimal", "title", "one\ntwo"))


def test_drafts_are_few_and_small_and_the_newest_stay() -> None:
    state = ConversationState()
    for number in range(9):
        state = replace(state, form=CaseForm("", "minimal", f"case {number}", "à" * 40)).with_form_saved("at")
    assert [draft.form.title for draft in state.drafts] == [f"case {number}" for number in range(4, 9)]
    assert [draft.number for draft in state.drafts] == [5, 6, 7, 8, 9]
    for number in range(9):
        form = CaseForm(
            "", "minimal", f"long {number}", "line of the log\n" * 500, english_description="line of a log\n" * 500
        )
        state = replace(state, form=form).with_form_saved("at")
    assert [draft.form.title for draft in state.drafts] == ["long 8"]
    wide = CaseForm("", "minimal", "wide", "\N{PILE OF POO}\n" * 6000, english_description="\N{PILE OF POO}\n" * 6000)
    state = replace(state, form=wide).with_form_saved("at")
    (kept,) = state.drafts
    assert len(json.dumps(state_to_json(state)["drafts"])) <= MAX_TOTAL_DRAFT_BYTES
    assert len(kept.form.description.split("\n")) == len(kept.form.english_description.split("\n")) > 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(state_to_json(FULL))), JSON)
def test_a_state_with_a_wrong_part_is_refused_or_reads_as_one(key: str, value: Any) -> None:
    try:
        state = state_from_json({**state_to_json(FULL), key: value})
    except DecodeError:
        return
    assert state_from_json(json.loads(json.dumps(state_to_json(state)))) == state


VERBS = ("next", "worked", "others", "choose", "guided", "draft", "post", "afresh", "cancel-case", "step", "restart")
VERBS += ("drafts", "take-up", "discard-case", "az-case", "file-case", "")
ARGS = st.fixed_dictionaries(
    {},
    optional={
        "entry": st.sampled_from([*ENTRIES, "gone"]) | JSON,
        "step": st.integers(-1, 5) | JSON,
        "paste": st.integers(-1, 3) | JSON,
        "number": st.integers(0, 4) | JSON,
        "as": st.sampled_from(["text", "markdown", "json", "x"]) | JSON,
        "path": st.lists(st.sampled_from(["build", "none", "scripts", *ENTRIES]), max_size=5) | JSON,
    },
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(max_size=40),
        "description": st.text(max_size=200) | JSON,
        "product": st.sampled_from(["windows", "linux", "x"]),
        "severity": st.sampled_from(["minimal", "critical", "x"]) | JSON,
        "frequency": st.sampled_from(["once", "x"]),
        "template_id": st.text(max_size=40),
    },
)
ACTIONS = st.builds(
    ActionPressed,
    action_id=st.sampled_from([*VERBS, "example", "help", "unknown"]) | st.text(max_size=5),
    args=ARGS | JSON,  # type: ignore[arg-type]
    fields=FIELDS,
    version=st.sampled_from([ACTION_VERSION, ACTION_VERSION, ACTION_VERSION, 0, 2]),
)
TEXT = st.sampled_from(
    [*DIAGNOSES, "next", "avanti", "it worked", "italiano", "english", "draft", "guided", "altri", "back", "drafts"]
)
TURNS = st.lists(
    st.one_of(
        st.builds(MessageSent, TEXT | st.text(max_size=30) | st.integers(0, 8).map(str)),
        ACTIONS,
        st.just(MemberJoined()),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(TURNS, st.sampled_from(["en", "it"]), st.none() | JSON.filter(lambda value: isinstance(value, dict)))
def test_no_sequence_of_turns_raises_or_ends_in_silence(turns: list[TurnEvent | int], locale: str, state: Any) -> None:
    async def run() -> None:
        chat = Chat(locale)
        chat.state = state
        for turn in turns:
            if isinstance(turn, int):
                if turn >= len(chat.buttons):
                    continue
                button = chat.buttons[turn]
                turn = ActionPressed(button.action_id, button.args, {}, ACTION_VERSION)
            shown = await chat.turn(turn)
            assert shown.strip()
            for broken in ("Something on my side failed", "Qualcosa da parte mia"):
                assert broken not in shown
            for reply in chat.replies:
                assert len(reply.buttons) <= 6
                assert reply.blocks
                assert len({block.id for block in reply.blocks if isinstance(block, FormField)}) in (0, 10)
            assert state_from_json(chat.state)

    asyncio.run(run())
