"""The runs of the sandbox's templates at any moment: which is the last, how far, and how much of its log is there."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.acts import play
from bot.sandbox.build_log import BuildLog
from bot.sandbox.scenario import LogName, Run, Template
from bot.sandbox.stage import Stage, fill

_BEFORE_LOG = timedelta(seconds=190)  # the staging group is filled before Packer starts
_AFTER_LOG = timedelta(seconds=16)
_BETWEEN_LOGS = timedelta(seconds=75)
_SHOWN_CYCLES = 3
_BUILDING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WrittenLog:
    """A log with the moment at which each of its lines was written."""

    content: bytes
    ends: Sequence[int]
    times: Sequence[datetime]

    def size(self, now: datetime) -> int:
        """How many bytes are written at `now`."""
        lines = bisect_right(self.times, now)
        return self.ends[lines - 1] if lines else 0

    def modified(self, now: datetime) -> datetime:
        """When the last of these bytes was written."""
        return self.times[max(0, bisect_right(self.times, now) - 1)]


@dataclass
class MadeRun:
    """One run of a template. `cycle` is 0 for the last one at start, less for older, more for newer ones."""

    template: Template
    run: Run
    cycle: int
    started: datetime
    ended: datetime
    _logs: dict[LogName, WrittenLog] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def folder(self) -> str:
        """The folder of its logs within the container."""
        return self.template.made_id("folder", self.cycle)

    def status(self, now: datetime) -> dict[str, str]:
        """`lastRunStatus`, as Resource Manager reports it."""
        status = {"startTime": _nanoseconds(self.started)}
        if now < self.ended:
            building = self.run.sub_state == "Building" or now < self.started + _BUILDING
            return status | {"runState": "Running", "runSubState": "Building" if building else "Customizing"}
        message = fill(self.run.message, self.template, self.cycle)
        return status | {
            "endTime": _nanoseconds(self.ended),
            "runState": self.run.state,
            "runSubState": self.run.sub_state,
            "message": message,
        }

    def logs(self) -> dict[LogName, WrittenLog]:
        """The run's logs by file name, whole; written when they are first asked for, which may take a second."""
        with self._lock:
            if self.run.logs and not self._logs:
                self._logs = _written(self.template, self.run, self.cycle, self.started + _BEFORE_LOG)
            return self._logs


class History:
    """Every run of a template, as seen from a moment. `start`: when the sandbox started."""

    def __init__(self, template: Template, start: datetime) -> None:
        self.template = template
        self._start = start
        self._known: dict[int, MadeRun] = {}
        self._length: timedelta | None = None

    def runs(self, now: datetime) -> list[MadeRun]:
        """The runs that have begun by `now` and whose logs are still there, the newest first."""
        run = self.template.run
        if run is None:
            return []
        if run.every is None:
            return [
                self._run(run, -n, self._start - timedelta(hours=run.ended + h))
                for n, h in enumerate((0, *run.earlier))
            ]
        first = self._start - timedelta(minutes=run.begun)
        newest = int((now - first) // timedelta(minutes=run.every))
        length = self._long(run)
        return [
            self._run(run, cycle, first + cycle * timedelta(minutes=run.every) + length)
            for cycle in range(newest, newest - _SHOWN_CYCLES, -1)
        ]

    def _run(self, run: Run, cycle: int, ended: datetime) -> MadeRun:
        if cycle not in self._known:
            self._known[cycle] = MadeRun(self.template, run, cycle, ended - self._long(run), ended)
            for old in sorted(self._known)[: -2 * _SHOWN_CYCLES]:
                del self._known[old]
        return self._known[cycle]

    def _long(self, run: Run) -> timedelta:
        if run.minutes is not None:
            return timedelta(minutes=run.minutes)
        if self._length is None:
            written = _written(self.template, run, 0, self._start + _BEFORE_LOG)
            last = max(log.times[-1] for log in written.values())
            self._length = last + _AFTER_LOG - self._start
        return self._length


def _written(template: Template, run: Run, cycle: int, begins: datetime) -> dict[LogName, WrittenLog]:
    found: dict[LogName, WrittenLog] = {}
    now = begins
    for name, acts in run.logs.items():
        log = BuildLog(run.form, template.made_id("operation", cycle), now)
        play(Stage(log, template, cycle, now), acts)
        found[name] = _timed(log)
        now = log.now + _BETWEEN_LOGS
    return found


def _timed(log: BuildLog) -> WrittenLog:
    ends, size = [], 0
    encoded: list[Any] = [f"{line}\n".encode() for line in log.lines]
    for line in encoded:
        size += len(line)
        ends.append(size)
    return WrittenLog(b"".join(encoded), ends, log.times)


def _nanoseconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "417Z"
