"""How long things took, as people write it: in words, and as the rows of a timeline."""

from __future__ import annotations

from dialogs.model.reply import Bars, BarState
from knowledge.model.entry import Language, LocalText

WIDEST = 12
"""Characters of the longest bar: a phone shows it beside a name and a duration."""

_STATES: dict[BarState, LocalText] = {
    "ended": LocalText(en="", it=""),
    "failed": LocalText(en="✖ failed", it="✖ non riuscito"),
    "stopped": LocalText(en="✖ stopped", it="✖ interrotto"),
    "running": LocalText(en="… running", it="… in corso"),
    "pending": LocalText(en="not reached", it="non raggiunto"),
}


def seconds_in_words(seconds: int) -> str:
    """A duration as people write it, the same in both languages: `5 s`, `3 min 42 s`, `4 h 2 min`."""
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def size_in_words(count: int) -> str:
    """A number of bytes as people write it, the same in both languages: `812 B`, `180 KB`, `12 MB`."""
    if count < 1000:
        return f"{count} B"
    if count < 999_500:
        return f"{round(count / 1000)} KB"
    return f"{count / 1e6:.1f}".removesuffix(".0") + " MB" if count < 9_950_000 else f"{round(count / 1e6)} MB"


def bar_rows(bars: Bars, language: Language) -> list[tuple[str, str, str, BarState]]:
    """For each row its bar (`▇▇▇`, "" where it took no known time), its name, what is said of it, and its state."""
    longest = max((bar.seconds or 0 for bar in bars.rows), default=0)
    rows = []
    for bar in bars.rows:
        width = max(1, round(WIDEST * bar.seconds / longest)) if bar.seconds and longest else 0
        took = seconds_in_words(bar.seconds) if bar.seconds is not None else ""
        said = " ".join(part for part in (took, _STATES[bar.state].in_(language)) if part)
        rows.append(("▇" * width, bar.name, said, bar.state))
    return rows
