"""A run's customizers as rows of a timeline: the template's, matched with the steps that the log shows.

A validation log has the template's validators in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.model.duration_bars import DurationBar
from dialogs.replies.duration_bars import GetText
from dialogs.timeline.log_timeline import build_step_bar
from knowledge.build_log.timeline_steps import TimelineStep
from knowledge.template.image_template import TemplateStep

MAX_ROWS = 12
_FILE_PROVISIONER = "file"  # Image Builder uploads its own files with it too, so it says nothing about the position
_PROVISIONER_BY_TYPE = {
    "powershell": "powershell",
    "shell": "shell",
    "file": _FILE_PROVISIONER,
    "windowsrestart": "windows-restart",
    "windowsupdate": "windows-update",
}


@dataclass(frozen=True, slots=True)
class CustomizerRows:
    """The rows to show, how many rows before and after them are hidden, and where the run got to.

    `reached_position` counts the template's customizers from 1, and is None when the log does not show it for certain.
    When all of them ended and a step of Image Builder itself followed, it is one more than their number.
    """

    rows: tuple[DurationBar, ...]
    reached_position: int | None
    hidden_before: int = 0
    hidden_after: int = 0


def build_customizer_rows(
    customizers: Sequence[TemplateStep], steps: Sequence[TimelineStep], is_whole_log: bool, get_text: GetText
) -> CustomizerRows:
    """Match the template's customizers with the steps in the log, of which only the person's are shown.

    `is_whole_log`: the log was read from its beginning. When the steps can't be matched for certain, the rows are the
    steps themselves.
    """
    provisioners = [_get_provisioner(customizer) for customizer in customizers]
    runs = [step for step in steps if not step.is_own]
    is_after = any(step.stage in ("deprovision", "capture") for step in steps)
    reached = _find_reached_index(provisioners, runs, is_whole_log, is_after)
    if reached is None:
        rows = [build_step_bar(run, get_text, run.provisioner) for run in runs]
        return _limit_rows(rows, None, len(runs) - 1)
    rows = []
    unmatched = list(runs)
    if reached == len(customizers) and not is_after:  # the last run is a step of Image Builder after all customizers
        last_run = unmatched.pop()
        rows.append(build_step_bar(last_run, get_text, get_text("reply.stage.deprovision")))
    for index in range(len(customizers) - 1, -1, -1):
        run = _take_last_run(unmatched, provisioners[index]) if index <= reached else None
        rows.insert(0, _build_customizer_bar(customizers[index], run, index > reached, get_text))
    return _limit_rows(rows, reached + 1, reached)


def _take_last_run(runs: list[TimelineStep], provisioner: str) -> TimelineStep | None:
    """Remove the last run of the provisioner and everything after it from `runs`, and return the run.

    Matching backwards passes over the files that Image Builder uploads before its own steps.
    """
    for index in range(len(runs) - 1, -1, -1):
        if runs[index].provisioner == provisioner:
            run = runs[index]
            del runs[index:]
            return run
    return None


def _build_customizer_bar(
    customizer: TemplateStep, run: TimelineStep | None, is_pending: bool, get_text: GetText
) -> DurationBar:
    name = f"{customizer.index + 1} {customizer.name or customizer.type}"
    if run is not None:
        return build_step_bar(run, get_text, name)
    return DurationBar(name, None, "pending" if is_pending else "unseen")


def _limit_rows(rows: list[DurationBar], reached_position: int | None, last_index: int) -> CustomizerRows:
    """Return at most `MAX_ROWS` rows, with the one that was reached near the end, since it matters most."""
    first = max(0, min(last_index - MAX_ROWS + 3, len(rows) - MAX_ROWS))
    shown = rows[first : first + MAX_ROWS]
    return CustomizerRows(tuple(shown), reached_position, first, len(rows) - first - len(shown))


def _find_reached_index(
    provisioners: Sequence[str], runs: Sequence[TimelineStep], is_whole_log: bool, is_after: bool
) -> int | None:
    """Return the index of the customizer that ran last, or None unless exactly one position fits the runs.

    The index is the number of customizers when all of them ended and a step of Image Builder followed, which `is_after`
    says for certain. Runs of the file provisioner are left out of the comparison, since some are Image Builder's own.
    """
    if not provisioners or not (runs or is_after):
        return None
    indexes = [index for index, provisioner in enumerate(provisioners) if provisioner != _FILE_PROVISIONER]
    expected = [provisioners[index] for index in indexes]
    actual = [run.provisioner for run in runs if run.provisioner != _FILE_PROVISIONER]
    count = len(actual)
    if is_after:
        begin = len(expected) - count
        fits = expected == actual if is_whole_log else begin >= 0 and expected[begin:] == actual
        return len(provisioners) if fits else None
    # after all customizers, Image Builder runs one more provisioner, such as the one that generalizes Windows
    if is_whole_log and expected and actual[:-1] == expected and runs[-1].provisioner == actual[-1]:
        return len(provisioners)
    # the end of a log may begin anywhere in the sequence; the whole log begins with the first customizer
    starts = [0] if is_whole_log else range(len(expected) - count + 1)
    fitting_starts = [start for start in starts if count and expected[start : start + count] == actual]
    if len(fitting_starts) != 1:
        return None
    index = indexes[fitting_starts[0] + count - 1]
    if runs[-1].provisioner != _FILE_PROVISIONER:
        return index
    # the log ends in a file upload: that is the next customizer only if exactly one file customizer comes next
    file_indexes = range(index + 1, len(provisioners))
    file_count = next(
        (offset for offset, place in enumerate(file_indexes) if provisioners[place] != _FILE_PROVISIONER),
        len(file_indexes),
    )
    return file_indexes[0] if file_count == 1 else None


def _get_provisioner(customizer: TemplateStep) -> str:
    return _PROVISIONER_BY_TYPE.get(customizer.type.casefold(), customizer.type.casefold())
