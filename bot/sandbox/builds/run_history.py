"""The runs of the sandbox's templates at any moment: which is the last, how far, and how much of its log is there."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.builds.log_context import LogContext, fill_placeholders
from bot.sandbox.builds.log_steps import run_steps
from bot.sandbox.builds.log_writer import BuildLogWriter
from bot.sandbox.builds.scenario import LogName, RunSpec, TemplateSpec

_BEFORE_LOG = timedelta(seconds=190)  # the staging group is filled before Packer starts
_AFTER_LOG = timedelta(seconds=16)
_BETWEEN_LOGS = timedelta(seconds=75)
_MAX_LISTED_RUNS = 3
_BUILDING_PHASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TimedLog:
    """A log with the moment at which each of its lines was written."""

    content: bytes
    line_ends: Sequence[int]
    line_times: Sequence[datetime]

    def compute_size(self, now: datetime) -> int:
        """How many bytes are written at `now`."""
        lines = bisect_right(self.line_times, now)
        return self.line_ends[lines - 1] if lines else 0

    def find_last_modified(self, now: datetime) -> datetime:
        """When the last of these bytes was written."""
        return self.line_times[max(0, bisect_right(self.line_times, now) - 1)]


@dataclass
class TemplateRun:
    """One run of a template. `cycle` is 0 for the last one at start, less for older, more for newer ones."""

    template: TemplateSpec
    spec: RunSpec
    cycle: int
    started_at: datetime
    ended_at: datetime
    _logs: dict[LogName, TimedLog] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def log_folder(self) -> str:
        """The folder of its logs within the container."""
        return self.template.derive_guid("folder", self.cycle)

    def build_status(self, now: datetime) -> dict[str, str]:
        """`lastRunStatus`, as Resource Manager reports it."""
        status = {"startTime": _format_nanoseconds(self.started_at)}
        if now < self.ended_at:
            building = self.spec.sub_state == "Building" or now < self.started_at + _BUILDING_PHASE
            return status | {"runState": "Running", "runSubState": "Building" if building else "Customizing"}
        message = fill_placeholders(self.spec.message, self.template, self.cycle)
        return status | {
            "endTime": _format_nanoseconds(self.ended_at),
            "runState": self.spec.state,
            "runSubState": self.spec.sub_state,
            "message": message,
        }

    def get_logs(self) -> dict[LogName, TimedLog]:
        """The run's logs by file name, whole; written when they are first asked for, which may take a second."""
        with self._lock:
            if self.spec.logs and not self._logs:
                self._logs = _write_logs(self.template, self.spec, self.cycle, self.started_at + _BEFORE_LOG)
            return self._logs


class RunHistory:
    """Every run of a template, as seen from a moment. `start`: when the sandbox started."""

    def __init__(self, template: TemplateSpec, sandbox_started_at: datetime) -> None:
        self.template = template
        self._sandbox_started_at = sandbox_started_at
        self._runs_by_cycle: dict[int, TemplateRun] = {}
        self._run_length: timedelta | None = None

    def list_runs(self, now: datetime) -> list[TemplateRun]:
        """The runs that have begun by `now` and whose logs are still there, the newest first."""
        run = self.template.last_run
        if run is None:
            return []
        if run.every is None:
            return [
                self._get_run(run, -n, self._sandbox_started_at - timedelta(hours=run.ended + h))
                for n, h in enumerate((0, *run.earlier))
            ]
        first = self._sandbox_started_at - timedelta(minutes=run.begun)
        newest = int((now - first) // timedelta(minutes=run.every))
        length = self._compute_run_length(run)
        return [
            self._get_run(run, cycle, first + cycle * timedelta(minutes=run.every) + length)
            for cycle in range(newest, newest - _MAX_LISTED_RUNS, -1)
        ]

    def _get_run(self, run: RunSpec, cycle: int, ended_at: datetime) -> TemplateRun:
        if cycle not in self._runs_by_cycle:
            self._runs_by_cycle[cycle] = TemplateRun(
                self.template, run, cycle, ended_at - self._compute_run_length(run), ended_at
            )
            for old in sorted(self._runs_by_cycle)[: -2 * _MAX_LISTED_RUNS]:
                del self._runs_by_cycle[old]
        return self._runs_by_cycle[cycle]

    def _compute_run_length(self, run: RunSpec) -> timedelta:
        if run.minutes is not None:
            return timedelta(minutes=run.minutes)
        if self._run_length is None:
            written = _write_logs(self.template, run, 0, self._sandbox_started_at + _BEFORE_LOG)
            last = max(log.line_times[-1] for log in written.values())
            self._run_length = last + _AFTER_LOG - self._sandbox_started_at
        return self._run_length


def _write_logs(template: TemplateSpec, run: RunSpec, cycle: int, starts_at: datetime) -> dict[LogName, TimedLog]:
    found: dict[LogName, TimedLog] = {}
    now = starts_at
    for name, acts in run.logs.items():
        log = BuildLogWriter(run.form, template.derive_guid("operation", cycle), now)
        run_steps(LogContext(log, template, cycle, now), acts)
        found[name] = _build_timed_log(log)
        now = log.now + _BETWEEN_LOGS
    return found


def _build_timed_log(log: BuildLogWriter) -> TimedLog:
    ends, size = [], 0
    encoded: list[Any] = [f"{line}\n".encode() for line in log.lines]
    for line in encoded:
        size += len(line)
        ends.append(size)
    return TimedLog(b"".join(encoded), ends, log.line_times)


def _format_nanoseconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "417Z"
