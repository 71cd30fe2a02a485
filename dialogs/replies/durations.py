"""Durations and sizes formatted for people, and the rows of a timeline."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.model.reply import BarState, DurationBars
from dialogs.texts.catalog import get_texts
from knowledge.azure_times import parse_time
from knowledge.model.entry import Language

MAX_BAR_CHARS = 12
"""The length of the longest bar; a phone has to show a name and a duration beside it."""
_BAR_MARKS: Mapping[BarState, str] = {"failed": "✖", "stopped": "✖", "running": "●"}


def format_duration(seconds: int) -> str:
    """Format a duration for people, the same in every language: `5 s`, `3 min 42 s`, `4 h 2 min`."""
    hours, minutes, remaining_seconds = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (remaining_seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def format_size(byte_count: int) -> str:
    """Format a number of bytes for people, the same in every language: `812 B`, `180 KB`, `12 MB`."""
    if byte_count < 1000:
        return f"{byte_count} B"
    if byte_count < 999_500:  # what would round to 1000 KB is shown as 1 MB
        return f"{round(byte_count / 1000)} KB"
    if byte_count < 9_950_000:
        return f"{byte_count / 1e6:.1f}".removesuffix(".0") + " MB"
    return f"{round(byte_count / 1e6)} MB"


def build_bar_rows(bars: DurationBars, language: Language) -> list[tuple[str, str, str, BarState]]:
    """Build a tuple for each row: its bar (`▇▇▇`, "" without a duration), its name, its description, and its state."""
    longest = max((bar.seconds or 0 for bar in bars.rows), default=0)
    rows = []
    for bar in bars.rows:
        width = max(1, round(MAX_BAR_CHARS * bar.seconds / longest)) if bar.seconds and longest else 0
        mark = f"{_BAR_MARKS[bar.state]}\N{NO-BREAK SPACE}" if bar.state in _BAR_MARKS else ""
        duration = format_duration(bar.seconds) if bar.seconds is not None else ""
        label = get_texts().get(f"reply.bar.{bar.state}", language) if bar.state != "ended" else ""
        description = " ".join(part for part in (duration, label) if part)
        rows.append(("▇" * width, f"{mark}{bar.name}", description, bar.state))
    return rows


def format_time_span(start: str, end: str | None) -> str:
    """Format a time span to the minute, UTC; the end's date is shown only when it differs from the start's."""
    start_time, end_time = parse_time(start), parse_time(end)
    if start_time is None:
        return start
    if end_time is None:
        return start_time.strftime("%Y-%m-%d %H:%M")
    end_format = "%H:%M" if end_time.date() == start_time.date() else "%Y-%m-%d %H:%M"
    return f"{start_time:%Y-%m-%d %H:%M} – {end_time:{end_format}}"
