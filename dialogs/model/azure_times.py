"""Times as Azure gives them: how long a run took, and how much of its limit that is."""

from __future__ import annotations

from datetime import UTC, datetime

from dialogs.model.azure import TemplateStatus

DEFAULT_TIMEOUT_MINUTES = 240
"""Minutes that a build may take when its template says nothing, or 0."""


def compute_seconds_between(start: str | None, end: str | None) -> int | None:
    """The seconds from one time to a later one; `None` where either is missing, unreadable, or not in that order."""
    began, ended = _parse_time(start), _parse_time(end)
    if began is None or ended is None or ended < began:
        return None
    return int((ended - began).total_seconds())


def is_time(value: str | None) -> bool:
    """Whether `value` is a time as Azure writes it."""
    return _parse_time(value) is not None


def format_time_span(start: str, end: str | None) -> str:
    """From when to when, to the minute, UTC; the day of the end only where it is another one."""
    began, ended = _parse_time(start), _parse_time(end)
    if began is None:
        return start
    if ended is None:
        return began.strftime("%Y-%m-%d %H:%M")
    return f"{began:%Y-%m-%d %H:%M} – {ended:{'%H:%M' if ended.date() == began.date() else '%Y-%m-%d %H:%M'}}"


def is_running(status: TemplateStatus) -> bool:
    """Whether the last run has not ended."""
    return status.run_state.casefold() in ("running", "canceling")


def compute_run_seconds(status: TemplateStatus, now: str) -> int | None:
    """The seconds that the last run took, or has taken until `now`; `None` when Azure does not say."""
    return compute_seconds_between(status.started, status.ended or (now if is_running(status) else None))


def get_timeout_minutes(status: TemplateStatus) -> int:
    """The minutes that a run may take."""
    return status.timeout_minutes or DEFAULT_TIMEOUT_MINUTES


def _parse_time(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        read = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
