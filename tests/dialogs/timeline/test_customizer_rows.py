"""Which of its customizers a run got to, and nothing where the log doesn't show it."""

from __future__ import annotations

import pytest

from dialogs.texts.catalog import get_texts
from dialogs.timeline.customizer_rows import MAX_ROWS, CustomizerRows, build_customizer_rows
from knowledge.build_log.timeline_steps import TimelineStep
from knowledge.model.build_course import StageName
from knowledge.template.image_template import TemplateStep

PS, SH, FILE, RESTART = "PowerShell", "Shell", "File", "WindowsRestart"


def of(*types: str) -> list[TemplateStep]:
    return [TemplateStep(index, kind) for index, kind in enumerate(types)]


def ran(*names: str, last: str = "failed", after: StageName | None = None) -> list[TimelineStep]:
    count = len(names)
    steps = [
        TimelineStep(None, name, at + 1, last if at == count - 1 and not after else "ended", 5, at)  # type: ignore[arg-type]
        for at, name in enumerate(names)
    ]
    return [*steps, TimelineStep(after, "powershell", 0, "failed", 5, count)] if after else steps


def build(customizers: list[TemplateStep], steps: list[TimelineStep], whole: bool) -> CustomizerRows:
    return build_customizer_rows(customizers, steps, whole, lambda key: get_texts().get(key, "en"))


@pytest.mark.parametrize(
    ("customizers", "runs", "whole", "reached"),
    [
        (of(PS, RESTART, PS), ran("powershell"), True, 1),
        (of(PS, RESTART, PS), ran("powershell", "windows-restart"), True, 2),
        (of(PS, RESTART, PS), ran("powershell", "windows-restart", "powershell"), True, 3),
        # files of Image Builder's own are passed over
        (of(PS, RESTART), ran("file", "powershell", "windows-restart"), True, 2),
        (of(PS, FILE, PS), ran("file", "powershell", "file"), True, 2),
        (of(PS, FILE, FILE, PS), ran("powershell", "file"), True, None),
        (of(FILE, PS), ran("file"), True, None),
        # the deprovisioning after the last one
        (of(SH), ran("shell", "shell"), True, 2),
        (of(PS, PS), ran("powershell", "powershell", after="deprovision"), True, 3),
        (of(PS, FILE), ran("powershell", "file", after="capture"), True, 3),
        (of(PS, PS), ran("powershell", after="deprovision"), True, None),
        (of(PS, RESTART, PS, PS), ran("powershell", after="deprovision"), False, 5),
        (of(PS, RESTART), ran("powershell", after="deprovision"), False, None),
        # a part of the log: only where one place fits
        (of(PS, RESTART, PS), ran("windows-restart"), False, 2),
        (of(PS, RESTART, PS), ran("powershell"), False, None),
        (of(PS, RESTART, PS), ran("windows-restart", "powershell"), False, 3),
        # what does not fit
        (of(SH, SH), ran("powershell"), True, None),
        (of(), ran("powershell"), True, None),
        (of(PS), ran(), True, None),
        (of(PS), ran("powershell", "powershell", "powershell"), True, None),
    ],
)
def test_where_it_got_to(
    customizers: list[TemplateStep], runs: list[TimelineStep], whole: bool, reached: int | None
) -> None:
    assert build(customizers, runs, whole).reached_position == reached


def test_the_rows_tell_what_became_of_each() -> None:
    course = build(of(PS, RESTART, PS, PS), ran("powershell", "windows-restart", "powershell"), True)
    assert [(bar.name, bar.state, bar.seconds) for bar in course.rows] == [
        (f"1 {PS}", "ended", 5),
        (f"2 {RESTART}", "ended", 5),
        (f"3 {PS}", "failed", 5),
        (f"4 {PS}", "pending", None),
    ]


def test_what_ended_before_the_part_that_was_read_has_no_time() -> None:
    course = build(of(PS, RESTART, PS), ran("windows-restart", "powershell"), False)
    assert [(bar.state, bar.seconds) for bar in course.rows] == [("unseen", None), ("ended", 5), ("failed", 5)]


def test_the_step_after_the_last_customizer_has_a_row_of_its_own() -> None:
    course = build(of(SH), ran("shell", "shell"), True)
    assert [(bar.name, bar.state) for bar in course.rows] == [(f"1 {SH}", "ended"), ("Deprovision", "failed")]


def test_without_a_place_the_rows_are_what_the_log_shows() -> None:
    course = build(of(SH), ran("powershell"), True)
    assert [bar.name for bar in course.rows] == ["powershell"]
    assert course.reached_position is None


@pytest.mark.parametrize("failed", [1, 7, 30])
def test_a_long_list_is_cut_around_the_place(failed: int) -> None:
    course = build(of(*[PS] * 30), ran(*["powershell"] * failed), True)
    rows = course.rows
    assert len(rows) == MAX_ROWS
    assert any(bar.state == "failed" for bar in rows)
    assert course.hidden_before + len(rows) + course.hidden_after == 30
