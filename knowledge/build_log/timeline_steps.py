"""The steps of a build in the order of its log: the person's own, numbered from 1, and those of Image Builder."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from knowledge.azure_times import compute_seconds_between
from knowledge.build_log.observations import MIN_GAP_SECONDS
from knowledge.model.build_course import BuildCourse, BuildStage, Silence, StageName, StepState
from knowledge.model.diagnosis import Diagnosis, ProvisionerSummary


class TimelineStep(NamedTuple):
    """One step: a stage of Image Builder's own, or a provisioner of the person's with its number.

    `seconds` of a step that runs is its time so far, as far as the log tells. `silent_from` is how many seconds after
    its start the step's longest silence began.
    """

    stage: StageName | None
    provisioner: str
    number: int
    state: StepState
    seconds: int | None
    line: int
    started: str | None = None
    silent_from: int = 0
    silent_seconds: int = 0

    @property
    def is_own(self) -> bool:
        """Whether it is a step of Image Builder's own."""
        return self.stage is not None


def list_steps(diagnosis: Diagnosis) -> tuple[TimelineStep, ...]:
    """Return the steps that the log shows. What Image Builder does in passing is left out, unless it took long."""
    course = diagnosis.course or BuildCourse(step_count=len(diagnosis.timeline))
    own_lines = {stage.line for stage in course.stages if stage.name in ("upload", "deprovision")}
    provisioners = {run.line: run.provisioner for run in diagnosis.timeline if run.line in own_lines}
    runs = [run for run in diagnosis.timeline if run.line not in own_lines]
    # of a long build, only the last provisioners may have been kept
    first = max(course.step_count - len(runs), 0) + 1
    steps = [_build_run_step(run, number, course) for number, run in enumerate(runs, first)]
    steps += [_build_stage_step(stage, provisioners.get(stage.line, ""), course) for stage in course.stages]
    steps.sort(key=attrgetter("line"))
    steps = _add_silences(steps, course.silences)
    return tuple([step for step in steps if step.stage is None or not _is_in_passing(step)])


def _build_run_step(run: ProvisionerSummary, number: int, course: BuildCourse) -> TimelineStep:
    seconds = _measure_so_far(run, course) if run.seconds is None else run.seconds
    return TimelineStep(None, run.provisioner, number, run.state, seconds, run.line, run.started)


def _build_stage_step(stage: BuildStage, provisioner: str, course: BuildCourse) -> TimelineStep:
    seconds = _measure_so_far(stage, course) if stage.seconds is None else stage.seconds
    return TimelineStep(stage.name, provisioner, 0, stage.state, seconds, stage.line, stage.started)


def _measure_so_far(step: ProvisionerSummary | BuildStage, course: BuildCourse) -> int | None:
    return compute_seconds_between(step.started, course.ended) if step.state == "running" else None


def _add_silences(steps: Sequence[TimelineStep], silences: Sequence[Silence]) -> list[TimelineStep]:
    """Return the steps with the longest silence of each; one after the end of a step belongs to none."""
    result = list(steps)
    for silence in sorted(silences, key=lambda silence: silence.seconds):
        at = max((index for index, step in enumerate(result) if step.line <= silence.line), default=None)
        if at is None:
            continue
        offset = compute_seconds_between(result[at].started, silence.started)
        length = result[at].seconds
        if offset is not None and length is not None and offset < length:
            seconds = min(silence.seconds, length - offset)
            result[at] = result[at]._replace(silent_from=offset, silent_seconds=seconds)
    return result


def _is_in_passing(step: TimelineStep) -> bool:
    takes_seconds = step.stage in ("upload", "clean-up") and (step.seconds or 0) < MIN_GAP_SECONDS
    # a clean-up that was cut off with the build isn't what failed
    return takes_seconds and (step.state == "ended" or step.stage == "clean-up")
