"""Times as Azure reports them: how long a run took, and how long it may take."""

from __future__ import annotations

from datetime import UTC, datetime

from dialogs.model.azure import TemplateStatus

DEFAULT_TIMEOUT_MINUTES = 240
"""Image Builder's time limit when the template sets none, or 0."""


def compute_seconds_between(start: str | None, end: str | None) -> int | None:
    """Return the whole seconds from `start` to `end`.

    Return None when either is missing or unreadable, or when `end` is before `start`.
    """
    start_time, end_time = _parse_time(start), _parse_time(end)
    if start_time is None or end_time is None or end_time < start_time:
        return None
    return int((end_time - start_time).total_seconds())


def is_time(value: str | None) -> bool:
    """Return whether `value` is a time in the form that Azure writes."""
    return _parse_time(value) is not None


def format_time_span(start: str, end: str | None) -> str:
    """Format a time span to the minute, UTC; the end's date is shown only when it differs from the start's."""
    start_time, end_time = _parse_time(start), _parse_time(end)
    if start_time is None:
        return start
    if end_time is None:
        return start_time.strftime("%Y-%m-%d %H:%M")
    end_format = "%H:%M" if end_time.date() == start_time.date() else "%Y-%m-%d %H:%M"
    return f"{start_time:%Y-%m-%d %H:%M} – {end_time:{end_format}}"


def is_running(status: TemplateStatus) -> bool:
    """Return whether the template's last run has not ended yet."""
    return status.run_state.casefold() in ("running", "canceling")


def compute_run_seconds(status: TemplateStatus, now: str) -> int | None:
    """Return the seconds that the last run took, or has taken until `now`; None when Azure does not say."""
    return compute_seconds_between(status.started, status.ended or (now if is_running(status) else None))


def get_timeout_minutes(status: TemplateStatus) -> int:
    """Return the minutes that a run of the template may take."""
    return status.timeout_minutes or DEFAULT_TIMEOUT_MINUTES


def _parse_time(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
