"""Entries that haven't been compared with their sources for a while."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.catalog.loading import load_entries
from knowledge.checks.date_checks import list_stale_entries, parse_review_day

TODAY = date(2026, 11, 30)
ENTRY = load_entries()["build-timeout"]
REVIEWED = {"old": "2025-11-30", "older": "2025-01-01", "border": "2026-11-20", "new": "2026-11-30", "none": "soon"}
ENTRIES = [ENTRY._replace(id=name, reviewed=day) for name, day in REVIEWED.items()]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["older", "old", "border"]),
        (9, ["older", "old", "border"]),
        (10, ["older", "old"]),
        (365, ["older"]),
        (9999, []),
    ],
)
def test_those_reviewed_longest_ago_come_first(days: int, expected: list[str]) -> None:
    assert [entry.id for entry, _ in list_stale_entries(ENTRIES, TODAY, days)] == expected


def test_the_days_are_counted() -> None:
    assert list_stale_entries(ENTRIES, TODAY, 365)[0].days == 698


@pytest.mark.parametrize(
    ("text", "is_day"), [("2026-11-22", True), ("2026-13-01", False), ("soon", False), ("", False)]
)
def test_only_a_day_is_a_review_day(text: str, is_day: bool) -> None:
    assert (parse_review_day(text) is not None) == is_day
