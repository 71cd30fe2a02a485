"""Explains exit codes, from the table in `exit_codes.yaml` or by computation.

The signal behind a Linux exit code and the Windows error inside an HRESULT are computed. An unknown code gets no
explanation at all: a wrong one would send people in the wrong direction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language, LocalizedText, Step
from knowledge.model.errors import InvalidFilesError
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile, read_yaml_file

EXIT_CODES_PATH = Path(__file__).parents[1] / "exit_codes.yaml"

_SYSTEMS = ("windows", "linux")
_UINT32_RANGE = 1 << 32
_WIN32_HRESULT_PREFIX = 0x80070000  # an HRESULT whose lower half is a Windows error
_MIN_ROBOCOPY_FAILURE = 8  # robocopy reports success with any code below this
_MAX_SIGNAL = 31

_MAX_ROBOCOPY_CODE = 31
_NUMBER = re.compile(r"-?\d+|0x[0-9a-fA-F]+")

ROBOCOPY = "robocopy"
"""The one program whose codes mean nothing of what they mean elsewhere."""
_SENTENCES = (
    "named_signal",
    "unnamed_signal",
    "robocopy",
    "robocopy_nothing",
    "robocopy_success",
    "robocopy_failure",
    "win32_error",
)


@dataclass(frozen=True, slots=True)
class ExitCodes:
    """The meanings by unsigned code and operating system, of signals and of robocopy's bits, and of other codes.

    An operating system of `None` means both. `robocopy_notes` say what a code means if robocopy may have returned it.
    """

    meanings: Mapping[tuple[int, str | None], LocalizedText]
    robocopy_notes: Mapping[int, LocalizedText]
    signal_names: Mapping[int, LocalizedText]
    robocopy_bits: Mapping[int, LocalizedText]
    sentences: Mapping[str, LocalizedText]


def find_program(diagnosis: Diagnosis) -> str:
    """Return the program that a failed step's exit code comes from, if its meaning depends on that; "" if not."""
    finding = diagnosis.finding
    if finding is not None and finding.id.startswith(f"{ROBOCOPY}-"):
        return ROBOCOPY
    is_shown = any(ROBOCOPY in line.text.lower() for line in diagnosis.excerpt)
    return ROBOCOPY if is_shown and diagnosis.os != "linux" else ""


def describe_exit_code(code: int, os: str | None, language: Language, program: str = "") -> str | None:
    """Return what `code` means on an operating system, or `None` if that is unknown.

    `os` is `windows` or `linux`; for any other value, the meanings on both are given. Windows codes may be signed or
    unsigned: -2147023278 and 2147944018 are the same code. `program` is what ended with it, as of `find_program`.
    """
    meanings = list_meanings(code, os, language, program)
    if len(meanings) < 2:
        return next(iter(meanings.values()), None)
    return "; ".join(f"{system}: {meaning}" for system, meaning in meanings.items())


def list_meanings(code: int, os: str | None, language: Language, program: str = "") -> Mapping[str, str]:
    """Return what `code` means on each system, `Windows` or `Linux`; the key is "" if that makes no difference.

    The arguments are those of `describe_exit_code`.
    """
    known = load_exit_codes()
    if program == ROBOCOPY and 0 <= code <= _MAX_ROBOCOPY_CODE:
        return {"": _describe_robocopy_code(known, code, language)}
    code %= _UINT32_RANGE
    universal_meaning = known.meanings.get((code, None))
    if universal_meaning:
        return {"": _add_robocopy_note(known, code, universal_meaning.get(language), language)}
    systems = (os,) if os in _SYSTEMS else _SYSTEMS
    return {
        system.capitalize(): meaning
        for system in systems
        if (meaning := _describe_for_os(known, code, system, language))
    }


def list_step_codes(step: Step, language: Language) -> Mapping[str, str]:
    """Return what each of a step's codes means; codes without a meaning are left out."""
    meanings = {
        code: meaning.get(language) if meaning else _describe_listed_code(code, step.os, language)
        for code, meaning in step.codes
    }
    return {code: meaning for code, meaning in meanings.items() if meaning}


def _describe_listed_code(code: str, os: str, language: Language) -> str | None:
    """Return what a code in a table means: without the code itself, and without its meaning from other programs."""
    if not _NUMBER.fullmatch(code):
        return None
    meanings, number = load_exit_codes().meanings, int(code, 0) % _UINT32_RANGE
    keys: list[tuple[int, str | None]] = [(number, system) for system in (None, *((os,) if os else _SYSTEMS))]
    keys += [(number & 0xFFFF, "windows")] if number & 0xFFFF0000 == _WIN32_HRESULT_PREFIX else []
    listed = next((meanings[key] for key in keys if key in meanings), None)
    return listed.get(language) if listed else describe_exit_code(number, os, language)


def _describe_for_os(known: ExitCodes, code: int, os: str, language: Language) -> str | None:
    listed_meaning = known.meanings.get((code, os))
    if listed_meaning:
        meaning = listed_meaning.get(language)
        return meaning if os == "linux" else _add_robocopy_note(known, code, meaning, language)
    if os == "linux":
        return _describe_signal(known, code, language)
    if code & 0xFFFF0000 == _WIN32_HRESULT_PREFIX:
        win32_meaning = known.meanings.get((code & 0xFFFF, "windows"), known.sentences["win32_error"])
        return f"0x{code:08X}: {win32_meaning.get(language)}".format(number=code & 0xFFFF)
    return known.sentences["robocopy"].get(language) if 1 < code < _MIN_ROBOCOPY_FAILURE else None


def _add_robocopy_note(known: ExitCodes, code: int, meaning: str, language: Language) -> str:
    note = known.robocopy_notes.get(code)
    return f"{meaning} ({note.get(language)})" if note else meaning


def _describe_robocopy_code(known: ExitCodes, code: int, language: Language) -> str:
    if code == 0:
        return known.sentences["robocopy_nothing"].get(language)
    meanings = [meaning.get(language) for bit, meaning in known.robocopy_bits.items() if code & bit]
    sentence = known.sentences["robocopy_success" if code < _MIN_ROBOCOPY_FAILURE else "robocopy_failure"]
    return sentence.get(language).format(meaning="; ".join(meanings))


def _describe_signal(known: ExitCodes, code: int, language: Language) -> str | None:
    number = code - 128  # a shell exits with 128 + n when signal n ends its command
    if not 1 <= number <= _MAX_SIGNAL:
        return None
    name = known.signal_names.get(number)
    text = known.sentences["named_signal" if name else "unnamed_signal"].get(language)
    return text.format(number=number, name=name.get(language) if name else "")


@cache
def load_exit_codes(path: Path = EXIT_CODES_PATH) -> ExitCodes:
    """Load the file. Raise `InvalidFilesError` with all of its faults."""
    file = read_yaml_file(path)
    section = Section(file, (), file.value, ("codes", "signals", "robocopy_bits", "sentences"))
    meanings: dict[tuple[int, str | None], LocalizedText] = {}
    notes: dict[int, LocalizedText] = {}
    section.build_each("codes", lambda file, key_path, item: _read_codes(file, key_path, item, meanings, notes))
    if not meanings:
        section.add_fault("codes", "'codes' must be a list of codes with their meaning")
    known = ExitCodes(
        meanings,
        notes,
        dict(section.build_each("signals", _read_number)),
        dict(section.build_each("robocopy_bits", _read_number)),
        section.build_nested("sentences", _read_sentences),
    )
    faults = file.list_faults()
    if faults:
        raise InvalidFilesError(faults)
    return known


def _read_number(file: YamlFile, key_path: KeyPath, item: Any) -> tuple[int, LocalizedText]:
    section = Section(file, key_path, item, ("number", "name"))
    return section.get_int("number", 0), section.get_localized("name")


def _read_sentences(file: YamlFile, key_path: KeyPath, value: Any) -> Mapping[str, LocalizedText]:
    section = Section(file, key_path, value, _SENTENCES)
    return {key: section.get_localized(key) for key in _SENTENCES}


def _read_codes(
    file: YamlFile,
    key_path: KeyPath,
    item: Any,
    meanings: dict[tuple[int, str | None], LocalizedText],
    notes: dict[int, LocalizedText],
) -> None:
    section = Section(file, key_path, item, ("codes", "os", "meaning", "robocopy"))
    os = section.get_choice("os", _SYSTEMS) if section.has("os") else None
    meaning = section.get_localized("meaning")
    note = section.get_optional_localized("robocopy")
    codes = section.get_raw("codes")
    if not isinstance(codes, list) or not codes:
        section.add_fault("codes", "'codes' must be a list of numbers")
        return
    for code in codes:
        try:
            number = int(str(code), 0) % _UINT32_RANGE
        except ValueError:
            section.add_fault("codes", f"{code!r} isn't a number; write 1603 or '0x80070643'")
            continue
        if meanings.setdefault((number, os), meaning) is not meaning:
            section.add_fault("codes", f"{code} already has a meaning")
        if note:
            notes[number] = note
