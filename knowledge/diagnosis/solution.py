"""The steps that fix a failure: its finding's first, then what the entry adds, adapted to the tool that built.

A finding's steps fix the cause. What follows, getting the fix into the template and running it again, is the same for
every finding, so it comes from the entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import BuildTool, Entry, Step
from knowledge.model.finding import FindingRule
from knowledge.patterns import define_text_pattern

_SERVICE_COMMAND = define_text_pattern(
    r"(?i)image builder|ImageBuilderTemplate|imageTemplates|packerlogs|<staging(?:Rg)?>"
)
_RUN_COMMAND = define_text_pattern(r"(?i)\bimage builder run\b|\bStart-AzImageBuilderTemplate\b|\bpacker build\b")
_LOG, _RUN_LENGTH = "log", "run-length"
KNOWN_SOURCES = (_LOG, _RUN_LENGTH)
"""What a step may be known from besides captured values: a build's log, and the times of a run."""
_SERVICE_TEXT = define_text_pattern(
    r"(?i)delete the template|submit (?:it|the template)|the template again|buildTimeoutInMinutes|"
    r"staging resource group|start the run|run the template"
)


def build_solution(
    entry: Entry, rule: FindingRule | None, tool: BuildTool, packer_steps: Sequence[Step]
) -> tuple[Step, ...]:
    """Return the steps for a failure, in order.

    Args:
        entry: The entry that explains the mechanism.
        rule: The finding that names the cause, if one does.
        tool: What ran the build.
        packer_steps: How to get a fix into a person's own Packer build.
    """
    steps: Sequence[Step] = entry.steps
    if rule is not None:
        steps = [*rule.steps, *[step for step in entry.steps if step.effect != "reads"]]
    if tool == "packer":
        steps = [*(step for step in steps if not is_service_step(step)), *packer_steps]
    return tuple(steps)


def is_known(step: Step, diagnosis: Diagnosis, values: Mapping[str, str]) -> bool:
    """Return whether a text or a lookup has already answered what a step finds out. `values` are what was captured."""
    if not step.known_from:
        return False
    return all(_is_told(name, diagnosis, values) for name in step.known_from)


def _is_told(name: str, diagnosis: Diagnosis, values: Mapping[str, str]) -> bool:
    if name == _LOG:
        return diagnosis.kind == "build-log"
    if name == _RUN_LENGTH:
        facts = diagnosis.facts
        has_times = all(facts.get(key) for key in ("run_started", "run_ended"))
        # a log by itself doesn't tell the limit, and might not cover the whole run
        return has_times and (diagnosis.kind == "status" or "build_timeout" in facts)
    return bool(values.get(name))


def fits_os(step: Step, os: str | None) -> bool:
    """Return whether a step is for the system of the image, as far as both are known."""
    return not step.os or os is None or step.os == os


def runs_build(step: Step) -> bool:
    """Return whether a step runs the build again, so that its outcome shows."""
    commands = f"{step.cli or ''}\n{step.powershell or ''}"
    return _RUN_COMMAND.search(commands) is not None


def is_service_step(step: Step) -> bool:
    """Return whether a step is about Image Builder itself, so it makes no sense in a person's own Packer build."""
    commands = f"{step.cli or ''}\n{step.powershell or ''}"
    return _SERVICE_COMMAND.search(commands) is not None or _SERVICE_TEXT.search(step.do.get("en")) is not None
