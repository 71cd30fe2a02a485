"""Builds an `Entry` from the plain value of its file, and records every fault of its structure in the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from knowledge.model.entry import (
    OWNER_BY_AREA,
    Area,
    Basis,
    BuildTool,
    Effect,
    Entry,
    Example,
    LineKind,
    LookAlike,
    NearMiss,
    Owner,
    Phase,
    Reference,
    RepeatThresholds,
    Retry,
    Role,
    Severity,
    Signature,
    Step,
    StepCode,
    Strength,
)
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

_ENTRY_KEYS = (
    "id",
    "phase",
    "area",
    "severity",
    "retry",
    "may_pass_unchanged",
    "role",
    "priority",
    "basis",
    "reviewed",
    "os",
    "title",
    "headline",
    "owner",
    "general_for",
    "symptom",
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
    "shows_script_output",
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
    "requires",
    "before",
    "not_within",
    "reject",
    "observed",
    "generic",
    "tool",
    "headline",
)
STEP_KEYS = (
    "do", "expect", "cli", "powershell", "effect", "save_first", "known_from", "os", "order_reason", "codes",
    "corrects_template",
)  # fmt: skip
_SYSTEMS = ("linux", "windows")


def parse_entry(file: YamlFile, path: Path) -> Entry:
    """Build the entry in `file`, which is at `path`."""
    section = Section(file, (), file.value, _ENTRY_KEYS)
    entry = Entry(
        id=section.get_text("id"),
        phase=section.get_choice("phase", get_args(Phase)),
        area=section.get_choice("area", get_args(Area)),
        severity=section.get_choice("severity", get_args(Severity)),
        retry=section.get_choice("retry", get_args(Retry)),
        role=section.get_choice("role", get_args(Role), "cause"),
        priority=section.get_int("priority", 2),
        basis=section.get_choice("basis", get_args(Basis)),
        reviewed=section.get_text("reviewed"),
        os=_parse_os(section),
        title=section.get_localized("title"),
        headline=section.get_optional_localized("headline"),
        owner=_parse_owner(section),
        general_for=section.get_texts("general_for"),
        symptom=section.get_localized("symptom"),
        cause=section.get_localized("cause"),
        retry_note=section.get_optional_localized("retry_note"),
        signatures=section.build_each("signatures", _parse_signature),
        explains=section.get_texts("explains"),
        steps=section.build_each("steps", parse_step),
        look_alikes=section.build_each("look_alikes", _parse_look_alike),
        references=section.build_each("references", read_reference),
        examples=section.build_each("examples", _parse_example),
        near_misses=section.build_each("near_misses", _parse_near_miss),
        words=section.get_texts_by_language("words") if section.has("words") else {},
        shows_script_output=section.get_bool("shows_script_output"),
        may_pass_unchanged=section.get_bool("may_pass_unchanged"),
    )
    if entry.id and entry.id != path.stem:
        section.add_fault("id", f"the id {entry.id!r} must be the file's name, {path.stem!r}")
    if entry.phase != path.parent.name:
        section.add_fault("phase", f"the phase {entry.phase!r} must be the folder's name, {path.parent.name!r}")
    return entry


def _parse_os(section: Section) -> tuple[str, ...]:
    systems = section.get_texts("os") or _SYSTEMS
    if not set(systems) <= set(_SYSTEMS):
        section.add_fault("os", f"'os' is a list of {' and '.join(_SYSTEMS)}")
    return systems


def _parse_owner(section: Section) -> Owner:
    default = OWNER_BY_AREA.get(str(section.get_raw("area")), "azure")
    owner: Owner = section.get_choice("owner", get_args(Owner), default)
    return owner


def _parse_signature(file: YamlFile, key_path: KeyPath, value: Any) -> Signature:
    section = Section(file, key_path, value, _SIGNATURE_KEYS)
    return Signature(
        id=section.get_text("id"),
        strength=section.get_choice("strength", get_args(Strength)),
        text=section.get_texts("text"),
        regex=section.get_optional_text("regex"),
        within=section.get_int("within", 300),
        line=section.get_choice("line", get_args(LineKind), "any"),
        repeats=section.build_nested("repeats", _parse_repeats) if section.has("repeats") else None,
        unless=section.get_texts("unless"),
        requires=section.get_texts("requires"),
        before=section.get_optional_text("before"),
        not_within=section.get_texts("not_within"),
        reject=section.build_nested("reject", _parse_reject) if section.has("reject") else {},
        observed=section.get_optional_text("observed"),
        generic=section.get_bool("generic"),
        tool=section.get_choice("tool", get_args(BuildTool)) if section.has("tool") else None,
        headline=section.get_optional_localized("headline"),
    )


def _parse_reject(file: YamlFile, key_path: KeyPath, value: Any) -> Mapping[str, tuple[str, ...]]:
    names = tuple(value) if isinstance(value, dict) else ()  # any name is fine: the keys are groups of the regex
    section = Section(file, key_path, value, names)
    return {str(name): section.get_texts(name) for name in names}


def _parse_repeats(file: YamlFile, key_path: KeyPath, value: Any) -> RepeatThresholds:
    section = Section(file, key_path, value, ("certain", "likely"))
    return RepeatThresholds(section.get_int("certain", 1), section.get_int("likely", 1))


def parse_step(file: YamlFile, key_path: KeyPath, value: Any) -> Step:
    """Read a step that has only the step keys."""
    return read_step(Section(file, key_path, value, STEP_KEYS))


def read_step(section: Section) -> Step:
    """Read a step from the `STEP_KEYS` of `section`."""
    return Step(
        do=section.get_localized("do"),
        expect=section.get_optional_localized("expect"),
        cli=_read_command(section, "cli"),
        powershell=_read_command(section, "powershell"),
        effect=section.get_choice("effect", get_args(Effect), "reads"),
        save_first=section.get_optional_localized("save_first"),
        known_from=tuple(section.get_texts("known_from")),
        os=section.get_choice("os", _SYSTEMS) if section.has("os") else "",
        order_reason=section.get_text("order_reason", ""),
        codes=section.build_each("codes", _parse_step_code),
        corrects_template=section.get_bool("corrects_template"),
    )


def _parse_step_code(file: YamlFile, key_path: KeyPath, value: Any) -> StepCode:
    if not isinstance(value, dict):
        return StepCode(str(value), None)
    section = Section(file, key_path, value, ("code", "meaning"))
    return StepCode(str(section.get_raw("code")), section.get_localized("meaning"))


def _read_command(section: Section, key: str) -> str | None:
    command = section.get_optional_text(key)
    return command.strip("\n") if command else None


def _parse_look_alike(file: YamlFile, key_path: KeyPath, value: Any) -> LookAlike:
    section = Section(file, key_path, value, ("entry", "difference"))
    return LookAlike(entry=section.get_text("entry"), difference=section.get_localized("difference"))


def read_reference(file: YamlFile, key_path: KeyPath, value: Any) -> Reference:
    """Read the title and URL of a web page from a mapping."""
    section = Section(file, key_path, value, ("title", "url"))
    return Reference(title=section.get_text("title"), url=section.get_text("url"))


def _parse_example(file: YamlFile, key_path: KeyPath, value: Any) -> Example:
    section = Section(file, key_path, value, ("text", "source", "evidence", "confidence"))
    return Example(
        text=section.get_text("text"),
        source=section.get_text("source"),
        evidence=section.get_text("evidence", ""),
        confidence=section.get_choice("confidence", ("certain", "likely", "possible"), "certain"),
    )


def _parse_near_miss(file: YamlFile, key_path: KeyPath, value: Any) -> NearMiss:
    section = Section(file, key_path, value, ("text", "why"))
    return NearMiss(text=section.get_text("text"), why=section.get_text("why"))
