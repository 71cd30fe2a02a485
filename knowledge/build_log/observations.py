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

from knowledge.build_log.build import Story
from knowledge.model.diagnosis import Silence
from knowledge.text.lines import Line

ObservationId = Literal[
    "stopped-after-silence",
    "stopped-while-repeating",
    "stopped-without-sign",
    "stopped-in-windows-update",
    "sysprep-loop",
]
OBSERVATIONS: tuple[str, ...] = get_args(ObservationId)

SILENCE = 600  # seconds
_LONG = timedelta(seconds=SILENCE)
_TAIL = 60
_FEW_FORMS = 4
_LEAST_REPEATS = 10
_SYSPREP_CERTAIN = 60
_SYSPREP_LIKELY = 10
_NUMBER = re2.compile(r"[0-9a-fA-F]*\d[0-9a-fA-F]*")
_UNDEPLOYABLE = "IMAGE_STATE_UNDEPLOYABLE"
_GENERALIZED = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen, the lines that show it, and whether that is proof (`certain`) or stated grounds (`likely`)."""

    id: ObservationId
    lines: tuple[Line, ...]
    proof: bool = False
    seconds: int | None = None


def observe(story: Story) -> list[Observation]:
    """Everything that the build's lines show, in no order."""
    loop = _sysprep_loop(story)
    seen = [loop] if loop else []
    if story.stopped_at is None:
        return seen
    stop = story.lines[story.stopped_at]
    before = [line for line in story.lines[: story.stopped_at] if line.source != "echo"]
    run = story.failed_run
    start = (story.lines[run.begins],) if run else ()
    if run and run.name == "windows-update":  # runs nothing of the template that could have broken the connection
        within = _seconds(run.started, stop.time)
        if within is None or within >= SILENCE:
            seen.append(Observation("stopped-in-windows-update", (*start, *_last_said(before), stop)))
    gap = _seconds(_last_time(before), stop.time)
    if gap is not None and gap >= SILENCE:
        return [*seen, Observation("stopped-after-silence", (*start, *before[-1:], stop), seconds=gap)]
    repeated = _repeated(before)
    if repeated:
        return [*seen, Observation("stopped-while-repeating", (*start, *repeated, stop))]
    if run is None or run.name == "windows-update":  # nothing of the template ran: nothing can be said of a step
        return seen
    return [*seen, Observation("stopped-without-sign", (*start, stop))]


def longest_silence(story: Story) -> Silence | None:
    """The longest silence before the build's end, when it lasted ten minutes or more."""
    longest: Silence | None = None
    last: datetime | None = None
    number = 0
    for line in story.lines:
        time = line.time
        if time is None:
            continue
        if last is not None and time is not last and time - last >= _LONG:
            gap = int((time - last).total_seconds())
            if longest is None or gap > longest.seconds:
                longest = Silence(gap, number)
        last, number = time, line.number
    return longest


def _sysprep_loop(story: Story) -> Observation | None:
    states = [line for line in story.lines if line.source in ("output", "plain") and line.body.strip() == _UNDEPLOYABLE]
    done = any(line.body.strip() == _GENERALIZED for line in story.lines if line.source in ("output", "plain"))
    if done or len(states) < _SYSPREP_LIKELY:
        return None
    return Observation("sysprep-loop", (states[0], states[-1]), proof=len(states) >= _SYSPREP_CERTAIN)


def _repeated(before: Sequence[Line]) -> tuple[Line, ...]:
    """The first and the last of the lines that make up the end of the run, when they are the same few over and over."""
    tail = [line for line in before[-_TAIL:] if line.body.strip()]
    forms = Counter(_NUMBER.sub("0", line.body) for line in tail)
    common = forms.most_common(_FEW_FORMS)
    if len(tail) < 2 * _LEAST_REPEATS or sum(count for _, count in common) < 0.9 * len(tail):
        return ()
    wanted = common[0][0]
    same = [line for line in tail if _NUMBER.sub("0", line.body) == wanted]
    return (same[0], same[-1]) if len(same) >= _LEAST_REPEATS else ()


def _last_said(before: Sequence[Line]) -> tuple[Line, ...]:
    """The last line that the step itself printed before the stop."""
    return next(((line,) for line in reversed(before) if line.source == "output" and line.body.strip()), ())


def _last_time(lines: Sequence[Line]) -> datetime | None:
    return next((line.time for line in reversed(lines) if line.time), None)


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if begin and end else None
