"""Reads what happened in a build log: phases, provisioners, outcome, the span in which it went wrong.

Today's logs carry no `(telemetry)` lines, so the timeline is built from what is always there: what Packer prints when
a provisioner begins, the exit lines of remote commands, and the verdict. Telemetry is used where older logs have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import re2

from knowledge.model.diagnosis import BuildOutcome, ProvisionerSummary
from knowledge.text.lines import LogLine, format_iso

BuildPhase = Literal["prepare", "deploy", "connect", "customize", "deprovision", "capture", "clean-up"]

_SCRIPT_EXIT_STATUS = re2.compile(r"(?i)script exited with non-zero exit status: ?(?P<code>-?\d{1,10})")
_TELEMETRY = re2.compile(r"\(telemetry\) (?P<what>Starting provisioner|ending) (?P<name>[\w.-]+)")
_PHASE_PREFIXES: tuple[tuple[BuildPhase, tuple[str, ...]], ...] = (
    ("prepare", ("Running builder ...",)),
    ("deploy", ("Getting source image id", "Validating deployment template", "Creating resource group")),
    ("connect", ("Getting the VM's IP address", "Waiting for WinRM", "Waiting for SSH")),
    ("customize", ("Provisioning with", "Connected to WinRM", "Connected to SSH", "Uploading ")),
    ("deprovision", (">>> Waiting for GA Service", ">>> Sysprepping VM")),
    ("capture", ("Querying the machine's properties", "Powering off machine", "Snapshotting OS disk")),
)
_SIGNIFICANT_FIRST_CHARS = frozenset(">BCDEGPQRSUVW")
"""What a line begins with that tells anything, but for those that hold a provisioner's exit, WinRM or SSH."""
_MAX_EXIT_CODE_CHARS = 10
_CLEAN_UP_PREFIXES = (
    "Deleting Virtual Machine deployment",
    "Deleting individual resources",
    "Deleting KeyVault created",
)
_STEP_FAILED_PREFIX = "Provisioning step had errors"
_STOP_PREFIX = "Cancelling build after receiving"
_STOP_PREFIXES = (
    "Cancelling build after receiving",
    "Cleanly cancelled builds",
    "Cancelling builder after context",
    "Cancelling provision",
)


@dataclass(slots=True)
class ProvisionerRun:
    """A provisioner while it is being read; indexes point into the story's lines."""

    name: str
    start_index: int
    started_at: datetime | None
    end_index: int = -1
    ended_at: datetime | None = None
    exit_code: int | None = None
    state: Literal["ended", "failed", "stopped", "running"] = "running"


@dataclass(slots=True)
class Build:
    """What one build's lines tell. Indexes point into `lines`, which is the last build of the input."""

    lines: Sequence[LogLine]
    runs: list[ProvisionerRun] = field(default_factory=list)
    outcome: BuildOutcome = "unknown"
    phase: BuildPhase | None = None
    os: str | None = None
    stop_index: int | None = None
    step_failure_index: int | None = None
    clean_up_index: int | None = None
    verdict_indexes: list[int] = field(default_factory=list)
    script_exit_code: int | None = None

    @property
    def failed_run(self) -> ProvisionerRun | None:
        """The provisioner that failed, was stopped, or is still running."""
        return next((run for run in reversed(self.runs) if run.state != "ended"), None)

    @property
    def failure_range(self) -> range:
        """The lines in which the cause is to be looked for: from the failed step's start to the verdict or the stop."""
        last = min(
            (at for at in (self.step_failure_index, self.stop_index, self.clean_up_index) if at is not None),
            default=len(self.lines),
        )
        run = self.failed_run
        return range(run.start_index if run else 0, min(last + 1, len(self.lines)))

    def summarize_provisioners(self) -> tuple[ProvisionerSummary, ...]:
        """The provisioners as the diagnosis shows them."""
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


def find_last_build(lines: Sequence[LogLine]) -> Sequence[LogLine]:
    """The lines of the last build, when a file holds several."""
    begins, run = 0, None
    for index, line in enumerate(lines):
        another = line.run_id is not None and run is not None and line.run_id != run
        if another or (line.component is None and line.prefixed and line.body.startswith("[INFO] Packer version:")):
            begins = index
        run = line.run_id or run
    return lines[begins:] if begins else lines


def read_build(lines: Sequence[LogLine]) -> Build:
    """The story of the last build in `lines`, which are the lines of a build log or of a part of one."""
    story = Build(find_last_build(lines))
    telemetry = any("(telemetry) Starting provisioner" in line.body for line in story.lines)
    ended_well = complete = False
    before: datetime | None = None
    for index, line in enumerate(story.lines):
        body = line.body
        if line.source == "echo":
            before = line.time or before
            continue
        if not (
            body[:1] in _SIGNIFICANT_FIRST_CHARS
            or line.source == "verdict"
            or telemetry
            or "xit" in body
            or "WinRM" in body
            or "SSH" in body
        ):
            before = line.time or before
            continue
        over = story.stop_index is not None or story.step_failure_index is not None or story.clean_up_index is not None
        if not over:
            _update_phase(story, line)
            name = (
                _read_telemetry(story, body, line, index, before)
                if telemetry
                else _detect_provisioner_start(story, line)
            )
            if name:
                _end_run(story, index, before)
                story.runs.append(ProvisionerRun(name, index, line.time or before))
            _record_exit_code(story, line)
        if body.startswith(_STEP_FAILED_PREFIX) and story.step_failure_index is None and story.stop_index is None:
            story.step_failure_index = index
            _end_run(story, index, line.time or before, "failed")
        elif not (over or story.verdict_indexes) and body.startswith(_STOP_PREFIXES):
            story.stop_index = index
            _end_run(story, index, line.time or before, "stopped")
        elif line.source == "output" and body.startswith(_CLEAN_UP_PREFIXES) and story.clean_up_index is None:
            story.clean_up_index = index
            _end_run(story, index, line.time or before)
        if line.source == "verdict" or body.startswith("Build 'azure-arm"):
            if (
                " errored" in body
                or "Some builds didn't" in body
                or ",error " in body
                or body.startswith("Script exited")
            ):
                story.verdict_indexes.append(index)
            ended_well = ended_well or (body.startswith("Build '") and " finished after" in body)
        elif body.startswith('Error: Failed to prepare build: "azure-arm"'):
            story.verdict_indexes.append(index)
        complete = complete or body.startswith("Done exporting Packer logs")
        if story.script_exit_code is None and "non-zero exit status" in body:
            found = _SCRIPT_EXIT_STATUS.search(body)
            if found:
                story.script_exit_code = int(found["code"])
                story.verdict_indexes.append(index)
        before = line.time or before
    _set_outcome(story, ended_well, complete)
    _end_run(story, len(story.lines), before, "running" if story.outcome in ("running", "unknown") else "ended")
    _finalize_failed_run(story)
    return story


def _update_phase(build: Build, line: LogLine) -> None:
    if line.source != "output" and line.component is None and "WinRM" not in line.body and "SSH" not in line.body:
        return
    for phase, marks in _PHASE_PREFIXES:
        if line.body.startswith(marks):
            build.phase = phase
    if "WinRM" in line.body:
        build.os = build.os or "windows"
    elif line.body.startswith(
        ("Waiting for SSH", "Connected to SSH", "Provisioning with shell", "[INFO] Waiting for SSH")
    ):
        build.os = build.os or "linux"


def _detect_provisioner_start(build: Build, line: LogLine) -> str | None:
    """The provisioner that begins with this line, by what Packer prints."""
    if line.source != "output":
        return None
    body = line.body
    current = build.runs[-1] if build.runs and build.runs[-1].state == "running" else None
    if body.startswith("Provisioning with "):
        kind = "shell" if body.startswith("Provisioning with shell") else "powershell"
        if kind == "powershell":
            build.os = build.os or "windows"
        first = body.startswith("Provisioning with Powershell")
        continues = current and current.name == kind and kind == "powershell" and not first
        return None if continues else kind
    if body.startswith("Restarting Machine"):
        return "windows-restart"
    if body.startswith(("Uploading the Windows update", "Running Windows update")):
        return None if current and current.name == "windows-update" else "windows-update"
    if body.startswith("Uploading ") and " => " in body:
        return "file"
    return None


def _read_telemetry(build: Build, body: str, line: LogLine, index: int, previous_time: datetime | None) -> str | None:
    found = _TELEMETRY.search(body) if "(telemetry)" in body else None
    if found is None:
        return None
    if found["what"] != "ending":
        return str(found["name"])
    if build.runs and build.runs[-1].name == found["name"]:
        _end_run(build, index, line.time or previous_time)
    return None


def _record_exit_code(build: Build, line: LogLine) -> None:
    """Notes the exit code of the provisioner's own command; Packer's clean-up commands after it do not count."""
    body = line.body
    if "xited with" not in body or not build.runs or "packer-cleanup" in body:
        return
    if body.startswith("[INFO] command '"):
        _, mark, code = body.rpartition("' exited with code: ")
    else:
        _, mark, rest = body.partition("Remote command exited with '")
        code = rest[: rest.find("'")]
    if mark and code.removeprefix("-").isdigit() and len(code) <= _MAX_EXIT_CODE_CHARS:
        build.runs[-1].exit_code = int(code)


def _end_run(
    build: Build, index: int, time: datetime | None, state: Literal["ended", "failed", "stopped", "running"] = "ended"
) -> None:
    if not build.runs:
        return
    run = build.runs[-1]
    if run.state == "running":
        run.end_index, run.ended_at, run.state = index, (None if state == "running" else time), state
    elif state == "failed" and run.state == "ended" and run.end_index >= 0:
        run.state = "failed"  # telemetry writes "ending" for a provisioner that failed, too


def _set_outcome(build: Build, has_succeeded: bool, is_complete: bool) -> None:
    if build.stop_index is not None:
        build.outcome = "canceled"
    elif build.verdict_indexes or build.step_failure_index is not None:
        build.outcome = "failed"
    elif has_succeeded:
        build.outcome = "succeeded"
    elif not is_complete and any(
        line.body.startswith(("[INFO] Packer version:", "Running builder ...")) for line in build.lines[:400]
    ):
        build.outcome = "running"
    if build.clean_up_index is not None and build.outcome == "succeeded":
        build.phase = "clean-up"


def _finalize_failed_run(build: Build) -> None:
    """Gives the failed provisioner the exit code of the verdict, and takes codes that came after a stop away."""
    run = build.failed_run
    if run is None:
        return
    if run.state == "stopped":
        run.exit_code = None
    elif run.state == "failed" and build.script_exit_code is not None:
        run.exit_code = build.script_exit_code
