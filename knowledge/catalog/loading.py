"""Loads the entries: every `knowledge/entries/<phase>/<id>.yaml` as an `Entry`, or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from knowledge.catalog.yaml_section import Section, Trail, YamlFile
from knowledge.model.entry import (
    LANGUAGES,
    Area,
    Basis,
    Effect,
    Entry,
    Example,
    Language,
    LineKind,
    LookAlike,
    NearMiss,
    Phase,
    Reference,
    Repeats,
    Retry,
    Role,
    Severity,
    Signature,
    Step,
    Strength,
)
from knowledge.model.errors import EntriesInvalid

ENTRIES = Path(__file__).parents[1] / "entries"

_ENTRY_KEYS = (
    "id",
    "phase",
    "area",
    "severity",
    "retry",
    "role",
    "tier",
    "basis",
    "reviewed",
    "os",
    "title",
    "sign",
    "cause",
    "retry_note",
    "signatures",
    "explains",
    "steps",
    "look_alikes",
    "references",
    "examples",
    "near_misses",
    "words",
)
_SIGNATURE_KEYS = (
    "id",
    "strength",
    "text",
    "regex",
    "within",
    "line",
    "repeats",
    "unless",
    "together_with",
    "before",
    "inside",
    "reject",
    "observed",
    "elsewhere",
)
STEP_KEYS = ("do", "expect", "cli", "powershell", "effect", "save_first")
_SYSTEMS = ("linux", "windows")


class EntryFile(NamedTuple):
    """An entry, and the file in which faults are noted."""

    entry: Entry
    file: YamlFile


def load_entries(root: Path = ENTRIES) -> Mapping[str, Entry]:
    """The entries below `root` by id, in a stable order. Raises `EntriesInvalid` with every fault of form."""
    read = read_entries(root)
    faults = [fault for one in read for fault in one.file.faults()]
    if faults:
        raise EntriesInvalid(faults)
    return {one.entry.id: one.entry for one in read}


def read_entries(root: Path = ENTRIES) -> list[EntryFile]:
    """Every entry file below `root`; what is wrong with its form is noted in its file."""
    read: list[EntryFile] = []
    taken: dict[str, str] = {}
    for path in sorted(root.glob("*/*.yaml")):
        file = YamlFile(path, f"{path.parent.parent.name}/{path.parent.name}/{path.name}")
        entry = _entry(file, path)
        if entry.id in taken:
            file.fault(("id",), f"the id {entry.id!r} is taken by {taken[entry.id]}")
        taken.setdefault(entry.id, file.shown_as)
        read.append(EntryFile(entry, file))
    return read


def _entry(file: YamlFile, path: Path) -> Entry:
    section = Section(file, (), file.value, _ENTRY_KEYS)
    entry = Entry(
        id=section.text("id"),
        phase=section.one_of("phase", get_args(Phase)),
        area=section.one_of("area", get_args(Area)),
        severity=section.one_of("severity", get_args(Severity)),
        retry=section.one_of("retry", get_args(Retry)),
        role=section.one_of("role", get_args(Role), "cause"),
        tier=section.number("tier", 2),
        basis=section.one_of("basis", get_args(Basis)),
        reviewed=section.text("reviewed"),
        os=_systems(section),
        title=section.local("title"),
        sign=section.local("sign"),
        cause=section.local("cause"),
        retry_note=section.maybe_local("retry_note"),
        signatures=section.each("signatures", _signature),
        explains=section.texts("explains"),
        steps=section.each("steps", _step),
        look_alikes=section.each("look_alikes", _look_alike),
        references=section.each("references", read_reference),
        examples=section.each("examples", _example),
        near_misses=section.each("near_misses", _near_miss),
        words=_words(section),
    )
    if entry.id and entry.id != path.stem:
        section.fault("id", f"the id {entry.id!r} must be the file's name, {path.stem!r}")
    if entry.phase != path.parent.name:
        section.fault("phase", f"the phase {entry.phase!r} must be the folder's name, {path.parent.name!r}")
    return entry


def _systems(section: Section) -> tuple[str, ...]:
    systems = section.texts("os") or _SYSTEMS
    if not set(systems) <= set(_SYSTEMS):
        section.fault("os", f"'os' is a list of {' and '.join(_SYSTEMS)}")
    return systems


def _words(section: Section) -> Mapping[Language, tuple[str, ...]]:
    if not section.has("words"):
        return {}
    inner = section.nested("words", lambda file, trail, value: Section(file, trail, value, LANGUAGES))
    return {language: inner.texts(language) for language in LANGUAGES}


def _signature(file: YamlFile, trail: Trail, value: Any) -> Signature:
    section = Section(file, trail, value, _SIGNATURE_KEYS)
    return Signature(
        id=section.text("id"),
        strength=section.one_of("strength", get_args(Strength)),
        text=section.texts("text"),
        regex=section.maybe("regex"),
        within=section.number("within", 300),
        line=section.one_of("line", get_args(LineKind), "any"),
        repeats=section.nested("repeats", _repeats) if section.has("repeats") else None,
        unless=section.texts("unless"),
        together_with=section.texts("together_with"),
        before=section.maybe("before"),
        inside=section.texts("inside"),
        reject=section.nested("reject", _rejected) if section.has("reject") else {},
        observed=section.maybe("observed"),
        elsewhere=section.flag("elsewhere"),
    )


def _rejected(file: YamlFile, trail: Trail, value: Any) -> Mapping[str, tuple[str, ...]]:
    names = tuple(value) if isinstance(value, dict) else ()
    section = Section(file, trail, value, names)
    return {str(name): section.texts(name) for name in names}


def _repeats(file: YamlFile, trail: Trail, value: Any) -> Repeats:
    section = Section(file, trail, value, ("certain", "likely"))
    return Repeats(section.number("certain", 1), section.number("likely", 1))


def _step(file: YamlFile, trail: Trail, value: Any) -> Step:
    return read_step(Section(file, trail, value, STEP_KEYS))


def read_step(section: Section) -> Step:
    """The step that `section` describes in its `STEP_KEYS`."""
    return Step(
        do=section.local("do"),
        expect=section.maybe_local("expect"),
        cli=_command(section, "cli"),
        powershell=_command(section, "powershell"),
        effect=section.one_of("effect", get_args(Effect), "reads"),
        save_first=section.maybe_local("save_first"),
    )


def _command(section: Section, key: str) -> str | None:
    command = section.maybe(key)
    return command.strip("\n") if command else None


def _look_alike(file: YamlFile, trail: Trail, value: Any) -> LookAlike:
    section = Section(file, trail, value, ("entry", "tell"))
    return LookAlike(entry=section.text("entry"), tell=section.local("tell"))


def read_reference(file: YamlFile, trail: Trail, value: Any) -> Reference:
    """A page's title and address."""
    section = Section(file, trail, value, ("title", "url"))
    return Reference(title=section.text("title"), url=section.text("url"))


def _example(file: YamlFile, trail: Trail, value: Any) -> Example:
    section = Section(file, trail, value, ("text", "source", "evidence", "confidence"))
    return Example(
        text=section.text("text"),
        source=section.text("source"),
        evidence=section.text("evidence"),
        confidence=section.one_of("confidence", ("certain", "likely", "possible"), "certain"),
    )


def _near_miss(file: YamlFile, trail: Trail, value: Any) -> NearMiss:
    section = Section(file, trail, value, ("text", "why"))
    return NearMiss(text=section.text("text"), why=section.text("why"))
