"""How far a run got, in the words of Azure's sub-states, from its status or its log.

Azure's status names the sub-state only while a run is in progress, and says `Building` until the customizers end.
"""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.model.diagnosis import Diagnosis
from knowledge.template.image_template import ImageTemplate
from knowledge.template.run import Run

_SUB_STATE_BY_PHASE: Mapping[str, str] = {
    "prepare": "building",
    "deploy": "building",
    "connect": "building",
    "customize": "customizing",
    "deprovision": "customizing",
}
"""Sub-states by the phases of a build log; from the capture on, the log doesn't say what comes next."""
_VAGUE_SUB_STATE = "building"


def compute_rule_facts(
    template: ImageTemplate, log: Diagnosis | None, log_file: str, now: str | None = None
) -> dict[str, str | int]:
    """Return the template's facts for the rules; if the status doesn't say how far the run got, the log does.

    `log` is the diagnosis of `log_file`, None if that wasn't read.
    """
    facts = template.compute_facts(now)
    facts.pop("run_sub_state", None)
    phase = find_reached_phase(template.run, log, log_file)
    return {**facts, "run_sub_state": phase} if phase else facts


def find_reached_phase(run: Run, log: Diagnosis | None, log_file: str) -> str:
    """Return the sub-state that a run reached, in lower case; "" if neither its log nor its status tells."""
    from_status = run.sub_state.casefold()
    if from_status == _VAGUE_SUB_STATE:
        from_status = ""
    if log is None:
        return from_status
    if log_file == "validation.log":
        return "validating"
    if log.outcome == "succeeded" and run.outcome == "failed":
        return from_status or "distributing"  # nothing in the build failed, so what follows it did
    return _SUB_STATE_BY_PHASE.get(log.phase or "") or from_status
