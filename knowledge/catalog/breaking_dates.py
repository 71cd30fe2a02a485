"""Dates on which Azure ends or changes something that builds use (`dates.yaml`)."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import re2

from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import LocalizedText
from knowledge.model.errors import InvalidFilesError
from knowledge.patterns import InvalidPatternError, compile_pattern
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile, read_yaml_file

DATES_PATH = Path(__file__).parents[1] / "dates.yaml"

_KEYS = ("id", "date", "read", "source", "entries", "sizes", "text")


class BreakingDate(NamedTuple):
    """A day from which something that builds use no longer works as before.

    Attributes:
        read_on: When somebody last checked it against `source`.
        entries: The ids of the entries that it can lead to.
        sizes: A pattern for the names of the affected VM sizes; empty if it isn't about sizes.
        text: What happens, with the value `size`.
    """

    id: str
    day: date
    read_on: date
    source: str
    entries: tuple[str, ...]
    sizes: tuple[re2._Regexp[bytes], ...]
    text: LocalizedText

    def concerns(self, vm_size: str) -> bool:
        """Whether it affects `vm_size`."""
        return any(size.fullmatch(vm_size.encode("utf-8", "replace")) for size in self.sizes)


class SizeRetirement(NamedTuple):
    """A build's VM size, and when Azure retires it."""

    size: str
    date: BreakingDate


def find_size_date(vm_size: str, entry_id: str) -> BreakingDate | None:
    """Return when Azure retires `vm_size`, if it does and that can lead to the entry."""
    return next(
        (found for found in load_breaking_dates() if entry_id in found.entries and found.concerns(vm_size)), None
    )


def find_size_retirement(diagnosis: Diagnosis, entry_id: str) -> SizeRetirement | None:
    """Return when Azure retires the size that the entry's error names, or the template's; None if it doesn't."""
    match = next((match for match in diagnosis.matches if match.entry == entry_id), None)
    size = str((match.values.get("size") if match else None) or diagnosis.facts.get("vm_size") or "")
    breaking_date = find_size_date(size, entry_id)
    return SizeRetirement(size, breaking_date) if breaking_date else None


@cache
def load_breaking_dates(path: Path = DATES_PATH) -> tuple[BreakingDate, ...]:
    """Load the dates in `path`. Raise `InvalidFilesError` with every fault of the file."""
    file, dates = read_breaking_dates(path)
    if faults := file.list_faults():
        raise InvalidFilesError(faults)
    return dates


def read_breaking_dates(path: Path = DATES_PATH) -> tuple[YamlFile, tuple[BreakingDate, ...]]:
    """Read the dates in `path` and return them with the file, in which faults are recorded."""
    file = read_yaml_file(path)
    section = Section(file, (), file.value, ("dates",))
    dates = section.build_each("dates", _parse_breaking_date)
    if not dates:
        section.add_fault("dates", "'dates' needs at least one date")
    known_ids: set[str] = set()
    for index, breaking_date in enumerate(dates):
        if breaking_date.id in known_ids:
            file.add_fault(("dates", index, "id"), f"{breaking_date.id!r} is used twice")
        known_ids.add(breaking_date.id)
    return file, dates


def _parse_breaking_date(file: YamlFile, key_path: KeyPath, value: Any) -> BreakingDate:
    section = Section(file, key_path, value, _KEYS)
    return BreakingDate(
        id=section.get_text("id"),
        day=_parse_day(section, "date"),
        read_on=_parse_day(section, "read"),
        source=section.get_text("source"),
        entries=section.get_texts("entries"),
        sizes=_compile_sizes(section),
        text=section.get_localized("text"),
    )


def _parse_day(section: Section, key: str) -> date:
    try:
        return date.fromisoformat(section.get_text(key))
    except ValueError:
        section.add_fault(key, f"{key!r} must be a day, such as 2028-05-01")
        return date.max


def _compile_sizes(section: Section) -> tuple[re2._Regexp[bytes], ...]:
    patterns = []
    for pattern in section.get_texts("sizes"):
        try:
            patterns.append(compile_pattern(pattern))
        except InvalidPatternError as error:
            section.add_fault("sizes", str(error))
    return tuple(patterns)
