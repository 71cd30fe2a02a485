"""The last run of an image template, and the times that Azure reports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from knowledge.model.diagnosis import BuildOutcome

_OUTCOME_BY_STATE: dict[str, BuildOutcome] = {
    "failed": "failed",
    "canceled": "canceled",
    "canceling": "canceled",
    "succeeded": "succeeded",
    "running": "running",
}
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,12})?"
    r"(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_FIRST_YEAR = 1971
"""Earlier times mean none: Azure writes Go's zero time, year 1, as the end of a run that goes on."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of an image template, in Azure's own words; each is "" when Azure doesn't say, all for no run.

    The times are UTC, ISO 8601 with `Z`, to the second, and None when there is none (yet).
    """

    state: str = ""
    sub_state: str = ""
    started: str | None = None
    ended: str | None = None
    message: str = ""

    @property
    def is_running(self) -> bool:
        """Whether the run hasn't ended yet."""
        return self.state.casefold() in ("running", "canceling")

    @property
    def outcome(self) -> BuildOutcome:
        """How the run ended, `unknown` for a state that later versions of Azure may have."""
        return _OUTCOME_BY_STATE.get(self.state.casefold(), "unknown")

    def compute_seconds(self, now: str | None = None) -> int | None:
        """Return the seconds that the run took, or has taken until `now`; None when the times don't say."""
        return compute_seconds_between(self.started, self.ended or (now if self.is_running else None))


def parse_time(text: str | None) -> datetime | None:
    """Return the time that Azure or one of its tools wrote, in UTC and to the second; None for no time."""
    match = _TIME.fullmatch(text) if text else None
    if match is None or int(match[1]) < _FIRST_YEAR:
        return None
    try:
        time = datetime(*(int(part) for part in match.groups()[:6]), tzinfo=UTC)  # type: ignore[misc,arg-type]
        if match[7]:
            offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
            time += -offset if match[7] == "+" else offset
    except (ValueError, OverflowError):
        return None
    return time


def format_time(text: str | None) -> str | None:
    """Return a time of Azure as `2026-02-22T01:29:17Z`; None for no time."""
    time = parse_time(text)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def compute_seconds_between(start: str | None, end: str | None) -> int | None:
    """Return the whole seconds from `start` to `end`.

    Return None when either is missing or unreadable, or when `end` is before `start`.
    """
    start_time, end_time = parse_time(start), parse_time(end)
    if start_time is None or end_time is None or end_time < start_time:
        return None
    return int((end_time - start_time).total_seconds())
