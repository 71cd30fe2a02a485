"""Says what an exit code means, where that is known (`exit_codes.yaml`) or can be computed; `None` where it is not."""

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
_WIN32_HRESULT_PREFIX = 0x80070000  # an HRESULT that carries a Windows error in its lower half
_MIN_ROBOCOPY_FAILURE = 8  # below, robocopy's codes are its ways of success
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


def describe_exit_code(code: int, os: str | None = None, language: Language = "en") -> str | None:
    """What `code` means on `os` (`windows`, `linux`, or `None` when unknown), in `language`; `None` if nobody knows.

    Windows codes may be given signed or unsigned: -2147023278 and 2147944018 are the same.
    """
    table = load_exit_codes()
    code %= _UINT32_RANGE
    anywhere = table.get((code, None))
    if anywhere:
        return anywhere.get(language)
    systems = (os,) if os in _SYSTEMS else _SYSTEMS
    known = {system: said for system in systems if (said := _describe_for_os(table, code, system, language))}
    if len(known) < 2:
        return next(iter(known.values()), None)
    return "; ".join(f"{system.capitalize()}: {said}" for system, said in known.items())


def _describe_for_os(table: ExitCodeTable, code: int, os: str, language: Language) -> str | None:
    said = table.get((code, os))
    if said:
        return said.get(language)
    if os == "linux":
        return _describe_signal(code, language)
    if code & 0xFFFF0000 == _WIN32_HRESULT_PREFIX:
        inner = table.get((code & 0xFFFF, "windows"))
        return f"0x{code:08X}: {(inner or _WIN32_ERROR_TEXT).get(language)}".format(number=code & 0xFFFF)
    return _ROBOCOPY_TEXT.get(language) if 1 < code < _MIN_ROBOCOPY_FAILURE else None


def _describe_signal(code: int, language: Language) -> str | None:
    number = code - 128
    if not 1 <= number <= _MAX_SIGNAL:
        return None
    name = _SIGNALS.get(number)
    form = (_NAMED_SIGNAL_TEXT if name else _UNNAMED_SIGNAL_TEXT).get(language)
    return form.format(number=number, name=name.get(language) if name else "")


@cache
def load_exit_codes(path: Path = EXIT_CODES_PATH) -> ExitCodeTable:
    """The codes of the file, unsigned, each with its system (`None`: any). Raises `EntriesInvalid` with every fault."""
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
    said = section.get_localized("meaning")
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
        if table.setdefault((number, os), said) is not said:
            section.add_fault("codes", f"{code} has a meaning already")
