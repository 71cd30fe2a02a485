"""The report is in the language that was asked for, down to the names of phases and outcomes."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.cli.diagnosis_report import DiagnosisReport
from knowledge.build_log.build import BuildPhase
from knowledge.catalog.findings import load_findings
from knowledge.model.diagnosis import BuildOutcome, Diagnosis, InputKind
from knowledge.model.entry import Language


def render(
    language: Language, kind: InputKind = "build-log", outcome: BuildOutcome = "failed", phase: str | None = None
) -> str:
    diagnosis = Diagnosis(
        file="build.log", kind=kind, outcome=outcome, matches=(), excerpt=(), facts={}, timeline=(), phase=phase
    )
    return DiagnosisReport({}, language, load_findings()).render(diagnosis)


@pytest.mark.parametrize("phase", get_args(BuildPhase))
def test_a_phase_is_rendered_in_both_languages(phase: str) -> None:
    english, italian = (render(language, phase=phase) for language in ("en", "it"))
    assert "reached: " in english
    assert "fase raggiunta: " in italian
    assert phase not in italian.replace("deprovisioning", "")


@pytest.mark.parametrize("outcome", [outcome for outcome in get_args(BuildOutcome) if outcome != "unknown"])
def test_an_outcome_is_rendered_in_both_languages(outcome: BuildOutcome) -> None:
    assert f"the run: {'still running' if outcome == 'running' else outcome}" in render("en", outcome=outcome)
    assert "esecuzione: " in render("it", outcome=outcome)
    assert outcome not in render("it", outcome=outcome)


@pytest.mark.parametrize("kind", get_args(InputKind))
def test_the_kind_of_a_text_is_rendered_in_both_languages(kind: InputKind) -> None:
    english, italian = render("en", kind).splitlines()[0], render("it", kind).splitlines()[0]
    assert english.startswith("build.log: ")
    assert italian.startswith("build.log: ")
    assert english != italian
    assert kind not in italian


def test_a_phase_without_a_name_is_shown_as_it_is() -> None:
    assert "fase raggiunta: somewhere" in render("it", phase="somewhere")
