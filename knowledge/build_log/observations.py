"""Observe what a log shows without saying it: a silence before a stop, repeated lines, a loop that never ended.

Each observation has an id that the signatures of entries refer to (`observed:`), and the lines that show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from knowledge.build_log.build import Build
from knowledge.model.diagnosis import LogGap
from knowledge.patterns import define_text_pattern
from knowledge.text.lines import LogLine

ObservationId = Literal[
    "stopped-after-silence",
    "stopped-while-repeating",
    "stopped-without-sign",
    "stopped-in-windows-update",
    "sysprep-loop",
]
OBSERVATION_IDS: tuple[str, ...] = get_args(ObservationId)

MIN_GAP_SECONDS = 600
"""How long a log is silent before that tells anything."""
_MIN_GAP = timedelta(seconds=MIN_GAP_SECONDS)
_TAIL_LINES = 60
_MAX_REPEATED_FORMS = 4
_MIN_REPEATS = 10
_MIN_REPEATED_SHARE = 0.9
_MIN_SYSPREP_CERTAIN = 60
_MIN_SYSPREP_LIKELY = 10
_NUMBER = define_text_pattern(r"[0-9a-fA-F]*\d[0-9a-fA-F]*")
_UNDEPLOYABLE = "IMAGE_STATE_UNDEPLOYABLE"
_GENERALIZED = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"


class Observation(NamedTuple):
    """One thing that the log shows, and the lines that show it.

    `is_proof` is set where the lines prove the entry's cause, and not where they only make it likely. `seconds` is the
    length of a silence.
    """

    id: ObservationId
    lines: tuple[LogLine, ...]
    is_proof: bool = False
    seconds: int | None = None


def observe(build: Build) -> list[Observation]:
    """Return all observations about the build, in no particular order."""
    sysprep_loop = _detect_sysprep_loop(build)
    observations = [sysprep_loop] if sysprep_loop else []
    if build.stop_index is None:
        return observations
    stop = build.lines[build.stop_index]
    before_stop = [line for line in build.lines[: build.stop_index] if line.source != "echo"]
    run = build.failed_run
    start = (build.lines[run.start_index],) if run else ()
    # An update runs nothing of the template that could have broken the connection.
    if run and run.name == "windows-update":
        duration = _compute_seconds(run.started_at, stop.time)
        if duration is None or duration >= MIN_GAP_SECONDS:
            evidence = (*start, *_find_last_output(before_stop), stop)
            observations.append(Observation("stopped-in-windows-update", evidence))
    silence = _compute_seconds(_find_last_time(before_stop), stop.time)
    if silence is not None and silence >= MIN_GAP_SECONDS:
        evidence = (*start, *before_stop[-1:], stop)
        return [*observations, Observation("stopped-after-silence", evidence, seconds=silence)]
    repeated = _find_repeated_lines(before_stop)
    if repeated:
        return [*observations, Observation("stopped-while-repeating", (*start, *repeated, stop))]
    if run is None or run.name == "windows-update":  # No script of the template ran, so no step can be at fault.
        return observations
    return [*observations, Observation("stopped-without-sign", (*start, stop))]


def find_longest_gap(build: Build) -> LogGap | None:
    """Return the longest silence in the build; `None` when none lasted `MIN_GAP_SECONDS`."""
    longest: LogGap | None = None
    last: datetime | None = None
    number = 0
    for line in build.lines:
        time = line.time
        if time is None:
            continue
        # Lines of the same second share one object, which is quicker to compare than to subtract.
        if last is not None and time is not last and time - last >= _MIN_GAP:
            seconds = int((time - last).total_seconds())
            if longest is None or seconds > longest.seconds:
                longest = LogGap(seconds, number)
        last, number = time, line.number
    return longest


def _detect_sysprep_loop(build: Build) -> Observation | None:
    states = [line for line in build.lines if line.source in ("output", "plain") and line.body.strip() == _UNDEPLOYABLE]
    done = any(line.body.strip() == _GENERALIZED for line in build.lines if line.source in ("output", "plain"))
    if done or len(states) < _MIN_SYSPREP_LIKELY:
        return None
    return Observation("sysprep-loop", (states[0], states[-1]), is_proof=len(states) >= _MIN_SYSPREP_CERTAIN)


def _find_repeated_lines(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Return the first and last of the most frequent line at the end, if the end is the same few lines repeated.

    Lines that differ only in numbers count as the same.
    """
    tail = [line for line in lines[-_TAIL_LINES:] if line.body.strip()]
    forms = Counter(_NUMBER.sub("0", line.body) for line in tail)
    common = forms.most_common(_MAX_REPEATED_FORMS)
    if len(tail) < 2 * _MIN_REPEATS or sum(count for _, count in common) < _MIN_REPEATED_SHARE * len(tail):
        return ()
    most_frequent = common[0][0]
    same = [line for line in tail if _NUMBER.sub("0", line.body) == most_frequent]
    return (same[0], same[-1]) if len(same) >= _MIN_REPEATS else ()


def _find_last_output(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Return the last line that the step itself printed, as a tuple that is empty when there is none."""
    return next(((line,) for line in reversed(lines) if line.source == "output" and line.body.strip()), ())


def _find_last_time(lines: Sequence[LogLine]) -> datetime | None:
    return next((line.time for line in reversed(lines) if line.time), None)


def _compute_seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if begin and end else None
