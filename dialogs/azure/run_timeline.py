"""The timeline of a template's last run: its customizers, what Image Builder did around them, and the time limit.

What the log doesn't cover is measured by the status, where that proves it: what came before the log's first line, and
what came after its last one. Everything else has no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.azure.source_diagnosis import DiagnosedLog
from dialogs.model.duration_bars import BarState, DurationBar, DurationBars
from dialogs.replies.duration_bars import GetText
from dialogs.timeline.customizer_rows import build_customizer_rows
from dialogs.timeline.log_timeline import build_limit_bar, build_step_bar
from knowledge.azure_times import compute_seconds_between
from knowledge.build_log.timeline_steps import TimelineStep, list_steps
from knowledge.template.image_template import ImageTemplate, TemplateStep
from knowledge.template.run import Run

VALIDATION_LOG = "validation.log"
_EARLY_STAGES = ("deploy", "connect", "upload")
_STATE_BY_OUTCOME: dict[str, BarState] = {"succeeded": "ended", "failed": "failed", "canceled": "stopped"}


@dataclass(frozen=True, slots=True)
class RunTimeline:
    """The rows of a run, and where it got to among the template's steps.

    Attributes:
        bars: The rows.
        step_count: How many customizers the template has; of a validation log, how many validators.
        reached_position: See `CustomizerRows`.
        hidden_before: How many steps before those shown are left out.
        hidden_after: How many steps after them are.
        has_log: There is a log; without one, the only row is the time limit's.
        is_validation: The steps are validators.
    """

    bars: DurationBars
    step_count: int = 0
    reached_position: int | None = None
    hidden_before: int = 0
    hidden_after: int = 0
    has_log: bool = True
    is_validation: bool = False


def build_run_timeline(
    template: ImageTemplate, log: DiagnosedLog | None, now: str | None, get_text: GetText
) -> RunTimeline:
    """Build the timeline of the template's last run."""
    limit_rows = _build_limit_rows(template, now, get_text)
    # the duration is among the facts, too: alone, it's worth a picture only while it grows or if it was the limit
    is_telling = template.run.is_running or _is_at_limit(limit_rows)
    without_steps = RunTimeline(DurationBars(tuple(limit_rows) if is_telling else ()), has_log=False)
    if log is None:
        return without_steps
    is_validation = log.file == VALIDATION_LOG
    steps = [_measure(step, template.run, now, limit_rows) for step in list_steps(log.diagnosis)]
    own = template.validators if is_validation else template.customizers
    customizers = build_customizer_rows(own, steps, log.is_whole, get_text)
    if not steps:
        return without_steps
    rows = [
        *_build_rows_before(template, log, get_text),
        *(_build_stage_bar(step, is_validation, get_text) for step in steps if step.stage in _EARLY_STAGES),
        *(_wait(row) if template.run.is_running else row for row in customizers.rows),
        *(build_step_bar(step, get_text) for step in steps if step.is_own and step.stage not in _EARLY_STAGES),
        *_build_rows_after(template, log, now, limit_rows, get_text),
        *limit_rows,
    ]
    return RunTimeline(
        DurationBars(tuple(rows)),
        len(own),
        customizers.reached_position,
        customizers.hidden_before,
        customizers.hidden_after,
        is_validation=is_validation,
    )


def list_timed_steps(template: ImageTemplate, timeline: RunTimeline) -> Sequence[TemplateStep]:
    """Return the template's steps that a timeline is about: its validators or its customizers."""
    return template.validators if timeline.is_validation else template.customizers


def _measure(step: TimelineStep, run: Run, now: str | None, limit_rows: Sequence[DurationBar]) -> TimelineStep:
    """Return a step that the log leaves unfinished as the run's status tells: it runs, or was stopped."""
    if step.state != "running":
        return step
    if run.is_running:
        seconds = compute_seconds_between(step.started, now)
        return step if seconds is None else step._replace(seconds=seconds)
    is_stopped = run.outcome == "canceled" or _is_at_limit(limit_rows)
    seconds = compute_seconds_between(step.started, run.ended) if is_stopped else None
    return step._replace(state="stopped" if is_stopped else "failed", seconds=seconds)


def _build_limit_rows(template: ImageTemplate, now: str | None, get_text: GetText) -> list[DurationBar]:
    run = template.run
    seconds = run.compute_seconds(now)
    if seconds is None:
        return []
    is_over = run.outcome in ("failed", "canceled") and not run.is_running
    return [build_limit_bar(seconds, template.timeout_minutes, is_over, get_text)]


def _is_at_limit(limit_rows: Sequence[DurationBar]) -> bool:
    return any(row.state == "stopped" for row in limit_rows)


def _build_rows_before(template: ImageTemplate, log: DiagnosedLog, get_text: GetText) -> list[DurationBar]:
    """Build what came before the log: the staging resources, or, before a validation, the customizers."""
    if log.file == VALIDATION_LOG:
        has_customized = bool(template.customizers)
        return [DurationBar(get_text("reply.stage.customize"), None, "unseen", is_own=True)] if has_customized else []
    course = log.diagnosis.course
    if course is None or not (log.is_whole and course.has_start):
        return []
    seconds = compute_seconds_between(template.run.started, course.started)
    return [DurationBar(get_text("reply.stage.staging"), seconds, is_own=True)] if seconds else []


def _wait(row: DurationBar) -> DurationBar:
    """Return the row of a run that goes on: what wasn't reached may yet be."""
    return row._replace(state="waiting") if row.state == "pending" else row


def _build_stage_bar(step: TimelineStep, is_validation: bool, get_text: GetText) -> DurationBar:
    is_test_vm = is_validation and step.stage == "deploy"
    return build_step_bar(step, get_text, get_text("reply.stage.deploy-test") if is_test_vm else "")


def _build_rows_after(
    template: ImageTemplate,
    log: DiagnosedLog,
    now: str | None,
    limit_rows: Sequence[DurationBar],
    get_text: GetText,
) -> list[DurationBar]:
    """Build what follows the log: one row for all of it, since the status has one time for it."""
    names = [] if log.file == VALIDATION_LOG else _name_middle_stages(template, get_text)
    if template.distributors:
        name = get_text("reply.stage.distribute")
        names.append(f"{name} ({len(template.distributors)})" if len(template.distributors) > 1 else name)
    if not names:
        return []
    run, course = template.run, log.diagnosis.course
    if log.diagnosis.outcome != "succeeded":
        state: BarState = "waiting" if run.is_running else "pending"
        return [DurationBar(name, None, state, is_own=True) for name in names]
    end = now if run.is_running else run.ended
    seconds = compute_seconds_between(course.ended, end) if course and not log.growing else None
    state = "running" if run.is_running else _STATE_BY_OUTCOME.get(run.outcome, "unseen")
    if state == "failed" and _is_at_limit(limit_rows):
        state = "stopped"
    return [DurationBar(" + ".join(names), seconds, state, is_own=True)]


def _name_middle_stages(template: ImageTemplate, get_text: GetText) -> list[str]:
    """Name what comes between the customizers and the distribution, if the template asks for it."""
    names = []
    if template.optimizes_boot:
        names.append(get_text("reply.stage.optimize"))
    if template.validators:
        names.append(get_text("reply.stage.validate"))
    return names
