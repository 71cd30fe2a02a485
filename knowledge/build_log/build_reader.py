"""Read the lines of a build log into a `Build`: its phase, provisioner runs, failure, verdict and outcome."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from knowledge.build_log.build import Build, ProvisionerRun, ProvisionerState
from knowledge.build_log.build_marks import MARKS_BY_START, START_CHARS, BuildEnd, BuildMark, find_mark
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
from knowledge.text.lines import LineSource, LogLine
from knowledge.text.log_lines import LogLines

_SCRIPT_EXIT_STATUS = re.compile(r"script exited with non-zero exit status: ?(?P<code>-?\d{1,10})", re.I | re.A)
_TELEMETRY_START = "(telemetry) Starting provisioner"
_LINUX_PREFIXES = ("Waiting for SSH", "Connected to SSH", "Provisioning with shell", "[INFO] Waiting for SSH")
_EXIT_STATUS = "non-zero exit status"
_BUILD_START_PREFIX = "[INFO] Packer version:"
_LIVE_LOG_PREFIXES = (_BUILD_START_PREFIX, "Running builder ...")
_MAX_HEAD_LINES = 400


def find_last_build(lines: LogLines) -> LogLines:
    """Return the lines of the last build in `lines`; `lines` itself when there is only one."""
    start = 0
    if len({line[4] for line in lines} - {None, ""}) > 1:
        run_ids = [(line.run_id, index) for index, line in enumerate(lines) if line.run_id]
        start = max(index for (run_id, _), (next_id, index) in pairwise(run_ids) if next_id != run_id)
    if _BUILD_START_PREFIX in lines.text:
        for index, (_, _, body, _, _, is_prefixed, component) in enumerate(lines):
            # A plugin prints a Packer version, too: only the one without a component starts a build.
            if component is None and is_prefixed and body.startswith(_BUILD_START_PREFIX):
                start = max(start, index)
    return LogLines(lines[start:]) if start else lines


def read_build(log_lines: Sequence[LogLine]) -> Build:
    """Read the last build in `log_lines`, which are a build log or a part of one."""
    reader = _BuildReader(find_last_build(log_lines if isinstance(log_lines, LogLines) else LogLines(log_lines)))
    lines = reader.build.lines
    # Otherwise a line without a mark only tells how a command ended.
    may_tell_more = reader.has_telemetry or reader.names_connection
    previous_time, begin = None, 0
    for index, mark in reader.list_significant():
        line = lines[index]
        if mark is None and line.source != "verdict" and not (may_tell_more and reader.tells_more(line.body)):
            reader.read_exit(index, line)
        else:
            if index:  # nearly always, the line before has a time
                previous_time = lines[index - 1].time or _find_last_time(lines, begin, index) or previous_time
            begin = index
            reader.read(index, line, mark, previous_time)
    return reader.finish(_find_last_time(lines, begin, len(lines)) or previous_time)


def _find_last_time(lines: LogLines, begin: int, end: int) -> datetime | None:
    """Return the last time from the line at `begin` to the one before `end`; `None` if they have none."""
    for index in range(end - 1, begin - 1, -1):
        if time := lines[index].time:
            return time
    return None


class _BuildReader:
    """A build while its lines are being read."""

    __slots__ = ("build", "has_exit_code", "has_succeeded", "has_telemetry", "is_complete", "names_connection")

    def __init__(self, lines: LogLines) -> None:
        text = lines.text
        self.build = Build(lines)
        self.has_telemetry = _TELEMETRY_START in text
        self.names_connection = "WinRM" in text or "SSH" in text
        self.has_succeeded = False
        self.has_exit_code = False
        self.is_complete = False

    def list_significant(self) -> Sequence[tuple[int, BuildMark | None]]:
        """Return the indexes of the lines that may say anything about the build, which few do, with their marks."""
        pairs = enumerate(zip(self.build.lines.sources, self.build.lines.bodies, strict=True))
        if self.has_telemetry:
            return [(index, find_mark(body)) for index, (source, body) in pairs if source != "echo"]
        names_connection = self.names_connection
        return [
            (index, mark)
            for index, (source, body) in pairs
            if (
                (mark := find_mark(body) if body[:START_CHARS] in MARKS_BY_START else None) is not None
                or "xit" in body
                or source == "verdict"
                or (names_connection and ("WinRM" in body or "SSH" in body))
            )
            and source != "echo"
        ]

    def tells_more(self, body: str) -> bool:
        """Return whether a line without a mark tells more than how a command ended."""
        return self.has_telemetry or "WinRM" in body or "SSH" in body

    def read(self, index: int, line: LogLine, mark: BuildMark | None, previous_time: datetime | None) -> None:
        """Read the significant line at `index`; `previous_time` is the last time before it."""
        build, body = self.build, line.body
        code = parse_exit_code(body) if "xit" in body else None
        is_over = build.is_over
        if not is_over:
            self._update_timeline(index, line, mark, previous_time)
            if code is not None:
                record_exit_code(build, code)
        if mark is not None and mark.end is not None:
            self._record_end(index, line, mark.end, previous_time, is_over)
        if line.source == "verdict" or (mark is not None and mark.is_verdict) or _EXIT_STATUS in body:
            self._record_verdict(index, line.source, body)
        if code is not None and is_failure_code(code):
            self._record_late_exit_code(index, code)

    def read_exit(self, index: int, line: LogLine) -> None:
        """Read a line that tells how a command ended, and nothing else."""
        build, body = self.build, line.body
        code = parse_exit_code(body)
        if code is not None and not build.is_over:
            record_exit_code(build, code)
        if _EXIT_STATUS in body:
            self._record_verdict(index, line.source, body)
        if code is not None and is_failure_code(code):
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

    def _update_timeline(
        self, index: int, line: LogLine, mark: BuildMark | None, previous_time: datetime | None
    ) -> None:
        build, time = self.build, line.time or previous_time
        tells_phase = _update_phase(build, line, mark)
        if tells_phase:
            follow_phase(build, index, time)
        name = None
        if self.has_telemetry:
            name = read_telemetry(build, line, index, previous_time)
        elif mark is not None:
            name = detect_start(build, line)
        if name:
            # A run ends at the time of the line before: Packer does not print when a provisioner ends.
            end_run(build, index, previous_time)
            forget_late_stages(build, time)
            build.runs.append(ProvisionerRun(name, index, time))
        elif tells_phase and build.phase == "capture" and line.source == "output":
            end_run(build, index, previous_time)

    def _record_end(
        self, index: int, line: LogLine, end: BuildEnd, previous_time: datetime | None, is_over: bool
    ) -> None:
        """Note where the step failed, where the build was stopped, and where Packer starts to clean up."""
        build = self.build
        time = line.time or previous_time
        stop_stage(build, time)
        if end == "step-failed" and build.step_failure_index is None and build.stop_index is None:
            build.step_failure_index = index
            end_run(build, index, time, "failed")
        elif end == "stop" and self._can_stop(is_over):
            build.stop_index = index
            end_run(build, index, time, "stopped")
        elif end == "clean-up" and line.source == "output" and build.clean_up_index is None:
            build.clean_up_index = index
            end_run(build, index, time)
            begin_clean_up(build, index, time)

    def _can_stop(self, is_over: bool) -> bool:
        """Return whether a line may say that the build was stopped.

        Packer cleans up while its plugins are still being stopped, so a log's last lines may show the cleanup first.
        """
        build = self.build
        is_cut = not build.runs and build.phase is None and not self.has_succeeded and build.stop_index is None
        return not build.verdict_indexes and (not is_over or (is_cut and build.step_failure_index is None))

    def _record_verdict(self, index: int, source: LineSource, body: str) -> None:
        """Note the lines that say how the build ended, and the exit code that they give for the script."""
        build = self.build
        if source == "verdict" or body.startswith("Build 'azure-arm"):
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


def _update_phase(build: Build, line: LogLine, mark: BuildMark | None) -> bool:
    """Note the phase and the system that a line tells, and return whether it tells the phase."""
    body = line.body
    has_winrm = "WinRM" in body
    if line.source != "output" and line.component is None and not has_winrm and "SSH" not in body:
        return False
    phase = mark.phase if mark is not None else None
    build.phase = phase or build.phase
    if has_winrm:
        build.os = build.os or "windows"
    elif body.startswith(_LINUX_PREFIXES):
        build.os = build.os or "linux"
    return phase is not None


def _set_outcome(build: Build, has_succeeded: bool, is_complete: bool) -> None:
    if any(prefix in build.lines.text for prefix in _LIVE_LOG_PREFIXES):
        build.has_start = any(body.startswith(_LIVE_LOG_PREFIXES) for body in build.lines.bodies[:_MAX_HEAD_LINES])
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
