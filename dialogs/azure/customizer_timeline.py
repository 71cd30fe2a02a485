"""A run's customizers as a timeline: those of the template, with what the log says that became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.model.azure import CustomizerSummary
from dialogs.model.reply import DurationBar, DurationBars
from knowledge.model.diagnosis import ProvisionerSummary

MAX_ROWS = 12
_FILE_PROVISIONER = "file"  # Image Builder uploads files of its own with this provisioner, so it never tells a place
_PROVISIONER_BY_TYPE = {
    "powershell": "powershell",
    "shell": "shell",
    "file": _FILE_PROVISIONER,
    "windowsrestart": "windows-restart",
    "windowsupdate": "windows-update",
}


@dataclass(frozen=True, slots=True)
class CustomizerTimeline:
    """The rows to show, how many customizers stand before and after them unshown, and where the run got to.

    `reached` counts the template's customizers from 1, one more where all of them ended and a step of Image Builder's
    own came after them; `None` where the log does not tell for certain.
    """

    bars: DurationBars
    reached_position: int | None
    customizer_count: int
    hidden_before: int = 0
    hidden_after: int = 0


def build_timeline(
    customizers: Sequence[CustomizerSummary], runs: Sequence[ProvisionerSummary], is_whole_log: bool
) -> CustomizerTimeline:
    """The customizers with the runs that the log shows; `whole`: the log was read from its beginning."""
    kinds = [_get_provisioner(customizer) for customizer in customizers]
    reached = _find_reached_index(kinds, runs, is_whole_log)
    if reached is None:
        return _limit_rows([_build_bar(run.provisioner, run) for run in runs], None, len(kinds), len(runs) - 1)
    rows: list[DurationBar] = []
    left = list(runs)
    if reached == len(kinds):
        rows.append(_build_bar(left[-1].provisioner, left.pop()))
    for at in range(len(kinds) - 1, -1, -1):
        run = None
        if at <= reached:
            # from the last one backwards, so that files of Image Builder's own are passed over
            found = next(
                (place for place in range(len(left) - 1, -1, -1) if left[place].provisioner == kinds[at]), None
            )
            run = left[found] if found is not None else None
            left = left[:found] if found is not None else left
        rows.insert(0, _build_customizer_bar(customizers[at], run, at, reached))
    return _limit_rows(rows, reached + 1, len(kinds), reached)


def _build_customizer_bar(
    customizer: CustomizerSummary, run: ProvisionerSummary | None, index: int, reached_index: int
) -> DurationBar:
    name = f"{customizer.type} {customizer.name}".strip()
    if run is not None:
        return _build_bar(name, run)
    return DurationBar(name, None, "pending" if index > reached_index else "ended")


def _build_bar(name: str, run: ProvisionerSummary) -> DurationBar:
    return DurationBar(name, run.seconds, run.state)


def _limit_rows(
    rows: list[DurationBar], reached_position: int | None, customizer_count: int, last_index: int
) -> CustomizerTimeline:
    """At most `MOST_ROWS`, with the one that was reached near the end: it is what people want to see."""
    first = max(0, min(last_index - MAX_ROWS + 3, len(rows) - MAX_ROWS))
    shown = rows[first : first + MAX_ROWS]
    return CustomizerTimeline(
        DurationBars(tuple(shown)), reached_position, customizer_count, first, len(rows) - first - len(shown)
    )


def _find_reached_index(kinds: Sequence[str], runs: Sequence[ProvisionerSummary], is_whole_log: bool) -> int | None:
    """The place of the customizer that ran last, from 0, when only one place fits what ran."""
    if not kinds or not runs:
        return None
    telling = [at for at, kind in enumerate(kinds) if kind != _FILE_PROVISIONER]
    order = [kinds[at] for at in telling]
    ran = [run.provisioner for run in runs if run.provisioner != _FILE_PROVISIONER]
    count = len(ran)
    if is_whole_log and order and ran[:-1] == order and runs[-1].provisioner == ran[-1]:
        return len(kinds)
    starts = [0] if is_whole_log else range(len(order) - count + 1)
    fits = [start for start in starts if count and order[start : start + count] == ran]
    if len(fits) != 1:
        return None
    at = telling[fits[0] + count - 1]
    if runs[-1].provisioner != _FILE_PROVISIONER:
        return at
    files = range(at + 1, len(kinds))
    following = next((i for i, place in enumerate(files) if kinds[place] != _FILE_PROVISIONER), len(files))
    return files[0] if following == 1 else None


def _get_provisioner(customizer: CustomizerSummary) -> str:
    return _PROVISIONER_BY_TYPE.get(customizer.type.casefold(), customizer.type.casefold())
