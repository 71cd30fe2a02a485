"""Explains error codes of Azure that no entry recognizes by themselves, from the table in `error_codes.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.catalog.entry_parsing import read_reference
from knowledge.model.entry import LocalizedText, Reference
from knowledge.model.errors import InvalidFilesError
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile, read_yaml_file

ERROR_CODES_PATH = Path(__file__).parents[1] / "error_codes.yaml"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """What a code means, the page that says so, and the entries of failures that it may belong to."""

    meaning: LocalizedText
    reference: Reference
    entries: tuple[str, ...] = ()


def find_error_code(code: str) -> ErrorCode | None:
    """Return what is known of an error code, None if that is nothing."""
    return load_error_codes().get(code.casefold())


@cache
def load_error_codes(path: Path = ERROR_CODES_PATH) -> Mapping[str, ErrorCode]:
    """Load the file, by the code in lower case. Raise `InvalidFilesError` with every fault of it."""
    file, known = read_error_codes(path)
    if faults := file.list_faults():
        raise InvalidFilesError(faults)
    return known


def read_error_codes(path: Path) -> tuple[YamlFile, Mapping[str, ErrorCode]]:
    """Read the file, and record its faults in it."""
    file = read_yaml_file(path)
    known: dict[str, ErrorCode] = {}
    section = Section(file, (), file.value, ("codes",))
    section.build_each("codes", lambda file, key_path, item: _read_code(file, key_path, item, known))
    if not known:
        section.add_fault("codes", "'codes' must be a list of codes with their meaning")
    return file, known


def _read_code(file: YamlFile, key_path: KeyPath, item: Any, known: dict[str, ErrorCode]) -> None:
    section = Section(file, key_path, item, ("codes", "meaning", "reference", "entries"))
    reference = section.build_nested("reference", read_reference)
    read = ErrorCode(section.get_localized("meaning"), reference, tuple(section.get_texts("entries")))
    codes = section.get_texts("codes")
    if not codes:
        section.add_fault("codes", "'codes' must be a list of words, such as [TooManyRequests]")
    for code in codes:
        if known.setdefault(code.casefold(), read) is not read:
            section.add_fault("codes", f"{code} already has a meaning")
