"""What a status without an error says: that a run is in progress, is or was canceled, or that there's none."""

from __future__ import annotations

from typing import Literal

from knowledge.model.diagnosis import Diagnosis

ReportedState = Literal["running", "canceling", "canceled", "changing", "no-run"]
"""`changing`: Azure is creating, updating, or deleting the template. `no-run`: the text doesn't mention a run."""

_STATE_BY_RUN_STATE: dict[str, ReportedState] = {
    "running": "running",
    "canceling": "canceling",
    "canceled": "canceled",
}
_CHANGING = frozenset({"creating", "updating", "deleting"})


def find_reported_state(diagnosis: Diagnosis) -> ReportedState | None:
    """Return what a status without an error says; None for any other text."""
    if diagnosis.kind != "status" or diagnosis.finding or any(match.severity != "info" for match in diagnosis.matches):
        return None
    run_state = str(diagnosis.facts.get("run_state") or "").casefold()
    if run_state:
        return _STATE_BY_RUN_STATE.get(run_state)
    provisioning_state = str(diagnosis.facts.get("provisioning_state") or "").casefold()
    if provisioning_state in _CHANGING:
        return "changing"
    return "no-run" if provisioning_state == "succeeded" else None


def name_state(diagnosis: Diagnosis) -> str:
    """Return the state in Azure's words, with the sub-state if the text has one."""
    facts = diagnosis.facts
    words = (facts.get("run_state"), facts.get("run_sub_state")) if facts.get("run_state") else ()
    return ", ".join(str(word) for word in words if word) or str(facts.get("provisioning_state") or "")
