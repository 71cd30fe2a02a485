"""Explains exit codes, from the table in `exit_codes.yaml` or by computation.

Computed are the signals behind a Linux exit code and the Windows error inside an HRESULT. An unknown code has no
explanation at all: a wrong one would send people the wrong way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.catalog.yaml_section import KeyPath, Section, YamlFile
from knowledge.model.entry import Language, LocalizedText
from knowledge.model.errors import InvalidEntriesError

EXIT_CODES_PATH = Path(__file__).parents[1] / "exit_codes.yaml"

_SYSTEMS = ("windows", "linux")
_UINT32_RANGE = 1 << 32
_WIN32_HRESULT_PREFIX = 0x80070000  # an HRESULT whose lower half is a Windows error
_MIN_ROBOCOPY_FAILURE = 8  # robocopy reports success with any code below this
_SIGNALS: Mapping[int, LocalizedText] = {
    1: LocalizedText("SIGHUP, the session ended", "SIGHUP, la sessione è terminata"),
    2: LocalizedText("SIGINT, an interrupt", "SIGINT, un'interruzione"),
    4: LocalizedText("SIGILL, an illegal instruction", "SIGILL, un'istruzione non valida"),
    6: LocalizedText("SIGABRT, the program gave up", "SIGABRT, il programma si è interrotto da solo"),
    7: LocalizedText("SIGBUS, a bus error", "SIGBUS, un errore di bus"),
    8: LocalizedText("SIGFPE, an arithmetic error", "SIGFPE, un errore aritmetico"),
    9: LocalizedText("SIGKILL, most likely because memory ran out", "SIGKILL, probabilmente per memoria esaurita"),
    11: LocalizedText("SIGSEGV, the program crashed", "SIGSEGV, il programma si è arrestato in modo anomalo"),
    13: LocalizedText("SIGPIPE, a broken pipe", "SIGPIPE, una pipe interrotta"),
    15: LocalizedText("SIGTERM, stopped from outside", "SIGTERM, arresto richiesto dall'esterno"),
}
_NAMED_SIGNAL_TEXT = LocalizedText("ended by signal {number} ({name})", "terminato dal segnale {number} ({name})")
_UNNAMED_SIGNAL_TEXT = LocalizedText("ended by signal {number}", "terminato dal segnale {number}")
_ROBOCOPY_TEXT = LocalizedText(
    "from robocopy: below 8 means success; anything else has a meaning of its own",
    "da robocopy: un valore inferiore a 8 indica un esito positivo; per altri programmi il significato è un altro",
)
_WIN32_ERROR_TEXT = LocalizedText(
    "Windows error {number}; `net helpmsg {number}` explains it",
    "errore di Windows {number}; `net helpmsg {number}` lo spiega",
)
_MAX_SIGNAL = 31

ExitCodeTable = Mapping[tuple[int, str | None], LocalizedText]


def describe_exit_code(code: int, os: str | None, language: Language) -> str | None:
    """Return what `code` means on an operating system, or `None` if that is unknown.

    `os` is `windows` or `linux`; with any other value the meanings on both are named. Windows codes may be signed or
    unsigned: -2147023278 and 2147944018 are the same code.
    """
    table = load_exit_codes()
    code %= _UINT32_RANGE
    universal_meaning = table.get((code, None))
    if universal_meaning:
        return universal_meaning.get(language)
    systems = (os,) if os in _SYSTEMS else _SYSTEMS
    meanings = {system: meaning for system in systems if (meaning := _describe_for_os(table, code, system, language))}
    if len(meanings) < 2:
        return next(iter(meanings.values()), None)
    return "; ".join(f"{system.capitalize()}: {meaning}" for system, meaning in meanings.items())


def _describe_for_os(table: ExitCodeTable, code: int, os: str, language: Language) -> str | None:
    listed_meaning = table.get((code, os))
    if listed_meaning:
        return listed_meaning.get(language)
    if os == "linux":
        return _describe_signal(code, language)
    if code & 0xFFFF0000 == _WIN32_HRESULT_PREFIX:
        win32_meaning = table.get((code & 0xFFFF, "windows"), _WIN32_ERROR_TEXT)
        return f"0x{code:08X}: {win32_meaning.get(language)}".format(number=code & 0xFFFF)
    return _ROBOCOPY_TEXT.get(language) if 1 < code < _MIN_ROBOCOPY_FAILURE else None


def _describe_signal(code: int, language: Language) -> str | None:
    number = code - 128  # a shell exits with 128 + n when signal n ends its command
    if not 1 <= number <= _MAX_SIGNAL:
        return None
    name = _SIGNALS.get(number)
    text = (_NAMED_SIGNAL_TEXT if name else _UNNAMED_SIGNAL_TEXT).get(language)
    return text.format(number=number, name=name.get(language) if name else "")


@cache
def load_exit_codes(path: Path = EXIT_CODES_PATH) -> ExitCodeTable:
    """Load the meanings by unsigned code and operating system, where `None` stands for both systems.

    Raises `InvalidEntriesError` with every fault of the file.
    """
    file = YamlFile(path, path.name)
    table: dict[tuple[int, str | None], LocalizedText] = {}
    items: Any = file.value if isinstance(file.value, list) else []
    if not items:
        file.add_fault((), "must be a list of codes with their meaning")
    for index, item in enumerate(items):
        _read_codes(file, (index,), item, table)
    faults = file.list_faults()
    if faults:
        raise InvalidEntriesError(faults)
    return table


def _read_codes(
    file: YamlFile, key_path: KeyPath, item: Any, table: dict[tuple[int, str | None], LocalizedText]
) -> None:
    section = Section(file, key_path, item, ("codes", "os", "meaning"))
    os = section.get_choice("os", _SYSTEMS) if section.has("os") else None
    meaning = section.get_localized("meaning")
    codes = section.get_raw("codes")
    if not isinstance(codes, list) or not codes:
        section.add_fault("codes", "'codes' must be a list of numbers")
        return
    for code in codes:
        try:
            number = int(str(code), 0) % _UINT32_RANGE
        except ValueError:
            section.add_fault("codes", f"{code!r} is not a number; write 1603 or '0x80070643'")
            continue
        if table.setdefault((number, os), meaning) is not meaning:
            section.add_fault("codes", f"{code} has a meaning already")
