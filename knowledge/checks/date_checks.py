"""Checks of dates: those in `dates.yaml`, and when each entry was last compared with its sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from knowledge.catalog.breaking_dates import read_breaking_dates
from knowledge.model.entry import Entry
from knowledge.model.errors import Fault


class StaleEntry(NamedTuple):
    """An entry, and how many days ago it was last compared with its sources."""

    entry: Entry
    days: int


def check_dates(path: Path, entries: Mapping[str, Entry] | None) -> list[Fault]:
    """Return the faults of the dates in `path`; with `entries`, also dates that name an entry not among them."""
    file, dates = read_breaking_dates(path)
    for index, breaking_date in enumerate(dates):
        for name in breaking_date.entries:
            if entries is not None and name not in entries:
                file.add_fault(("dates", index, "entries"), f"there's no entry {name!r}")
    return file.list_faults()


def list_stale_entries(entries: Iterable[Entry], today: date, max_days: int) -> list[StaleEntry]:
    """Return the entries that were reviewed more than `max_days` before `today`, the longest ago first."""
    ages = [StaleEntry(entry, (today - day).days) for entry in entries if (day := parse_review_day(entry.reviewed))]
    return sorted((age for age in ages if age.days > max_days), key=lambda age: (-age.days, age.entry.id))


def parse_review_day(text: str) -> date | None:
    """Return the day in `reviewed`, such as 2026-11-22; None if it isn't one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
