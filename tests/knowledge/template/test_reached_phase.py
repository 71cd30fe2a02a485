"""How far a run got: from its log, and from its status only if that says more than `Building`."""

from __future__ import annotations

import pytest

from knowledge.model.diagnosis import BuildOutcome, Diagnosis
from knowledge.template.image_template import ImageTemplate
from knowledge.template.reached_phase import compute_rule_facts, find_reached_phase
from knowledge.template.run import Run


def log_of(phase: str | None, outcome: BuildOutcome = "failed") -> Diagnosis:
    return Diagnosis("-", "build-log", outcome, (), (), {}, (), phase=phase)


@pytest.mark.parametrize(
    ("run", "log", "file", "phase"),
    [
        # an ended run has no sub-state
        (Run("Failed"), None, "", ""),
        (Run("Failed"), log_of("customize"), "customization.log", "customizing"),
        (Run("Failed"), log_of("deprovision"), "customization.log", "customizing"),
        (Run("Failed"), log_of("deploy"), "customization.log", "building"),
        (Run("Failed"), log_of("connect"), "customization.log", "building"),
        (Run("Failed"), log_of("capture"), "customization.log", ""),
        (Run("Failed"), log_of(None), "customization.log", ""),
        (Run("Failed"), log_of("customize"), "validation.log", "validating"),
        (Run("Canceled"), log_of("customize", "canceled"), "customization.log", "customizing"),
        # the build went well, and so the run failed in what comes next
        (Run("Failed"), log_of("clean-up", "succeeded"), "customization.log", "distributing"),
        (Run("Failed", "Optimizing"), log_of("clean-up", "succeeded"), "customization.log", "optimizing"),
        (Run("Succeeded"), log_of("clean-up", "succeeded"), "customization.log", ""),
        # a run that goes on stays in Building, whatever it does
        (Run("Running", "Building"), log_of("customize", "running"), "customization.log", "customizing"),
        (Run("Running", "Building"), None, "", ""),
        (Run("Running", "Queued"), None, "", "queued"),
        (Run("Running", "Distributing"), log_of("capture", "running"), "customization.log", "distributing"),
    ],
)
def test_the_log_tells_where_the_status_is_silent(run: Run, log: Diagnosis | None, file: str, phase: str) -> None:
    assert find_reached_phase(run, log, file) == phase
    facts = compute_rule_facts(ImageTemplate(run=run), log, file)
    assert facts.get("run_sub_state", "") == phase
    assert facts["run_state"] == run.state
