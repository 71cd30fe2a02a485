"""Times as Azure and its tools write them: with seven to nine digits of a second, and with year 1 for "no time"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_TIME = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,12})?"
    r"(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_FIRST_YEAR = 1971
"""Earlier times mean "no time": Azure writes Go's zero time, year 1, as the end of a run that's still going."""


def parse_time(text: str | None) -> datetime | None:
    """Return the time that Azure or one of its tools wrote, in UTC and to the second; None if there is none."""
    match = re.fullmatch(_TIME, text) if text else None
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
