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

from knowledge.model.diagnosis import Outcome, ProvisionerRun
from knowledge.text.lines import Line, iso

BuildPhase = Literal["prepare", "deploy", "connect", "customize", "deprovision", "capture", "clean-up"]

_SCRIPT_VERDICT = re2.compile(r"(?i)script exited with non-zero exit status: ?(?P<code>-?\d{1,10})")
_TELEMETRY = re2.compile(r"\(telemetry\) (?P<what>Starting provisioner|ending) (?P<name>[\w.-]+)")
_PHASES: tuple[tuple[BuildPhase, tuple[str, ...]], ...] = (
    ("prepare", ("Running builder ...",)),
    ("deploy", ("Getting source image id", "Validating deployment template", "Creating resource group")),
    ("connect", ("Getting the VM's IP address", "Waiting for WinRM", "Waiting for SSH")),
    ("customize", ("Provisioning with", "Connected to WinRM", "Connected to SSH", "Uploading ")),
    ("deprovision", (">>> Waiting for GA Service", ">>> Sysprepping VM")),
    ("capture", ("Querying the machine's properties", "Powering off machine", "Snapshotting OS disk")),
)
_FIRST_LETTERS = frozenset(">BCDEGPQRSUVW")
"""What a line begins with that tells anything, but for those that hold a provisioner's exit, WinRM or SSH."""
_LONGEST_CODE = 10
_CLEAN_UP = ("Deleting Virtual Machine deployment", "Deleting individual resources", "Deleting KeyVault created")
_STEP_FAILED = "Provisioning step had errors"
_STOPPED = "Cancelling build after receiving"
_STOPPED_WORDS = (
    "Cancelling build after receiving",
    "Cleanly cancelled builds",
    "Cancelling builder after context",
    "Cancelling provision",
)


@dataclass(slots=True)
class Run:
    """A provisioner while it is being read; indexes point into the story's lines."""

    name: str
    begins: int
    started: datetime | None
    ends: int = -1
    ended: datetime | None = None
    code: int | None = None
    state: Literal["ended", "failed", "stopped", "running"] = "running"


@dataclass(slots=True)
class Story:
    """What one build's lines tell. Indexes point into `lines`, which is the last build of the input."""

    lines: Sequence[Line]
    runs: list[Run] = field(default_factory=list)
    outcome: Outcome = "unknown"
    phase: BuildPhase | None = None
    os: str | None = None
    stopped_at: int | None = None
    step_failed_at: int | None = None
    clean_up_at: int | None = None
    verdicts: list[int] = field(default_factory=list)
    script_code: int | None = None

    @property
    def failed_run(self) -> Run | None:
        """The provisioner that failed, was stopped, or is still running."""
        return next((run for run in reversed(self.runs) if run.state != "ended"), None)

    @property
    def trouble(self) -> range:
        """The lines in which the cause is to be looked for: from the failed step's start to the verdict or the stop."""
        last = min(
            (at for at in (self.step_failed_at, self.stopped_at, self.clean_up_at) if at is not None),
            default=len(self.lines),
        )
        run = self.failed_run
        return range(run.begins if run else 0, min(last + 1, len(self.lines)))

    def timeline(self) -> tuple[ProvisionerRun, ...]:
        """The provisioners as the diagnosis shows them."""
        return tuple(
            ProvisionerRun(
                provisioner=run.name,
                started=iso(run.started),
                ended=iso(run.ended),
                seconds=int((run.ended - run.started).total_seconds()) if run.started and run.ended else None,
                exit_code=run.code,
                line=self.lines[run.begins].number,
                state=run.state,
            )
            for run in self.runs
        )


def last_build(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines of the last build, when a file holds several."""
    begins, run = 0, None
    for index, line in enumerate(lines):
        another = line.run is not None and run is not None and line.run != run
        if another or (line.component is None and line.prefixed and line.body.startswith("[INFO] Packer version:")):
            begins = index
        run = line.run or run
    return lines[begins:] if begins else lines


def read_story(lines: Sequence[Line]) -> Story:
    """The story of the last build in `lines`, which are the lines of a build log or of a part of one."""
    story = Story(last_build(lines))
    telemetry = any("(telemetry) Starting provisioner" in line.body for line in story.lines)
    ended_well = complete = False
    before: datetime | None = None
    for index, line in enumerate(story.lines):
        body = line.body
        if line.source == "echo":
            before = line.time or before
            continue
        if not (
            body[:1] in _FIRST_LETTERS
            or line.source == "verdict"
            or telemetry
            or "xit" in body
            or "WinRM" in body
            or "SSH" in body
        ):
            before = line.time or before
            continue
        over = story.stopped_at is not None or story.step_failed_at is not None or story.clean_up_at is not None
        if not over:
            _phase(story, line)
            name = _telemetry(story, body, line, index, before) if telemetry else _begins(story, line)
            if name:
                _close(story, index, before)
                story.runs.append(Run(name, index, line.time or before))
            _exit_code(story, line)
        if body.startswith(_STEP_FAILED) and story.step_failed_at is None and story.stopped_at is None:
            story.step_failed_at = index
            _close(story, index, line.time or before, "failed")
        elif not (over or story.verdicts) and body.startswith(_STOPPED_WORDS):
            story.stopped_at = index
            _close(story, index, line.time or before, "stopped")
        elif line.source == "output" and body.startswith(_CLEAN_UP) and story.clean_up_at is None:
            story.clean_up_at = index
            _close(story, index, line.time or before)
        if line.source == "verdict" or body.startswith("Build 'azure-arm"):
            if (
                " errored" in body
                or "Some builds didn't" in body
                or ",error " in body
                or body.startswith("Script exited")
            ):
                story.verdicts.append(index)
            ended_well = ended_well or (body.startswith("Build '") and " finished after" in body)
        elif body.startswith('Error: Failed to prepare build: "azure-arm"'):
            story.verdicts.append(index)
        complete = complete or body.startswith("Done exporting Packer logs")
        if story.script_code is None and "non-zero exit status" in body:
            found = _SCRIPT_VERDICT.search(body)
            if found:
                story.script_code = int(found["code"])
                story.verdicts.append(index)
        before = line.time or before
    _outcome(story, ended_well, complete)
    _close(story, len(story.lines), before, "running" if story.outcome in ("running", "unknown") else "ended")
    _settle_failed_run(story)
    return story


def _phase(story: Story, line: Line) -> None:
    if line.source != "output" and line.component is None and "WinRM" not in line.body and "SSH" not in line.body:
        return
    for phase, marks in _PHASES:
        if line.body.startswith(marks):
            story.phase = phase
    if "WinRM" in line.body:
        story.os = story.os or "windows"
    elif line.body.startswith(
        ("Waiting for SSH", "Connected to SSH", "Provisioning with shell", "[INFO] Waiting for SSH")
    ):
        story.os = story.os or "linux"


def _begins(story: Story, line: Line) -> str | None:
    """The provisioner that begins with this line, by what Packer prints."""
    if line.source != "output":
        return None
    body = line.body
    current = story.runs[-1] if story.runs and story.runs[-1].state == "running" else None
    if body.startswith("Provisioning with "):
        kind = "shell" if body.startswith("Provisioning with shell") else "powershell"
        if kind == "powershell":
            story.os = story.os or "windows"
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


def _telemetry(story: Story, body: str, line: Line, index: int, before: datetime | None) -> str | None:
    found = _TELEMETRY.search(body) if "(telemetry)" in body else None
    if found is None:
        return None
    if found["what"] != "ending":
        return str(found["name"])
    if story.runs and story.runs[-1].name == found["name"]:
        _close(story, index, line.time or before)
    return None


def _exit_code(story: Story, line: Line) -> None:
    """Notes the exit code of the provisioner's own command; Packer's clean-up commands after it do not count."""
    body = line.body
    if "xited with" not in body or not story.runs or "packer-cleanup" in body:
        return
    if body.startswith("[INFO] command '"):
        _, mark, code = body.rpartition("' exited with code: ")
    else:
        _, mark, rest = body.partition("Remote command exited with '")
        code = rest[: rest.find("'")]
    if mark and code.removeprefix("-").isdigit() and len(code) <= _LONGEST_CODE:
        story.runs[-1].code = int(code)


def _close(
    story: Story, index: int, time: datetime | None, state: Literal["ended", "failed", "stopped", "running"] = "ended"
) -> None:
    if not story.runs:
        return
    run = story.runs[-1]
    if run.state == "running":
        run.ends, run.ended, run.state = index, (None if state == "running" else time), state
    elif state == "failed" and run.state == "ended" and run.ends >= 0:
        run.state = "failed"  # telemetry writes "ending" for a provisioner that failed, too


def _outcome(story: Story, ended_well: bool, complete: bool) -> None:
    if story.stopped_at is not None:
        story.outcome = "canceled"
    elif story.verdicts or story.step_failed_at is not None:
        story.outcome = "failed"
    elif ended_well:
        story.outcome = "succeeded"
    elif not complete and any(
        line.body.startswith(("[INFO] Packer version:", "Running builder ...")) for line in story.lines[:400]
    ):
        story.outcome = "running"
    if story.clean_up_at is not None and story.outcome == "succeeded":
        story.phase = "clean-up"


def _settle_failed_run(story: Story) -> None:
    """Gives the failed provisioner the exit code of the verdict, and takes codes that came after a stop away."""
    run = story.failed_run
    if run is None:
        return
    if run.state == "stopped":
        run.code = None
    elif run.state == "failed" and story.script_code is not None:
        run.code = story.script_code
