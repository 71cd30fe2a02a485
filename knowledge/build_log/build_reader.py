"""Read the lines of a build log into a `Build`: its phase, provisioner runs, failure, verdict and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from knowledge.build_log.build import Build, BuildPhase, ProvisionerRun, ProvisionerState
from knowledge.build_log.provisioner_runs import (
    detect_start,
    end_run,
    finalize_failed_run,
    is_failure_code,
    parse_exit_code,
    read_telemetry,
    record_exit_code,
)
from knowledge.build_log.stages import begin_clean_up, finish_stages, follow_phase, forget_late_stages, stop_stage
from knowledge.patterns import define_text_pattern
from knowledge.text.lines import LogLine

_SCRIPT_EXIT_STATUS = define_text_pattern(r"(?i)script exited with non-zero exit status: ?(?P<code>-?\d{1,10})")
_TELEMETRY_START = "(telemetry) Starting provisioner"
_PHASE_PREFIXES: tuple[tuple[BuildPhase, tuple[str, ...]], ...] = (
    ("prepare", ("Running builder ...",)),
    (
        "deploy",
        (
            "Getting source image id",
            "Validating deployment template",
            "Deploying deployment template",
            "Creating resource group",
        ),
    ),
    ("connect", ("Getting the VM's IP address", "Waiting for WinRM", "Waiting for SSH")),
    ("customize", ("Provisioning with", "Connected to WinRM", "Connected to SSH", "Uploading ")),
    ("deprovision", (">>> Waiting for GA Service", ">>> Sysprepping VM")),
    (
        "capture",
        (
            "Querying the machine's properties",
            "Powering off machine",
            "Generalizing machine",
            "Capturing image",
            "Snapshotting OS disk",
            "Taking snapshot of OS disk",
            "Publishing to Shared Image Gallery",
        ),
    ),
)
_ANY_PHASE_PREFIX = tuple(prefix for _, prefixes in _PHASE_PREFIXES for prefix in prefixes)
_PHASES_BY_FIRST_CHAR = {
    first: [(prefix, phase) for phase, prefixes in _PHASE_PREFIXES for prefix in prefixes if prefix[0] == first]
    for first in {prefix[0] for prefix in _ANY_PHASE_PREFIX}
}
_LINUX_PREFIXES = ("Waiting for SSH", "Connected to SSH", "Provisioning with shell", "[INFO] Waiting for SSH")
_CLEAN_UP_PREFIXES = (
    "Deleting Virtual Machine deployment",
    "Deleting individual resources",
    "Deleting KeyVault created",
)
_EXIT_STATUS = "non-zero exit status"
_VERDICT_PREFIXES = ("Build 'azure-arm", 'Error: Failed to prepare build: "azure-arm"', "Done exporting Packer logs")
_STEP_FAILED_PREFIX = "Provisioning step had errors"
_STOP_PREFIXES = (
    "Cancelling build after receiving",
    "Cleanly cancelled builds",
    "Cancelling builder after context",
    "Cancelling provision",
)
_END_PREFIXES = (_STEP_FAILED_PREFIX, *_STOP_PREFIXES, *_CLEAN_UP_PREFIXES)
_SIGNIFICANT_PREFIXES = (
    *_ANY_PHASE_PREFIX,
    "Restarting Machine",
    "Running Windows update",
    *_END_PREFIXES,
    *_VERDICT_PREFIXES,
)
_SIGNIFICANT_FIRST_CHARS = frozenset(prefix[0] for prefix in _SIGNIFICANT_PREFIXES)
"""How the lines that say anything about the build start, except those with an exit code, WinRM, or SSH."""
_BUILD_START_PREFIX = "[INFO] Packer version:"
_LIVE_LOG_PREFIXES = (_BUILD_START_PREFIX, "Running builder ...")
_MAX_HEAD_LINES = 400


def find_last_build(lines: Sequence[LogLine]) -> Sequence[LogLine]:
    """Return the lines of the last build in `lines`; `lines` itself when there is only one."""
    start, run_id = 0, None
    # Unpacking each line is faster than reading its fields one by one.
    for index, (_, _, body, _, line_run_id, is_prefixed, component) in enumerate(lines):
        if line_run_id is not run_id and line_run_id:
            if run_id is not None and line_run_id != run_id:
                start = index
            run_id = line_run_id
        # A plugin prints a Packer version, too: only the one without a component starts a build.
        if component is None and is_prefixed and body.startswith(_BUILD_START_PREFIX):
            start = index
    return lines[start:] if start else lines


def read_build(lines: Sequence[LogLine]) -> Build:
    """Read the last build in `lines`, which are a build log or a part of one."""
    reader = _BuildReader(find_last_build(lines))
    has_telemetry = reader.has_telemetry
    previous_time: datetime | None = None
    for index, line in enumerate(reader.build.lines):
        _, source, body, time, _, _, _ = line
        # Nearly all lines fail this test, so it's kept outside the reader.
        if source != "echo" and (
            (body[:1] in _SIGNIFICANT_FIRST_CHARS and body.startswith(_SIGNIFICANT_PREFIXES))
            or source == "verdict"
            or has_telemetry
            or "xit" in body
            or "WinRM" in body
            or "SSH" in body
        ):
            reader.read(index, line, previous_time)
        previous_time = time or previous_time
    return reader.finish(previous_time)


class _BuildReader:
    """A build while its lines are being read."""

    __slots__ = ("build", "has_exit_code", "has_succeeded", "has_telemetry", "is_complete")

    def __init__(self, lines: Sequence[LogLine]) -> None:
        self.build = Build(lines)
        self.has_telemetry = any(_TELEMETRY_START in line.body for line in lines)
        self.has_succeeded = False
        self.has_exit_code = False
        self.is_complete = False

    def read(self, index: int, line: LogLine, previous_time: datetime | None) -> None:
        """Read the significant line at `index`; `previous_time` is the last time before it."""
        build, body = self.build, line.body
        code = parse_exit_code(body) if "xited with" in body else None
        is_over = (
            build.stop_index is not None or build.step_failure_index is not None or build.clean_up_index is not None
        )
        if not is_over:
            self._update_timeline(index, line, previous_time)
            if code is not None:
                record_exit_code(build, code)
        if body.startswith(_END_PREFIXES):
            self._record_end(index, line, previous_time, is_over)
        if line.source == "verdict" or body.startswith(_VERDICT_PREFIXES) or _EXIT_STATUS in body:
            self._record_verdict(index, line)
        if is_failure_code(code):
            self._record_late_exit_code(index, code)

    def finish(self, last_time: datetime | None) -> Build:
        """Return the build after its last line, whose time is `last_time`, has been read."""
        build = self.build
        _set_outcome(build, self.has_succeeded, self.is_complete)
        state: ProvisionerState = "running" if build.outcome in ("running", "unknown") else "ended"
        end_run(build, len(build.lines), last_time, state)
        finalize_failed_run(build)
        finish_stages(build, last_time)
        return build

    def _update_timeline(self, index: int, line: LogLine, previous_time: datetime | None) -> None:
        build = self.build
        tells_phase = _update_phase(build, line)
        if tells_phase:
            follow_phase(build, index, line.time or previous_time)
        name = read_telemetry(build, line, index, previous_time) if self.has_telemetry else detect_start(build, line)
        if name:
            # A run ends at the time of the line before: Packer does not print when a provisioner ends.
            end_run(build, index, previous_time)
            forget_late_stages(build, line.time or previous_time)
            build.runs.append(ProvisionerRun(name, index, line.time or previous_time))
        elif tells_phase and build.phase == "capture" and line.source == "output":
            end_run(build, index, previous_time)

    def _record_end(self, index: int, line: LogLine, previous_time: datetime | None, is_over: bool) -> None:
        """Note where the step failed, where the build was stopped, and where Packer starts to clean up."""
        build = self.build
        body = line.body
        stop_stage(build, line.time or previous_time)
        if body.startswith(_STEP_FAILED_PREFIX) and build.step_failure_index is None and build.stop_index is None:
            build.step_failure_index = index
            end_run(build, index, line.time or previous_time, "failed")
        elif self._can_stop(is_over) and body.startswith(_STOP_PREFIXES):
            build.stop_index = index
            end_run(build, index, line.time or previous_time, "stopped")
        elif line.source == "output" and body.startswith(_CLEAN_UP_PREFIXES) and build.clean_up_index is None:
            build.clean_up_index = index
            end_run(build, index, line.time or previous_time)
            begin_clean_up(build, index, line.time or previous_time)

    def _can_stop(self, is_over: bool) -> bool:
        """Return whether a line may say that the build was stopped.

        Packer cleans up while its plugins are still being stopped, so a log's last lines may show the cleanup first.
        """
        build = self.build
        is_cut = not build.runs and build.phase is None and not self.has_succeeded and build.stop_index is None
        return not build.verdict_indexes and (not is_over or (is_cut and build.step_failure_index is None))

    def _record_verdict(self, index: int, line: LogLine) -> None:
        """Note the lines that say how the build ended, and the exit code that they give for the script."""
        build = self.build
        body = line.body
        if line.source == "verdict" or body.startswith("Build 'azure-arm"):
            if (
                " errored" in body
                or "Some builds didn't" in body
                or ",error " in body
                or body.startswith("Script exited")
            ):
                build.verdict_indexes.append(index)
            self.has_succeeded = self.has_succeeded or (body.startswith("Build '") and "' finished" in body)
        elif body.startswith('Error: Failed to prepare build: "azure-arm"'):
            build.verdict_indexes.append(index)
        self.is_complete = self.is_complete or body.startswith("Done exporting Packer logs")
        if build.script_exit_code is None and _EXIT_STATUS in body:
            match = _SCRIPT_EXIT_STATUS.search(body)
            if match:
                build.script_exit_code = int(match["code"])
                build.verdict_indexes.append(index)

    def _record_late_exit_code(self, index: int, code: int | None) -> None:
        """Note the failed command's exit code where it follows the step's failure: the two are written separately."""
        build = self.build
        if build.step_failure_index is not None and not self.has_exit_code and build.script_exit_code is None:
            build.script_exit_code = code
            build.verdict_indexes.append(index)
        self.has_exit_code = True


def _update_phase(build: Build, line: LogLine) -> bool:
    """Note the phase and the system that a line tells, and return whether it tells the phase."""
    body = line.body
    has_winrm = "WinRM" in body
    if line.source != "output" and line.component is None and not has_winrm and "SSH" not in body:
        return False
    tells_phase = False
    for prefix, phase in _PHASES_BY_FIRST_CHAR.get(body[:1], ()):
        if body.startswith(prefix):
            build.phase, tells_phase = phase, True
            break
    if has_winrm:
        build.os = build.os or "windows"
    elif body.startswith(_LINUX_PREFIXES):
        build.os = build.os or "linux"
    return tells_phase


def _set_outcome(build: Build, has_succeeded: bool, is_complete: bool) -> None:
    build.has_start = any(line.body.startswith(_LIVE_LOG_PREFIXES) for line in build.lines[:_MAX_HEAD_LINES])
    if build.stop_index is not None:
        build.outcome = "canceled"
    elif build.verdict_indexes or build.step_failure_index is not None:
        build.outcome = "failed"
    elif has_succeeded:
        build.outcome = "succeeded"
    elif not is_complete and build.has_start:
        build.outcome = "running"
    if build.clean_up_index is not None and build.outcome == "succeeded":
        build.phase = "clean-up"
