"""The runs of the sandbox's templates over time: which run is the last, its status, and how much of its log exists."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

from bot.sandbox.builds.log_context import LogContext, fill_placeholders
from bot.sandbox.builds.log_steps import run_steps
from bot.sandbox.builds.log_writer import BuildLogWriter
from bot.sandbox.builds.scenario import LogName, RunSpec, TemplateSpec

_BEFORE_LOG = timedelta(seconds=190)  # the service fills the staging group before it starts Packer
_AFTER_LOG = timedelta(seconds=16)
_BETWEEN_LOGS = timedelta(seconds=75)
_MAX_LISTED_RUNS = 3
_QUEUED = timedelta(seconds=90)  # how long a run has the sub-state Queued, before it has Building to its end
_CANCELING = timedelta(seconds=60)  # how long a canceled run is being canceled
_NO_TIME = "0001-01-01T00:00:00Z"  # what Image Builder, written in Go, returns for a time that isn't set yet
_NANOSECONDS = ("417", "42", "4")  # Go drops trailing zeros, so times have seven to nine digits


@dataclass(frozen=True, slots=True)
class TimedLog:
    """A complete log, with the offset and the time at which each of its lines ends."""

    content: bytes
    line_ends: Sequence[int]
    line_times: Sequence[datetime]

    def compute_size(self, now: datetime) -> int:
        """Return how many bytes have been written at `now`."""
        lines = bisect_right(self.line_times, now)
        return self.line_ends[lines - 1] if lines else 0

    def find_last_modified(self, now: datetime) -> datetime:
        """Return when the last of the bytes that exist at `now` was written."""
        return self.line_times[max(0, bisect_right(self.line_times, now) - 1)]


@dataclass
class TemplateRun:
    """One run of a template.

    Attributes:
        template: The template.
        spec: How the run goes.
        cycle: The number of the run: 0 for the last one when the sandbox started, negative for older ones.
        started_at: When the run starts.
        ended_at: When the run ends, which may be in the future.
    """

    template: TemplateSpec
    spec: RunSpec
    cycle: int
    started_at: datetime
    ended_at: datetime
    _logs: dict[LogName, TimedLog] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def log_folder(self) -> str:
        """Return the folder of the run's logs in the container."""
        return self.template.derive_guid("folder", self.cycle)

    def build_status(self, now: datetime) -> dict[str, str]:
        """Build the `lastRunStatus` that Resource Manager reports at `now`."""
        state = self.find_state(now)
        status = {"startTime": format_nanoseconds(self.started_at), "endTime": _NO_TIME, "runState": state}
        if state == "Running":
            sub_state = "Queued" if now < self.started_at + _QUEUED else "Building"
            return status | {"runSubState": sub_state, "message": ""}
        if state == "Canceling":
            return status | {"message": "Canceling image build"}
        message = fill_placeholders(self.spec.message, self.template, self.cycle)
        return status | {"endTime": format_nanoseconds(self.ended_at), "message": message}

    def find_state(self, now: datetime) -> str:
        """Return the run's state at `now`, as Azure names it."""
        if now >= self.ended_at:
            return self.spec.state
        return "Canceling" if self.spec.state == "Canceled" and now >= self.ended_at - _CANCELING else "Running"

    def get_logs(self) -> dict[LogName, TimedLog]:
        """Return the run's complete logs by file name; the first call generates them, which can take a second."""
        with self._lock:  # called from threads: requests for the same log must not generate it twice
            if self.spec.logs and not self._logs:
                self._logs = _write_logs(self.template, self.spec, self.cycle, self.started_at + _BEFORE_LOG)
            return self._logs


class RunHistory:
    """All runs of one template."""

    def __init__(self, template: TemplateSpec, sandbox_started_at: datetime) -> None:
        self.template = template
        self._sandbox_started_at = sandbox_started_at
        self._runs_by_cycle: dict[int, TemplateRun] = {}
        self._run_length: timedelta | None = None

    def list_runs(self, now: datetime) -> list[TemplateRun]:
        """Return the runs that have started by `now` and whose logs still exist, newest first."""
        spec = self.template.last_run
        if spec is None:
            return []
        if spec.repeat_minutes is None:
            last_ended_at = self._sandbox_started_at - timedelta(hours=spec.ended_hours_ago)
            return [
                self._get_run(spec, -index, last_ended_at - timedelta(hours=hours))
                for index, hours in enumerate((0, *spec.earlier_run_hours))
            ]
        interval = timedelta(minutes=spec.repeat_minutes)
        first_started_at = self._sandbox_started_at - timedelta(minutes=spec.started_minutes_ago)
        newest = int((now - first_started_at) // interval)
        length = self._compute_run_length(spec)
        return [
            self._get_run(spec, cycle, first_started_at + cycle * interval + length)
            for cycle in range(newest, newest - _MAX_LISTED_RUNS, -1)
        ]

    def _get_run(self, spec: RunSpec, cycle: int, ended_at: datetime) -> TemplateRun:
        if cycle not in self._runs_by_cycle:
            started_at = ended_at - self._compute_run_length(spec)
            self._runs_by_cycle[cycle] = TemplateRun(self.template, spec, cycle, started_at, ended_at)
            # a sandbox that runs for days would otherwise keep the logs of every run in memory
            for old_cycle in sorted(self._runs_by_cycle)[: -2 * _MAX_LISTED_RUNS]:
                del self._runs_by_cycle[old_cycle]
        return self._runs_by_cycle[cycle]

    def _compute_run_length(self, spec: RunSpec) -> timedelta:
        if spec.duration_minutes is not None:
            return timedelta(minutes=spec.duration_minutes)
        if self._run_length is None:
            logs = _write_logs(self.template, spec, 0, self._sandbox_started_at + _BEFORE_LOG)
            last_line_at = max(log.line_times[-1] for log in logs.values())
            self._run_length = last_line_at + _AFTER_LOG - self._sandbox_started_at
        return self._run_length


def _write_logs(template: TemplateSpec, spec: RunSpec, cycle: int, starts_at: datetime) -> dict[LogName, TimedLog]:
    logs: dict[LogName, TimedLog] = {}
    now = starts_at
    for name, steps in spec.logs.items():
        log = BuildLogWriter(spec.log_format, template.derive_guid("operation", cycle), now)
        run_steps(LogContext(log, template, cycle, now), steps)
        logs[name] = _build_timed_log(log)
        now = log.now + _BETWEEN_LOGS
    return logs


def _build_timed_log(log: BuildLogWriter) -> TimedLog:
    lines = [f"{line}\n".encode() for line in log.lines]
    return TimedLog(b"".join(lines), list(accumulate(map(len, lines))), log.line_times)


def format_nanoseconds(moment: datetime) -> str:
    """Format a time as Image Builder does, to the nanosecond; `datetime` has only microseconds."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}{_NANOSECONDS[moment.second % len(_NANOSECONDS)]}Z"
