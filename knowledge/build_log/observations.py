"""What a log shows without saying it: silence before a stop, the same lines over and over, a loop that never ended.

Each observation has an id that entries name in a signature (`observed:`), and the lines on which it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import re2

from knowledge.build_log.build import Build
from knowledge.model.diagnosis import LogGap
from knowledge.text.lines import LogLine

ObservationId = Literal[
    "stopped-after-silence",
    "stopped-while-repeating",
    "stopped-without-sign",
    "stopped-in-windows-update",
    "sysprep-loop",
]
OBSERVATION_IDS: tuple[str, ...] = get_args(ObservationId)

MIN_GAP_SECONDS = 600  # seconds
_MIN_GAP = timedelta(seconds=MIN_GAP_SECONDS)
_TAIL_LINES = 60
_MAX_REPEATED_FORMS = 4
_MIN_REPEATS = 10
_MIN_SYSPREP_CERTAIN = 60
_MIN_SYSPREP_LIKELY = 10
_NUMBER = re2.compile(r"[0-9a-fA-F]*\d[0-9a-fA-F]*")
_UNDEPLOYABLE = "IMAGE_STATE_UNDEPLOYABLE"
_GENERALIZED = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen, the lines that show it, and whether that is proof (`certain`) or stated grounds (`likely`)."""

    id: ObservationId
    lines: tuple[LogLine, ...]
    is_proof: bool = False
    seconds: int | None = None


def observe(build: Build) -> list[Observation]:
    """Everything that the build's lines show, in no order."""
    loop = _detect_sysprep_loop(build)
    seen = [loop] if loop else []
    if build.stop_index is None:
        return seen
    stop = build.lines[build.stop_index]
    before = [line for line in build.lines[: build.stop_index] if line.source != "echo"]
    run = build.failed_run
    start = (build.lines[run.start_index],) if run else ()
    if run and run.name == "windows-update":  # runs nothing of the template that could have broken the connection
        within = _compute_seconds(run.started_at, stop.time)
        if within is None or within >= MIN_GAP_SECONDS:
            seen.append(Observation("stopped-in-windows-update", (*start, *_find_last_output(before), stop)))
    gap = _compute_seconds(_find_last_time(before), stop.time)
    if gap is not None and gap >= MIN_GAP_SECONDS:
        return [*seen, Observation("stopped-after-silence", (*start, *before[-1:], stop), seconds=gap)]
    repeated = _find_repeated_lines(before)
    if repeated:
        return [*seen, Observation("stopped-while-repeating", (*start, *repeated, stop))]
    if run is None or run.name == "windows-update":  # nothing of the template ran: nothing can be said of a step
        return seen
    return [*seen, Observation("stopped-without-sign", (*start, stop))]


def find_longest_gap(build: Build) -> LogGap | None:
    """The longest silence before the build's end, when it lasted ten minutes or more."""
    longest: LogGap | None = None
    last: datetime | None = None
    number = 0
    for line in build.lines:
        time = line.time
        if time is None:
            continue
        if last is not None and time is not last and time - last >= _MIN_GAP:
            gap = int((time - last).total_seconds())
            if longest is None or gap > longest.seconds:
                longest = LogGap(gap, number)
        last, number = time, line.number
    return longest


def _detect_sysprep_loop(build: Build) -> Observation | None:
    states = [line for line in build.lines if line.source in ("output", "plain") and line.body.strip() == _UNDEPLOYABLE]
    done = any(line.body.strip() == _GENERALIZED for line in build.lines if line.source in ("output", "plain"))
    if done or len(states) < _MIN_SYSPREP_LIKELY:
        return None
    return Observation("sysprep-loop", (states[0], states[-1]), is_proof=len(states) >= _MIN_SYSPREP_CERTAIN)


def _find_repeated_lines(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The first and the last of the lines that make up the end of the run, when they are the same few over and over."""
    tail = [line for line in lines[-_TAIL_LINES:] if line.body.strip()]
    forms = Counter(_NUMBER.sub("0", line.body) for line in tail)
    common = forms.most_common(_MAX_REPEATED_FORMS)
    if len(tail) < 2 * _MIN_REPEATS or sum(count for _, count in common) < 0.9 * len(tail):
        return ()
    wanted = common[0][0]
    same = [line for line in tail if _NUMBER.sub("0", line.body) == wanted]
    return (same[0], same[-1]) if len(same) >= _MIN_REPEATS else ()


def _find_last_output(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The last line that the step itself printed before the stop."""
    return next(((line,) for line in reversed(lines) if line.source == "output" and line.body.strip()), ())


def _find_last_time(lines: Sequence[LogLine]) -> datetime | None:
    return next((line.time for line in reversed(lines) if line.time), None)


def _compute_seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if begin and end else None
