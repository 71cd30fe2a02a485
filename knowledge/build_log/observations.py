"""Observe what a log shows but doesn't say: a silence before a stop, repeated lines, a loop that never ended.

Each observation has an id that the signatures of entries refer to (`observed:`), and the lines that show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from knowledge.build_log.build import Build, ProvisionerRun
from knowledge.build_log.noise import is_noise, is_progress
from knowledge.build_log.provisioner_runs import is_failure_code, parse_exit_code
from knowledge.build_log.transport import find_transport_errors
from knowledge.model.diagnosis import LogGap
from knowledge.patterns import define_text_pattern
from knowledge.text.lines import LogLine

ObservationId = Literal[
    "stopped-after-silence",
    "stopped-while-repeating",
    "stopped-without-sign",
    "stopped-in-windows-update",
    "sysprep-loop",
    "transport-failed",
    "never-connected",
    "command-failed",
    "deletion-failed",
    "ended-at-limit",
]
OBSERVATION_IDS: tuple[str, ...] = get_args(ObservationId)

MIN_GAP_SECONDS = 600
"""How long a log must be silent before that means anything."""
_MIN_GAP = timedelta(seconds=MIN_GAP_SECONDS)
_TAIL_LINES = 200
_MAX_REPEATED_FORMS = 20
_MIN_REPEATS = 10
_MAX_BLANK_LINES = 5  # this many missing lines can be blank ones
_MIN_REPEATED_SHARE = 0.8
_MIN_SYSPREP_CERTAIN = 60
_MIN_SYSPREP_LIKELY = 10
_NUMBER = define_text_pattern(r"[0-9a-fA-F]*\d[0-9a-fA-F]*")
_COMMUNICATOR_END = define_text_pattern(r"Communicator ended with: (?P<code>-?\d{1,10})\b")
_OWN_COMMANDS = ("packer-windows-update", "packer restart test", "packer-cleanup")
"""In commands of Packer itself and its plugins."""
_MAX_LINES_BETWEEN = 12
_DELETION_PREFIXES = ("Deleting ", "Removing ", "Cleanup requested", "The resource group was created by Packer")
_DELETION_ERROR = "ERROR: -> "
_INTERRUPT_PREFIXES = ("Received interrupt", "Cancelling ", "Stopping after")
"""What Packer writes once it's told to stop; it doesn't end a silence."""
_UNDEPLOYABLE = "IMAGE_STATE_UNDEPLOYABLE"
_GENERALIZED = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"


class Observation(NamedTuple):
    """One thing that the log shows, and the lines that show it.

    `is_proof` is set if the lines prove the entry's cause, not if they only make it likely. `seconds` is the length of
    a silence. `repeated` holds the last line of each repeated form, most frequent first. `repeat_count` is how often
    the most frequent one occurred; with `has_more`, it was more often, since not all lines were kept. `exit_code` is
    that of a command.
    """

    id: ObservationId
    lines: tuple[LogLine, ...]
    is_proof: bool = False
    seconds: int | None = None
    repeated: tuple[LogLine, ...] = ()
    repeat_count: int = 0
    has_more: bool = False
    exit_code: int | None = None


def observe(build: Build) -> list[Observation]:
    """Return all observations about the build, in no particular order."""
    detected = (_detect_sysprep_loop(build), _detect_failed_command(build), _detect_failed_deletion(build))
    observations = [observation for observation in detected if observation]
    is_connecting = build.phase == "connect" and not build.runs
    # A stop breaks a connection, but it's not why there never was one.
    can_show_errors = build.outcome != "succeeded" and (build.stop_index is None or is_connecting)
    errors = find_transport_errors(build) if can_show_errors else ()
    if errors:
        observations.append(Observation("never-connected" if is_connecting else "transport-failed", errors))
    if build.stop_index is None or (errors and is_connecting):
        return observations
    stop = build.lines[build.stop_index]
    before_stop = [
        line
        for line in build.lines[: build.stop_index]
        if line.source != "echo" and not line.body.startswith(_INTERRUPT_PREFIXES)
    ]
    run = build.failed_run
    start = (build.lines[run.start_index],) if run else ()
    # A Windows update runs no code of the template that could have broken the connection.
    if run and run.name == "windows-update":
        duration = _compute_seconds(run.started_at, stop.time)
        if duration is None or duration >= MIN_GAP_SECONDS:
            evidence = (*start, *_find_last_output(before_stop), stop)
            observations.append(Observation("stopped-in-windows-update", evidence))
    silence = _compute_seconds(_find_last_time(before_stop), stop.time)
    if silence is not None and silence >= MIN_GAP_SECONDS:
        in_step = [line for line in before_stop if not start or line.number > start[0].number]
        last_said = _find_last_output(in_step) or tuple(line for line in in_step[-1:] if not is_progress(line.body))
        evidence = (*start, *last_said, stop)
        return [*observations, Observation("stopped-after-silence", evidence, seconds=silence)]
    repetition = _find_repetition(build, before_stop)
    if repetition:
        return [*observations, repetition._replace(lines=(*start, repetition.repeated[0], stop))]
    if run is None or run.name == "windows-update":  # No script of the template ran, so no step can be at fault.
        return observations
    return [*observations, Observation("stopped-without-sign", (*start, stop))]


def find_longest_gap(build: Build, gaps: Sequence[LogGap]) -> tuple[LogGap | None, ProvisionerRun | None]:
    """Return the longest of the build's silences, if there is one, and the step that was silent, if it was one."""
    longest = max(gaps, key=lambda gap: gap.seconds, default=None)
    if longest is None:
        return None, None
    run = next((run for run in reversed(build.runs) if build.lines[run.start_index].number <= longest.line), None)
    # Packer's own work after the last step belongs to none of them.
    is_in_run = run is not None and (run.end_index < 0 or longest.line < _get_end_number(build, run))
    return longest, run if is_in_run else None


def _get_end_number(build: Build, run: ProvisionerRun) -> int:
    return build.lines[min(run.end_index, len(build.lines) - 1)].number


def find_gaps(build: Build) -> Iterator[LogGap]:
    """Yield the periods without a line that has a time, if `build` has all lines of the log."""
    last: datetime | None = None
    last_index = 0
    for index, time in enumerate(build.lines.all_times):
        if time is None:
            continue
        # Lines of the same second share one object, and comparing is faster than subtracting.
        if time is not last and last is not None and time - last >= _MIN_GAP:
            yield LogGap(int((time - last).total_seconds()), build.lines[last_index].number)
        last, last_index = time, index


def _detect_sysprep_loop(build: Build) -> Observation | None:
    if _UNDEPLOYABLE not in build.lines.text:
        return None
    states = [line for line in build.lines if line.source in ("output", "plain") and line.body.strip() == _UNDEPLOYABLE]
    done = any(line.body.strip() == _GENERALIZED for line in build.lines if line.source in ("output", "plain"))
    if done or len(states) < _MIN_SYSPREP_LIKELY:
        return None
    return Observation("sysprep-loop", (states[0], states[-1]), is_proof=len(states) >= _MIN_SYSPREP_CERTAIN)


def _detect_failed_command(build: Build) -> Observation | None:
    """Return the observation that the last command failed in a part of a log that doesn't say how the step ended."""
    has_verdict = build.outcome != "unknown" and (build.outcome != "failed" or bool(build.verdict_indexes))
    if has_verdict:
        return None
    for index in range(len(build.lines) - 1, -1, -1):
        line = build.lines[index]
        match = _COMMUNICATOR_END.search(line.body) if "ended with: " in line.body else None
        code = int(match["code"]) if match else parse_exit_code(line.body)
        if code is None or _is_own_command(line.body):
            continue
        if not is_failure_code(code):
            return None
        # The communicator repeats the code of a command that the lines before it name.
        before = build.lines[max(0, index - _MAX_LINES_BETWEEN) : index + 1]
        named = next((item for item in before if parse_exit_code(item.body) == code), line)
        return None if _is_own_command(named.body) else Observation("command-failed", (named,), exit_code=code)
    return None


def _is_own_command(body: str) -> bool:
    return any(mark in body for mark in _OWN_COMMANDS)


def _detect_failed_deletion(build: Build) -> Observation | None:
    """Return the observation that a build went well, but for an error while Packer deleted what it no longer needs."""
    if build.outcome != "succeeded":
        return None
    is_deleting = False
    for line in build.lines:
        is_deleting = is_deleting or (line.source == "output" and line.body.startswith(_DELETION_PREFIXES))
        if is_deleting and line.source == "output" and line.body.startswith(_DELETION_ERROR):
            return Observation("deletion-failed", (line,), is_proof=True)
    return None


def _find_repetition(build: Build, lines: Sequence[LogLine]) -> Observation | None:
    """Return the observation that the log ends with the same few lines over and over; `None` if it doesn't.

    Lines that differ only in numbers have the same form. Each form's last line is kept.
    """
    run = build.failed_run
    first_number = build.lines[run.start_index].number if run else 0
    tail = [
        line
        for line in lines[-_TAIL_LINES:]
        if line.number > first_number
        and line.source in ("output", "plain")
        and line.body.strip()
        and not is_progress(line.body)
    ]
    tail = tail[len(tail) // 4 :]  # the loop may have begun within these lines
    forms = Counter(_get_form(line) for line in tail)
    common = [(form, count) for form, count in forms.most_common(_MAX_REPEATED_FORMS) if count >= _MIN_REPEATS]
    if len(tail) < 2 * _MIN_REPEATS or sum(count for _, count in common) < _MIN_REPEATED_SHARE * len(tail):
        return None
    last = {_get_form(line): line for line in tail}
    whole = build.lines[run.start_index if run else 0 : build.stop_index]
    counts = Counter(_get_form(line) for line in whole if line.source in ("output", "plain"))
    hole = next((index for index in range(len(whole) - 1, 0, -1) if _is_after_hole(whole, index)), 0)
    return Observation(
        "stopped-while-repeating",
        (),
        repeated=tuple(last[form] for form, _ in common),
        repeat_count=max(counts[form] for form, _ in common),
        # The loop began after the hole if neither the lines before the hole nor the first one after it belong to the
        # loop.
        has_more=hole > 0 and any(_get_form(line) in last for line in whole[: hole + 1] if line.source != "echo"),
    )


def _is_after_hole(lines: Sequence[LogLine], index: int) -> bool:
    """Return whether the line at `index` comes after a hole, as the reducer leaves in a large log."""
    return lines[index].number - lines[index - 1].number > _MAX_BLANK_LINES + 1


def _get_form(line: LogLine) -> str:
    return str(_NUMBER.sub("0", line.body))


def _find_last_output(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Return the last line that the step itself printed, as a tuple that is empty when there is none."""
    printed = (line for line in reversed(lines) if line.source in ("output", "plain") and line.body.strip())
    return next(((line,) for line in printed if not is_noise(line.body)), ())


def _find_last_time(lines: Sequence[LogLine]) -> datetime | None:
    return next((line.time for line in reversed(lines) if line.time), None)


def _compute_seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if begin and end else None
