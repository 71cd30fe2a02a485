"""What broke is stored in the keys of the first release: it comes back whole, and that release can read it, too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.conversation_state import ConversationState, TriedStep, Walkthrough
from dialogs.state.diagnosis import truncate_diagnosis
from dialogs.state.json_fields import DecodeError
from knowledge.model.build_course import BuildCourse, BuildStage, Silence
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.finding import Finding, StepPlace
from tests.dialogs.fixtures import FAILED, FOUND, QUOTE_FINDING, SCRIPT, match

KEYS_OF_0_1_0 = {
    "file", "kind", "outcome", "matches", "excerpt", "facts", "timeline", "phase", "os", "partial", "script", "lines",
    "ids", "silence",
}  # fmt: skip
ADVICE = ["open-quote", "PowerShell could not even parse the script: a quote was opened and not closed."]


COURSE = BuildCourse(
    "2026-01-12T08:00:00Z",
    "2026-01-12T10:00:00Z",
    True,
    2,
    (BuildStage("deploy", "2026-01-12T08:00:00Z", None, None, 4, "running"),),
    (Silence("2026-01-12T08:01:00Z", 6_900, 9),),
)


def write(diagnosis: Diagnosis, **more: Any) -> dict[str, Any]:
    state = ConversationState(diagnosis=diagnosis, diagnosis_number=3, **more)
    return dict(json.loads(json.dumps(state_to_json(state))))


@pytest.mark.parametrize(
    "diagnosis",
    [
        FAILED,
        FOUND,
        FOUND._replace(tool="packer", silent_step="powershell"),
        FAILED._replace(tool="packer"),
        FAILED._replace(silent_step="powershell"),
        FOUND._replace(finding=Finding("open-quote", "A quote", "script", "after-fix")),
        FOUND._replace(finding=Finding("open-quote", "A quote", "network", "after-fix")),
        FOUND._replace(finding=Finding("", "", "azure", "no", {"a": "{b", "c": '"d'}, 7, StepPlace("x", 1, 2, None, "n", 5))),
        FOUND._replace(finding=QUOTE_FINDING._replace(place=StepPlace("shell", 1, 2, total=3, is_validator=True))),
        FOUND._replace(course=COURSE),
    ],
)  # fmt: skip
def test_what_broke_comes_back_as_it_was_in_the_keys_of_the_first_release(diagnosis: Diagnosis) -> None:
    stored = truncate_diagnosis(diagnosis)
    written = write(stored)
    assert written["diagnosis"].keys() == KEYS_OF_0_1_0
    row = written["diagnosis"]["script"]
    assert row is None or [type(item) for item in row] == [str, str]
    assert state_from_json(written).diagnosis == stored


def test_how_a_build_went_is_not_stored_without_what_broke() -> None:
    """The first release would show advice without words."""
    assert write(FAILED._replace(course=COURSE))["diagnosis"]["script"] is None


def test_the_first_release_shows_the_headline_as_a_script_s_advice() -> None:
    assert write(FOUND)["diagnosis"]["script"][1] == QUOTE_FINDING.title


def test_an_advice_of_the_first_release_is_a_finding_and_is_stored_again_as_it_was() -> None:
    written = write(FAILED)
    written["diagnosis"]["script"] = ADVICE
    state = state_from_json(written)
    assert state.diagnosis is not None
    assert state.diagnosis.finding == Finding(ADVICE[0], ADVICE[1], "script", "after-fix")
    assert state_to_json(state)["diagnosis"]["script"] == ADVICE


@pytest.mark.parametrize("length", [1, 20, 60])
def test_what_the_first_release_has_cut_is_no_finding(length: int) -> None:
    """It cuts the first text of the row to 120 characters when it stores a conversation again."""
    written = write(FOUND)
    known, title = written["diagnosis"]["script"]
    written["diagnosis"]["script"] = [known[:length], title]
    assert state_from_json(written).diagnosis == FOUND._replace(finding=None)


@pytest.mark.parametrize(
    "row",
    [
        [], ["a"], ["a", "b", "c"], "text", {"a": "b"}, [1, "b"], ["a", None], ['{"finding": []}', "b"],
        ['{"finding": {"id": 1}}', "b"], ['{"finding": {"id": "a", "owner": "nobody", "retry": "no"}}', "b"],
        ['{"tool": "make"}', "b"], ['{"silent": {}}', "b"],
    ],
)  # fmt: skip
def test_a_row_of_another_shape_is_refused(row: object) -> None:
    written = write(FAILED)
    written["diagnosis"]["script"] = row
    with pytest.raises(DecodeError):
        state_from_json(written)


@pytest.mark.parametrize("known", ["{", "{[", "{}", '{"a": 1}', "{" * 5_000, '{"a":' * 3_000])
def test_unknown_keys_and_broken_ones_stand_for_nothing(known: str) -> None:
    written = write(FAILED)
    written["diagnosis"]["script"] = [known, "b"]
    assert state_from_json(written).diagnosis == FAILED


@pytest.mark.parametrize(
    ("finding", "tool", "entry"),
    [
        ("", "image-builder", SCRIPT.id),
        ("open-quote", "image-builder", f"{SCRIPT.id}+open-quote"),
        ("", "packer", f"{SCRIPT.id}@packer"),
        ("open-quote", "packer", f"{SCRIPT.id}+open-quote@packer"),
    ],
)
def test_a_step_names_its_finding_after_its_entry(finding: str, tool: Any, entry: str) -> None:
    walk = Walkthrough(SCRIPT.id, 2, 3, finding=finding, tool=tool)
    tried = (TriedStep(SCRIPT.id, 1, "no-help", "2026-03-01T00:00:00Z", finding, tool),)
    written = write(FOUND, walkthrough=walk, tried_steps=tried)
    assert written["walk"] == {"entry": entry, "step": 2, "paste": 3, "picked": False}
    assert written["tried"] == [{"entry": entry, "step": 1, "outcome": "no-help", "at": "2026-03-01T00:00:00Z"}]
    state = state_from_json(written)
    assert (state.walkthrough, state.tried_steps) == (walk, tried)


@pytest.mark.parametrize("outcome", ["done", "skipped"])
def test_how_a_step_went_is_stored_in_words_of_the_first_release(outcome: Any) -> None:
    tried = (TriedStep(SCRIPT.id, 1, outcome, "2026-03-01T00:00:00Z", "open-quote", "packer"),)
    written = write(FOUND, tried_steps=tried)
    entry = f"{SCRIPT.id}+open-quote@packer!{outcome}"
    assert written["tried"] == [{"entry": entry, "step": 1, "outcome": "no-help", "at": "2026-03-01T00:00:00Z"}]
    assert state_from_json(written).tried_steps == tried


@pytest.mark.parametrize("entry", [None, 7, ["a"], "a@make"])
def test_a_step_of_another_shape_is_refused(entry: object) -> None:
    written = write(FOUND, walkthrough=Walkthrough(SCRIPT.id, 2, 3))
    written["walk"]["entry"] = entry
    with pytest.raises(DecodeError):
        state_from_json(written)


def test_values_that_only_fill_the_headline_are_stored_once() -> None:
    values = {"file": "tools.ps1", "gallery": "corp", "host": "a.example"}
    finding = QUOTE_FINDING._replace(values={"file": "tools.ps1", "gallery": "corp", "host": "…"})
    diagnosis = truncate_diagnosis(FOUND._replace(matches=(match(SCRIPT, "certain", values=values),), finding=finding))
    assert diagnosis.matches[0].values == {"gallery": "corp", "host": "a.example"}, "commands need whole values"
