"""The dates that break builds: which sizes they concern, that their texts name the day, and faults with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog.breaking_dates import BreakingDate, find_size_date, load_breaking_dates
from knowledge.catalog.loading import load_entries
from knowledge.checks.entry_checks import check_entries
from knowledge.model.errors import InvalidFilesError

DATES = load_breaking_dates()
MONTHS = {
    "en": ("February 3", "March 31", "May 1", "September 30", "November 15"),
    "it": ("3 febbraio", "31 marzo", "1° maggio", "30 settembre", "15 novembre"),
}
SIZES = [
    ("Standard_D1_v2", "2028-05-01"),
    ("standard_d2_V2", "2028-05-01"),
    ("Standard_DS2_v2", "2028-05-01"),
    ("Standard_DS11-1_v2", "2028-05-01"),
    ("Standard_D2_v2_Promo", "2028-05-01"),
    ("Standard_D4", "2028-05-01"),
    ("Standard_L8s", "2028-05-01"),
    ("Standard_A1_v2", "2028-11-15"),
    ("Standard_A2m_v2", "2028-11-15"),
    ("Standard_B2ms", "2028-11-15"),
    ("Standard_B1ls", "2028-11-15"),
    ("Standard_F4", "2028-11-15"),
    ("Standard_F4s", "2028-11-15"),
    ("Standard_F4s_v2", "2028-11-15"),
    ("Standard_GS5-16", "2028-11-15"),
    ("Standard_L8s_v2", "2028-11-15"),
    ("Standard_NV12s_v3", "2026-09-30"),
    ("Standard_NV4as_v4", "2026-09-30"),
    ("Standard_D2ds_v4", None),
    ("Standard_D2s_v5", None),
    ("Standard_D2_v3", None),
    ("Standard_B2s_v2", None),
    ("Standard_B2as_v2", None),
    ("Standard_L8s_v3", None),
    ("Standard_F4as_v6", None),
    ("Standard_NV6ads_A10_v5", None),
    ("Standard_M8ms", None),
    ("", None),
]


@pytest.mark.parametrize(("size", "day"), SIZES, ids=[size or "none" for size, _ in SIZES])
def test_a_size_that_retires_has_its_day(size: str, day: str | None) -> None:
    found = find_size_date(size, "compute-quota-or-sku")
    assert (found.day.isoformat() if found else None) == day


def test_a_size_matters_only_to_the_entries_named() -> None:
    assert find_size_date("Standard_D1_v2", "dpkg-lock") is None


@pytest.mark.parametrize("breaking_date", DATES, ids=[breaking_date.id for breaking_date in DATES])
def test_a_text_names_its_day_and_its_source(breaking_date: BreakingDate) -> None:
    for language in ("en", "it"):
        text = breaking_date.text.get(language)
        assert str(breaking_date.day.year) in text
        assert any(month in text for month in MONTHS[language]), text
    assert breaking_date.source.startswith("https://")


def test_the_entries_named_say_the_year() -> None:
    entries = load_entries()
    for breaking_date in DATES:
        for name in breaking_date.entries if not breaking_date.sizes else ():
            entry = entries[name]
            texts = [entry.cause, *(step.do for step in entry.steps), *([entry.retry_note] if entry.retry_note else [])]
            for language in ("en", "it"):
                assert any(str(breaking_date.day.year) in text.get(language) for text in texts), (
                    name,
                    breaking_date.id,
                )


BROKEN = """\
dates:
  - id: a
    date: 2028-02-31x
    read: 2026-11-28
    source: https://example.org
    text: {en: a, it: b}
  - id: a
    date: 2028-05-01
    read: 2026-11-28
    source: https://example.org
    entries: [no-such-entry]
    sizes: ['Standard_(']
    text: {en: only english}
"""


def test_every_fault_has_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "dates.yaml"
    path.write_text(BROKEN)
    with pytest.raises(InvalidFilesError):
        load_breaking_dates(path)
    faults = [str(fault) for fault in check_entries(tmp_path / "none", dates=path)]
    for line, part in (
        (3, "must be a day"),
        (7, "'a' is used twice"),
        (11, "there's no entry 'no-such-entry'"),
        (12, "RE2 doesn't accept"),
        (13, "needs an 'en' and an 'it' text"),
    ):
        assert any(f"dates.yaml:{line}" in fault and part in fault for fault in faults), (line, part, faults)


def test_a_file_without_dates_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "dates.yaml"
    path.write_text("dates: []\n")
    with pytest.raises(InvalidFilesError, match="at least one date"):
        load_breaking_dates(path)
