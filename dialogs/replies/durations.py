"""Durations, spans of time, and sizes, formatted for people."""

from __future__ import annotations

from knowledge.azure_times import parse_time


def format_duration(seconds: int) -> str:
    """Format a duration for people, the same in every language: `5 s`, `3 min 42 s`, `4 h 2 min`."""
    hours, minutes, remaining_seconds = seconds // 3600, seconds % 3600 // 60, seconds % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {remaining_seconds} s" if remaining_seconds else f"{minutes} min"
    return f"{remaining_seconds} s"


def format_size(byte_count: int) -> str:
    """Format a number of bytes for people, the same in every language: `812 B`, `180 KB`, `12 MB`."""
    if byte_count < 1000:
        return f"{byte_count} B"
    if byte_count < 999_500:  # anything that would round to 1000 KB is shown as 1 MB
        return f"{round(byte_count / 1000)} KB"
    if byte_count < 9_950_000:
        return f"{byte_count / 1e6:.1f}".removesuffix(".0") + " MB"
    return f"{round(byte_count / 1e6)} MB"


def format_time_span(start: str, end: str | None) -> str:
    """Format a time span to the minute, UTC; the end's date is shown only if it differs from the start's."""
    start_time, end_time = parse_time(start), parse_time(end)
    if start_time is None:
        return start
    if end_time is None:
        return start_time.strftime("%Y-%m-%d %H:%M")
    end_format = "%H:%M" if end_time.date() == start_time.date() else "%Y-%m-%d %H:%M"
    return f"{start_time:%Y-%m-%d %H:%M} – {end_time:{end_format}}"
