"""A template's run: its state, and how long it took."""

from __future__ import annotations

import pytest

from knowledge.template.run import Run


def test_how_long_a_run_took() -> None:
    ended = Run("Failed", started="2026-02-22T01:26:00Z", ended="2026-02-22T01:29:42Z")
    assert ended.compute_seconds("2026-03-01T00:00:00Z") == 222
    running = Run("Running", started="2026-02-22T01:26:00Z")
    assert running.compute_seconds("2026-02-22T02:26:00Z") == 3600
    assert running.compute_seconds() is None
    # a run that isn't running any more didn't go on until now
    assert Run("Canceled", started="2026-02-22T01:26:00Z").compute_seconds("2026-02-22T02:26:00Z") is None
    assert Run("Failed", ended="2026-02-22T01:29:42Z").compute_seconds() is None


@pytest.mark.parametrize(
    ("state", "is_running", "outcome"),
    [
        ("Running", True, "running"),
        ("canceling", True, "running"),
        ("Canceled", False, "canceled"),
        ("FAILED", False, "failed"),
        ("Succeeded", False, "succeeded"),
        ("PartiallySucceeded", False, "unknown"),
        ("Thinking", False, "unknown"),
        ("", False, "unknown"),
    ],
)
def test_the_state_of_a_run(state: str, is_running: bool, outcome: str) -> None:
    assert (Run(state).is_running, Run(state).outcome) == (is_running, outcome)
