"""Follow what Image Builder does by itself in a build: it creates the VM, connects, deprovisions, captures, cleans up.

A stage begins where the phase of the build changes. A script can print the same words, so whatever seems to come after
the provisioners is forgotten once another one starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from knowledge.build_log.build import Build, BuildPhase, ProvisionerRun, StageSpan
from knowledge.model.build_course import BuildCourse, BuildStage, Silence, StageName, StepState
from knowledge.model.diagnosis import BuildOutcome, LogGap
from knowledge.text.lines import LogLine, format_iso

MAX_SILENCES = 10
MAX_UNTIMED_LINES = 3
_STAGE_BY_PHASE: Mapping[BuildPhase, StageName] = {
    "prepare": "deploy",
    "deploy": "deploy",
    "connect": "connect",
    "deprovision": "deprovision",
    "capture": "capture",
}
_LATE_STAGES: tuple[StageName, ...] = ("deprovision", "capture")
_STATE_BY_OUTCOME: Mapping[BuildOutcome, StepState] = {
    "failed": "failed",
    "canceled": "stopped",
    "succeeded": "ended",
}
_OWN_UPLOAD_PREFIX = "Uploading /aib/packerInput/DeprovisioningScript"
_DEPROVISION_MARKS = ("DeprovisioningScript", "waagent service will be stopped", "-deprovision+user")
_MAX_SEARCHED_LINES = 40


def follow_phase(build: Build, index: int, time: datetime | None) -> None:
    """Begin the stage of the build's phase at the line `index`, unless it's under way, and end the one before."""
    name = _STAGE_BY_PHASE.get(build.phase) if build.phase else None
    current = build.stages[-1] if build.stages and build.stages[-1].state == "running" else None
    if current and current.name == name:
        return
    is_late = name in _LATE_STAGES
    if name and not is_late and (build.runs or any(stage.name in (name, *_LATE_STAGES) for stage in build.stages)):
        return  # a script printed it
    if current:
        current.end(time, "ended")
    if name:
        run = build.runs[-1] if name == "deprovision" and build.runs else None
        build.stages.append(StageSpan(name, run.start_index, run.started_at) if run else StageSpan(name, index, time))


def forget_late_stages(build: Build, time: datetime | None) -> None:
    """End the stage under way, since a provisioner starts, and forget stages that can't have been any."""
    if not build.stages:
        return
    build.stages = [stage for stage in build.stages if stage.name not in _LATE_STAGES]
    if build.stages and build.stages[-1].state == "running":
        build.stages[-1].end(time, "ended")


def begin_clean_up(build: Build, index: int, time: datetime | None) -> None:
    """Begin the last stage at the line `index`."""
    if all(stage.name != "clean-up" for stage in build.stages):
        build.stages.append(StageSpan("clean-up", index, time))


def stop_stage(build: Build, time: datetime | None) -> None:
    """Note when the stage under way was over, in a way that only the outcome tells."""
    if build.stages and build.stages[-1].state == "running" and build.stages[-1].ended_at is None:
        build.stages[-1].ended_at = time


def finish_stages(build: Build, last_time: datetime | None) -> None:
    """Give each stage its state once the build's outcome is known, and add those that are provisioners, too."""
    state = _STATE_BY_OUTCOME.get(build.outcome, "running")
    for stage in build.stages:
        if stage.state == "running":
            is_clean_up_over = stage.name == "clean-up" and state == "failed"
            ended_at = None if state == "running" else stage.ended_at or last_time
            stage.end(ended_at, "ended" if is_clean_up_over else state)
    last_run = build.runs[-1] if build.runs else None
    if last_run and all(stage.name != "deprovision" for stage in build.stages) and _deprovisions(build, last_run):
        build.stages.append(StageSpan("deprovision", last_run.start_index, last_run.started_at))
    for stage in build.stages:
        if stage.name == "deprovision" and last_run and stage.start_index == last_run.start_index:
            stage.ended_at, stage.state = last_run.ended_at, last_run.state
    build.stages += [
        StageSpan("upload", run.start_index, run.started_at, run.ended_at, run.state)
        for run in build.runs
        if is_own_upload(build, run)
    ]
    build.stages.sort(key=lambda stage: stage.start_index)


def is_own_upload(build: Build, run: ProvisionerRun) -> bool:
    """Return whether a provisioner uploads a file that Image Builder needs for itself."""
    return run.name == "file" and build.lines[run.start_index].body.startswith(_OWN_UPLOAD_PREFIX)


def number_step(build: Build, run: ProvisionerRun) -> int:
    """Return the how-manieth step of the build a provisioner is, not counting what Image Builder uploads for itself."""
    last = build.runs.index(run)
    return max(1, sum(not is_own_upload(build, each) for each in build.runs[: last + 1]))


def summarize_course(build: Build, gaps: Sequence[LogGap], is_service: bool) -> BuildCourse:
    """Return how the build went. `is_service`: Image Builder ran it, so that some of its provisioners are its own."""
    times = build.lines.times
    stages = [stage for stage in build.stages if is_service or stage.name not in ("upload", "deprovision")]
    own_lines = {stage.start_index for stage in stages if stage.name in ("upload", "deprovision")}
    return BuildCourse(
        started=format_iso(times[0]) if times else None,
        ended=format_iso(times[-1]) if times else None,
        has_start=build.has_start,
        step_count=sum(run.start_index not in own_lines for run in build.runs),
        stages=tuple(_summarize_stage(build, stage) for stage in stages),
        silences=_list_silences(build, gaps),
    )


def _summarize_stage(build: Build, stage: StageSpan) -> BuildStage:
    seconds = None
    if stage.started_at and stage.ended_at and stage.ended_at >= stage.started_at:
        seconds = int((stage.ended_at - stage.started_at).total_seconds())
    line = build.lines[stage.start_index].number
    return BuildStage(stage.name, format_iso(stage.started_at), format_iso(stage.ended_at), seconds, line, stage.state)


def _list_silences(build: Build, gaps: Sequence[LogGap]) -> tuple[Silence, ...]:
    """Return the longest silences in the order of the log.

    Older logs have no times on what Packer and the scripts printed, so that a period without times needn't be silent.
    """
    longest = {gap.line: gap for gap in sorted(gaps, key=lambda gap: -gap.seconds)[:MAX_SILENCES]}
    if not longest:
        return ()
    silences = []
    for index, line in enumerate(build.lines):
        if line.number in longest and line.time and _is_followed_by_time(build.lines, index):
            silences.append(Silence(format_iso(line.time) or "", longest[line.number].seconds, line.number))
    return tuple(silences)


def _is_followed_by_time(lines: Sequence[LogLine], index: int) -> bool:
    """Return whether the next line with a time follows closely: a few lines without one may be parts of a message."""
    following = lines[index + 1 : index + MAX_UNTIMED_LINES + 2]
    after = next((line for line in following if line.time), None)
    return after is not None and after.number <= lines[index].number + MAX_UNTIMED_LINES + 1


def _deprovisions(build: Build, run: ProvisionerRun) -> bool:
    """Return whether a provisioner is the one that Image Builder adds after the customizers."""
    if run.name not in ("shell", "powershell"):
        return False
    lines = build.lines[run.start_index + 1 : run.start_index + _MAX_SEARCHED_LINES]
    return any(mark in line.body for line in lines for mark in _DEPROVISION_MARKS)
