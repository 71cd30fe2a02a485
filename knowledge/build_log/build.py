"""What happened in one build: its phase, its provisioners, its outcome, and the lines where it went wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from knowledge.model.build_course import StageName, StepState
from knowledge.model.diagnosis import BuildOutcome, ProvisionerSummary
from knowledge.text.lines import format_iso
from knowledge.text.log_lines import LogLines

BuildPhase = Literal["prepare", "deploy", "connect", "customize", "deprovision", "capture", "clean-up"]
ProvisionerState = StepState


class ProvisionerRun:
    """One run of a provisioner; its indexes refer to the build's lines, and `end_index` is -1 while it runs."""

    def __init__(self, name: str, start_index: int, started_at: datetime | None) -> None:
        self.name = name
        self.start_index = start_index
        self.started_at = started_at
        self.end_index = -1
        self.ended_at: datetime | None = None
        self.exit_code: int | None = None
        self.state: ProvisionerState = "running"


class StageSpan:
    """One stage of Image Builder's own; its index is that of the build's lines."""

    def __init__(
        self,
        name: StageName,
        start_index: int,
        started_at: datetime | None,
        ended_at: datetime | None = None,
        state: StepState = "running",
    ) -> None:
        self.name = name
        self.start_index = start_index
        self.started_at = started_at
        self.ended_at = ended_at
        self.state = state

    def end(self, time: datetime | None, state: StepState) -> None:
        """End the stage."""
        self.ended_at, self.state = time, state


class Build:
    """What the lines of one build say. Indexes are those of `lines`, the last build of the input.

    `has_start` is false for a part of a log that begins somewhere in the middle.
    """

    def __init__(self, lines: LogLines) -> None:
        self.lines = lines
        self.runs: list[ProvisionerRun] = []
        self.stages: list[StageSpan] = []
        self.outcome: BuildOutcome = "unknown"
        self.phase: BuildPhase | None = None
        self.os: str | None = None
        self.stop_index: int | None = None
        self.step_failure_index: int | None = None
        self.clean_up_index: int | None = None
        self.verdict_indexes: list[int] = []
        self.script_exit_code: int | None = None
        self.has_start = False

    @property
    def failed_run(self) -> ProvisionerRun | None:
        """The provisioner run that failed, was stopped, or is still running; `None` if all ended."""
        for run in reversed(self.runs):
            if run.state != "ended":
                return run
        return None

    @property
    def is_over(self) -> bool:
        """Whether the step failed, the build was stopped, or Packer cleans up."""
        return self.stop_index is not None or self.step_failure_index is not None or self.clean_up_index is not None

    @property
    def failure_range(self) -> range:
        """The indexes of the lines that can hold the cause: from the failed step's start to the failure or the stop."""
        end = len(self.lines)
        # Later lines are about the cleanup, whose own errors aren't the cause.
        for last in (self.step_failure_index, self.stop_index, self.clean_up_index):
            if last is not None and last < end:
                end = last + 1
        run = self.failed_run
        return range(run.start_index if run else 0, end)

    def summarize_provisioners(self) -> tuple[ProvisionerSummary, ...]:
        """Return the provisioner runs as the diagnosis shows them, with times in ISO 8601 and durations in seconds."""
        return tuple(
            ProvisionerSummary(
                provisioner=run.name,
                started=format_iso(run.started_at),
                ended=format_iso(run.ended_at),
                seconds=int((run.ended_at - run.started_at).total_seconds())
                if run.started_at and run.ended_at
                else None,
                exit_code=run.exit_code,
                line=self.lines[run.start_index].number,
                state=run.state,
            )
            for run in self.runs
        )
