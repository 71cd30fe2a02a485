"""The timeline of a log: what it shows of the build, with what Image Builder did by itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dialogs.model.duration_bars import BarState, DurationBar, DurationBars
from dialogs.replies.duration_bars import GetText
from knowledge.azure_times import compute_seconds_between
from knowledge.build_log.timeline_steps import TimelineStep, list_steps
from knowledge.model.diagnosis import Diagnosis
from knowledge.template.run import DEFAULT_TIMEOUT_MINUTES

MAX_LOG_ROWS, MAX_SHORT_ROWS = 16, 8
AT_LIMIT_SHARE = 0.97
"""From which share of its time limit on a run that was stopped was stopped by it."""
_LAST_ROWS, _LONGEST_ROWS = 6, 4
_LAST_SHORT_ROWS, _LONGEST_SHORT_ROWS = 2, 2


def build_log_bars(
    diagnosis: Diagnosis, get_text: GetText, is_short: bool = False, is_proof: bool = False
) -> DurationBars | None:
    """Build the timeline of a log or of a status; None if it has no time to show.

    `is_short`: with few rows. `is_proof`: only to show what hung, without how the VM was created and the whole run.
    """
    steps = list_steps(diagnosis)
    rows = [(build_step_bar(step, get_text), 1) for step in steps]
    first = next((index for index, step in enumerate(steps) if not step.is_own), None)
    if first is not None and (missing_count := steps[first].number - 1):
        name = get_text("reply.bar.more").format(count=missing_count)
        rows.insert(first, (DurationBar(name, None, is_own=True), missing_count))
    whole = build_whole_bars(diagnosis, get_text)
    if is_proof:
        rows = [(bar, count) for bar, count in rows if count > 1 or not bar.is_own or bar.state != "ended"]
        whole = [bar for bar in whole if bar.limit_seconds]
    bars = _join_short_rows(rows, get_text, is_short) + whole
    return DurationBars(tuple(bars)) if any(bar.seconds is not None for bar in bars) else None


def _join_short_rows(rows: Sequence[tuple[DurationBar, int]], get_text: GetText, is_short: bool) -> list[DurationBar]:
    """Return the rows of Image Builder, the last ones, and the longest ones, with one row for several others.

    Each row comes with how many steps it represents: several where the diagnosis no longer has them.
    """
    if len(rows) <= (MAX_SHORT_ROWS if is_short else MAX_LOG_ROWS):
        return [bar for bar, _ in rows]
    last_count, longest_count = (_LAST_SHORT_ROWS, _LONGEST_SHORT_ROWS) if is_short else (_LAST_ROWS, _LONGEST_ROWS)
    lengths = [bar.seconds or 0 for bar, _ in rows]
    longest = sorted(range(len(rows)), key=lengths.__getitem__, reverse=True)
    kept = {*longest[:longest_count], *range(len(rows) - last_count, len(rows))}
    shown = {index for index, (bar, count) in enumerate(rows) if count == 1 and (bar.is_own or index in kept)}
    joined: list[DurationBar] = []
    for is_shown, group in groupby(range(len(rows)), shown.__contains__):
        bars, counts = zip(*[rows[index] for index in group], strict=True)
        joined += bars if is_shown or sum(counts) == 1 else [_join_rows(bars, sum(counts), get_text)]
    return joined


def _join_rows(rows: Sequence[DurationBar], count: int, get_text: GetText) -> DurationBar:
    """Return one row for several that ended, with the time that all of them took together, if it's known."""
    seconds = [row.seconds for row in rows]
    total = None if None in seconds else sum(filter(None, seconds))
    return DurationBar(get_text("reply.bar.more").format(count=count), total, is_own=True)


def build_step_bar(step: TimelineStep, get_text: GetText, name: str = "") -> DurationBar:
    """Build the row of one step, called `name` if that's given."""
    if not name:
        name = get_text(_get_stage_key(step)) if step.stage else f"{step.number} {step.provisioner}"
    is_own = step.stage is not None
    return DurationBar(name, step.seconds, step.state, is_own, step.silent_from, step.silent_seconds)


def _get_stage_key(step: TimelineStep) -> str:
    is_sysprep = step.stage == "deprovision" and step.provisioner == "powershell"
    return "reply.stage.sysprep" if is_sysprep else f"reply.stage.{step.stage}"


def is_failed_step_silent(diagnosis: Diagnosis) -> bool:
    """Return whether the step that failed, or was stopped, wrote nothing for long."""
    if diagnosis.course is None or not diagnosis.course.silences:
        return False
    return any(step.silent_seconds for step in list_steps(diagnosis) if step.state in ("failed", "stopped"))


def build_whole_bars(diagnosis: Diagnosis, get_text: GetText) -> list[DurationBar]:
    """Build the row that measures the whole run against its limit; without a limit, only if the run was stopped."""
    limit = diagnosis.facts.get("build_timeout")
    seconds = measure_run(diagnosis)
    if seconds is None:
        return []
    is_stopped = diagnosis.outcome in ("failed", "canceled")
    if isinstance(limit, int):
        return [build_limit_bar(seconds, limit, is_stopped, get_text)]
    if diagnosis.outcome != "canceled":
        return []
    return [DurationBar(get_text("reply.bar.whole"), seconds, "stopped", is_own=True)]


def build_limit_bar(seconds: int, limit_minutes: int, is_over: bool, get_text: GetText) -> DurationBar:
    """Build the row of the time limit. `is_over`: the run ended otherwise than well, by the limit if it was reached."""
    limit_seconds = (limit_minutes or DEFAULT_TIMEOUT_MINUTES) * 60
    is_at_limit = is_over and seconds >= AT_LIMIT_SHARE * limit_seconds
    state: BarState = "stopped" if is_at_limit else "ended"
    return DurationBar(get_text("reply.bar.limit"), seconds, state, is_own=True, limit_seconds=limit_seconds)


def measure_run(diagnosis: Diagnosis) -> int | None:
    """Return how long the run took, by a status, or by a log that begins with the build; None if neither tells."""
    facts, course = diagnosis.facts, diagnosis.course
    started, ended = (str(facts.get(key) or "") for key in ("run_started", "run_ended"))
    if course is not None and not course.has_start:
        return None
    return compute_seconds_between(started, ended)
