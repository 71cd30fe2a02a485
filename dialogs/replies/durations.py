"""How long things took, as people write it: in words, and as the rows of a timeline."""

from __future__ import annotations

from dialogs.model.reply import BarState, DurationBars
from knowledge.model.entry import Language, LocalizedText

MAX_BAR_CHARS = 12
"""Characters of the longest bar: a phone shows it beside a name and a duration."""

_STATE_LABELS: dict[BarState, LocalizedText] = {
    "ended": LocalizedText(en="", it=""),
    "failed": LocalizedText(en="✖ failed", it="✖ non riuscito"),
    "stopped": LocalizedText(en="✖ stopped", it="✖ interrotto"),
    "running": LocalizedText(en="… running", it="… in corso"),
    "pending": LocalizedText(en="not reached", it="non raggiunto"),
}


def format_duration(seconds: int) -> str:
    """A duration as people write it, the same in both languages: `5 s`, `3 min 42 s`, `4 h 2 min`."""
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def format_size(byte_count: int) -> str:
    """A number of bytes as people write it, the same in both languages: `812 B`, `180 KB`, `12 MB`."""
    if byte_count < 1000:
        return f"{byte_count} B"
    if byte_count < 999_500:
        return f"{round(byte_count / 1000)} KB"
    return (
        f"{byte_count / 1e6:.1f}".removesuffix(".0") + " MB"
        if byte_count < 9_950_000
        else f"{round(byte_count / 1e6)} MB"
    )


def build_bar_rows(bars: DurationBars, language: Language) -> list[tuple[str, str, str, BarState]]:
    """For each row its bar (`▇▇▇`, "" where it took no known time), its name, what is said of it, and its state."""
    longest = max((bar.seconds or 0 for bar in bars.rows), default=0)
    rows = []
    for bar in bars.rows:
        width = max(1, round(MAX_BAR_CHARS * bar.seconds / longest)) if bar.seconds and longest else 0
        took = format_duration(bar.seconds) if bar.seconds is not None else ""
        said = " ".join(part for part in (took, _STATE_LABELS[bar.state].get(language)) if part)
        rows.append(("▇" * width, bar.name, said, bar.state))
    return rows
