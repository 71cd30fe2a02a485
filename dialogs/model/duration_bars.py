"""A timeline as plain values: one row per step, which any client can draw."""

from __future__ import annotations

from typing import Literal, NamedTuple

BarState = Literal["ended", "failed", "stopped", "running", "pending", "waiting", "unseen"]
"""How a step of a timeline went.

`pending`: it wasn't reached; `waiting`: it may yet be; `unseen`: it ended, but the log doesn't show it.
"""


class DurationBar(NamedTuple):
    """One row of a timeline: a literal name, its duration in seconds (None if unknown), and how it ended.

    Attributes:
        name: What the step is called.
        seconds: How long it took, or has taken so far; None if unknown.
        state: How it ended.
        is_own: It's a step of Image Builder's own, and none of the person's.
        silent_from: How many seconds after its start its longest silence began.
        silent_seconds: How long that was; 0 for none.
        limit_seconds: The time that it was allowed: it's drawn against that, and not against the longest row.
        note: What there's to say besides.
    """

    name: str
    seconds: int | None
    state: BarState = "ended"
    is_own: bool = False
    silent_from: int = 0
    silent_seconds: int = 0
    limit_seconds: int = 0
    note: str = ""


class DurationBars(NamedTuple):
    """A timeline: bars in clients that can draw them, and text everywhere; bars are relative to the longest row."""

    rows: tuple[DurationBar, ...]
