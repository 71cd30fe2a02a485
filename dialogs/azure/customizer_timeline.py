"""A run's customizers as a timeline: those of the template, with what the log says that became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.model.azure import CustomizerOf
from dialogs.model.reply import Bar, Bars
from knowledge.model.diagnosis import ProvisionerRun

MOST_ROWS = 12
_FILE = "file"  # Image Builder uploads files of its own with this provisioner, so it never tells a place
_PROVISIONERS = {
    "powershell": "powershell",
    "shell": "shell",
    "file": _FILE,
    "windowsrestart": "windows-restart",
    "windowsupdate": "windows-update",
}


@dataclass(frozen=True, slots=True)
class Course:
    """The rows to show, how many customizers stand before and after them unshown, and where the run got to.

    `reached` counts the template's customizers from 1, one more where all of them ended and a step of Image Builder's
    own came after them; `None` where the log does not tell for certain.
    """

    bars: Bars
    reached: int | None
    count: int
    before: int = 0
    after: int = 0


def course_of(customizers: Sequence[CustomizerOf], runs: Sequence[ProvisionerRun], whole: bool) -> Course:
    """The customizers with the runs that the log shows; `whole`: the log was read from its beginning."""
    kinds = [_provisioner(customizer) for customizer in customizers]
    reached = _reached(kinds, runs, whole)
    if reached is None:
        return _cut([_bar(run.provisioner, run) for run in runs], None, len(kinds), len(runs) - 1)
    rows: list[Bar] = []
    left = list(runs)
    if reached == len(kinds):
        rows.append(_bar(left[-1].provisioner, left.pop()))
    for at in range(len(kinds) - 1, -1, -1):
        run = None
        if at <= reached:
            # from the last one backwards, so that files of Image Builder's own are passed over
            found = next(
                (place for place in range(len(left) - 1, -1, -1) if left[place].provisioner == kinds[at]), None
            )
            run = left[found] if found is not None else None
            left = left[:found] if found is not None else left
        rows.insert(0, _row(customizers[at], run, at, reached))
    return _cut(rows, reached + 1, len(kinds), reached)


def _row(customizer: CustomizerOf, run: ProvisionerRun | None, at: int, reached: int) -> Bar:
    name = f"{customizer.type} {customizer.name}".strip()
    if run is not None:
        return _bar(name, run)
    return Bar(name, None, "pending" if at > reached else "ended")


def _bar(name: str, run: ProvisionerRun) -> Bar:
    return Bar(name, run.seconds, run.state)


def _cut(rows: list[Bar], reached: int | None, count: int, last: int) -> Course:
    """At most `MOST_ROWS`, with the one that was reached near the end: it is what people want to see."""
    first = max(0, min(last - MOST_ROWS + 3, len(rows) - MOST_ROWS))
    shown = rows[first : first + MOST_ROWS]
    return Course(Bars(tuple(shown)), reached, count, first, len(rows) - first - len(shown))


def _reached(kinds: Sequence[str], runs: Sequence[ProvisionerRun], whole: bool) -> int | None:
    """The place of the customizer that ran last, from 0, when only one place fits what ran."""
    if not kinds or not runs:
        return None
    telling = [at for at, kind in enumerate(kinds) if kind != _FILE]
    order = [kinds[at] for at in telling]
    ran = [run.provisioner for run in runs if run.provisioner != _FILE]
    count = len(ran)
    if whole and order and ran[:-1] == order and runs[-1].provisioner == ran[-1]:
        return len(kinds)
    starts = [0] if whole else range(len(order) - count + 1)
    fits = [start for start in starts if count and order[start : start + count] == ran]
    if len(fits) != 1:
        return None
    at = telling[fits[0] + count - 1]
    if runs[-1].provisioner != _FILE:
        return at
    files = range(at + 1, len(kinds))
    following = next((i for i, place in enumerate(files) if kinds[place] != _FILE), len(files))
    return files[0] if following == 1 else None


def _provisioner(customizer: CustomizerOf) -> str:
    return _PROVISIONERS.get(customizer.type.casefold(), customizer.type.casefold())
