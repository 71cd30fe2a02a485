"""Says what an exit code means, where that is known (`exit_codes.yaml`) or can be computed; `None` where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.catalog.yaml_section import Section, Trail, YamlFile
from knowledge.model.entry import Language, LocalText
from knowledge.model.errors import EntriesInvalid

CODES = Path(__file__).parents[1] / "exit_codes.yaml"

_SYSTEMS = ("windows", "linux")
_WORD = 1 << 32
_WIN32 = 0x80070000  # an HRESULT that carries a Windows error in its lower half
_ROBOCOPY = 8  # below, robocopy's codes are its ways of success
_SIGNALS: Mapping[int, LocalText] = {
    1: LocalText("SIGHUP, the session ended", "SIGHUP, la sessione è terminata"),
    2: LocalText("SIGINT, an interrupt", "SIGINT, un'interruzione"),
    4: LocalText("SIGILL, an illegal instruction", "SIGILL, un'istruzione non valida"),
    6: LocalText("SIGABRT, the program gave up", "SIGABRT, il programma si è interrotto da solo"),
    7: LocalText("SIGBUS, a bus error", "SIGBUS, un errore di bus"),
    8: LocalText("SIGFPE, an arithmetic error", "SIGFPE, un errore aritmetico"),
    9: LocalText("SIGKILL, most likely because memory ran out", "SIGKILL, probabilmente per memoria esaurita"),
    11: LocalText("SIGSEGV, the program crashed", "SIGSEGV, il programma si è arrestato in modo anomalo"),
    13: LocalText("SIGPIPE, a broken pipe", "SIGPIPE, una pipe interrotta"),
    15: LocalText("SIGTERM, stopped from outside", "SIGTERM, arresto richiesto dall'esterno"),
}
_ENDED = LocalText("ended by signal {number} ({name})", "terminato dal segnale {number} ({name})")
_BARE = LocalText("ended by signal {number}", "terminato dal segnale {number}")
_COPIED = LocalText(
    "from robocopy: below 8 means success; anything else has a meaning of its own",
    "da robocopy: un valore inferiore a 8 indica un esito positivo; per altri programmi il significato è un altro",
)
_WINDOWS_ERROR = LocalText(
    "Windows error {number}; `net helpmsg {number}` explains it",
    "errore di Windows {number}; `net helpmsg {number}` lo spiega",
)
_LAST_SIGNAL = 31

Table = Mapping[tuple[int, str | None], LocalText]


def meaning(code: int, os: str | None = None, language: Language = "en") -> str | None:
    """What `code` means on `os` (`windows`, `linux`, or `None` when unknown), in `language`; `None` if nobody knows.

    Windows codes may be given signed or unsigned: -2147023278 and 2147944018 are the same.
    """
    table = load_exit_codes()
    code %= _WORD
    anywhere = table.get((code, None))
    if anywhere:
        return anywhere.in_(language)
    systems = (os,) if os in _SYSTEMS else _SYSTEMS
    known = {system: said for system in systems if (said := _on(table, code, system, language))}
    if len(known) < 2:
        return next(iter(known.values()), None)
    return "; ".join(f"{system.capitalize()}: {said}" for system, said in known.items())


def _on(table: Table, code: int, os: str, language: Language) -> str | None:
    said = table.get((code, os))
    if said:
        return said.in_(language)
    if os == "linux":
        return _signal(code, language)
    if code & 0xFFFF0000 == _WIN32:
        inner = table.get((code & 0xFFFF, "windows"))
        return f"0x{code:08X}: {(inner or _WINDOWS_ERROR).in_(language)}".format(number=code & 0xFFFF)
    return _COPIED.in_(language) if 1 < code < _ROBOCOPY else None


def _signal(code: int, language: Language) -> str | None:
    number = code - 128
    if not 1 <= number <= _LAST_SIGNAL:
        return None
    name = _SIGNALS.get(number)
    form = (_ENDED if name else _BARE).in_(language)
    return form.format(number=number, name=name.in_(language) if name else "")


@cache
def load_exit_codes(path: Path = CODES) -> Table:
    """The codes of the file, unsigned, each with its system (`None`: any). Raises `EntriesInvalid` with every fault."""
    file = YamlFile(path, path.name)
    table: dict[tuple[int, str | None], LocalText] = {}
    items: Any = file.value if isinstance(file.value, list) else []
    if not items:
        file.fault((), "must be a list of codes with their meaning")
    for index, item in enumerate(items):
        _read(file, (index,), item, table)
    faults = file.faults()
    if faults:
        raise EntriesInvalid(faults)
    return table


def _read(file: YamlFile, trail: Trail, item: Any, table: dict[tuple[int, str | None], LocalText]) -> None:
    section = Section(file, trail, item, ("codes", "os", "meaning"))
    os = section.one_of("os", _SYSTEMS) if section.has("os") else None
    said = section.local("meaning")
    codes = section.raw("codes")
    if not isinstance(codes, list) or not codes:
        section.fault("codes", "'codes' must be a list of numbers")
        return
    for code in codes:
        try:
            number = int(str(code), 0) % _WORD
        except ValueError:
            section.fault("codes", f"{code!r} is not a number; write 1603 or '0x80070643'")
            continue
        if table.setdefault((number, os), said) is not said:
            section.fault("codes", f"{code} has a meaning already")
