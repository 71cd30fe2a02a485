"""Builds a `PreflightRule` from the YAML of its file and reports every fault of its structure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import re2

from knowledge.patterns import InvalidPatternError, compile_pattern
from knowledge.preflight.conditions import KINDS
from knowledge.preflight.predicates import PREDICATES
from knowledge.preflight.rule import (
    CONDITION_TESTS,
    EDIT_OPERATIONS,
    LEVELS,
    Condition,
    Correction,
    PreflightRule,
    RuleExample,
    RuleSource,
    ScriptSearch,
)
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

_KEYS = (
    "id", "level", "at", "where", "when", "unless", "predicate", "script", "os", "strict_since", "only_files",
    "becomes", "shows_as", "title", "why", "fix", "correct", "source", "examples", "near_misses",
)  # fmt: skip
SCRIPT_KEYS = (
    "language", "commands", "matches", "unless", "unless_script", "needs_sudo", "includes_text", "always_runs",
)  # fmt: skip
_SYSTEMS = ("windows", "linux")
_SHORTHANDS = {"shell": "Shell", "powershell": "PowerShell"}
"""What an example can give instead of a resource: a script's text."""

_BESIDE = "beside"


def parse_rule(file: YamlFile, path: Path) -> PreflightRule:
    """Build the rule of a file; faults are recorded in the file."""
    section = Section(file, (), file.value, _KEYS)
    rule_id = section.get_text("id")
    if rule_id != path.stem:
        section.add_fault("id", f"the id must be the file's name, {path.stem!r}")
    ways = [key for key in ("at", "predicate", "script") if section.has(key)]
    if len(ways) != 1:
        section.add_fault(None, "a rule needs one of 'at', 'predicate', and 'script'")
    if section.has("at") and not section.has("when"):
        section.add_fault("at", "'at' needs 'when'")
    predicate = section.get_text("predicate", "")
    if predicate and predicate not in PREDICATES:
        section.add_fault("predicate", f"there's no predicate {predicate!r}; use {', '.join(PREDICATES)}")
    return PreflightRule(
        id=rule_id,
        level=section.get_choice("level", LEVELS),
        title=section.get_localized("title"),
        why=section.get_localized("why"),
        fix=section.get_localized("fix"),
        source=section.build_nested("source", parse_rule_source),
        becomes=section.get_text("becomes", ""),
        at=section.get_text("at", ""),
        where=section.build_each("where", _parse_condition),
        when=section.build_each("when", _parse_condition),
        unless=section.build_each("unless", _parse_condition),
        predicate=predicate,
        script=section.build_nested("script", _parse_script) if section.has("script") else None,
        os=section.get_choice("os", _SYSTEMS) if section.has("os") else None,
        strict_since=section.get_text("strict_since", ""),
        is_for_files=section.get_bool("only_files"),
        shows_as=section.get_texts("shows_as"),
        correction=section.build_nested("correct", _parse_correction) if section.has("correct") else None,
        examples=section.build_each("examples", _parse_example),
        near_misses=section.build_each("near_misses", _parse_example),
    )


def _parse_condition(file: YamlFile, key_path: KeyPath, value: Any) -> Condition:
    section = Section(file, key_path, value, ("value", *CONDITION_TESTS))
    tests = [test for test in CONDITION_TESTS if isinstance(value, dict) and test in value]
    if len(tests) != 1:
        section.add_fault(None, f"a condition needs one of {', '.join(CONDITION_TESTS)}")
        return Condition(".", "missing", True)
    test = tests[0]
    wanted = section.get_raw(test)
    pattern = None
    if test in ("matches", "not_matches"):
        pattern = _compile(section, test)
    elif test in ("in_range", "not_in_range", "items"):
        if not (isinstance(wanted, list) and len(wanted) == 2 and all(isinstance(end, int) for end in wanted)):
            section.add_fault(test, f"{test!r} must be two numbers")
            wanted = [0, 0]
    elif test in ("one_of", "not_one_of"):
        if not isinstance(wanted, list) or not wanted:
            section.add_fault(test, f"{test!r} must be a list of values")
            wanted = []
    elif test in ("is_a", "not_a"):
        section.get_choice(test, KINDS)
    elif test in ("missing", "present", "repeated") and wanted is not True:
        section.add_fault(test, f"{test!r} is true, or isn't there")
    return Condition(section.get_text("value", "."), test, wanted, pattern)


def _parse_script(file: YamlFile, key_path: KeyPath, value: Any) -> ScriptSearch:
    section = Section(file, key_path, value, SCRIPT_KEYS)
    if not section.has("commands") and not section.has("matches"):
        section.add_fault(None, "a search needs 'commands', 'matches', or both")
    return ScriptSearch(
        language=section.get_choice("language", ("shell", "powershell")),
        commands=frozenset(section.get_texts("commands")),
        matches=_compile(section, "matches"),
        unless=_compile(section, "unless"),
        unless_script=_compile(section, "unless_script"),
        needs_sudo=section.get_bool("needs_sudo"),
        includes_text=section.get_bool("includes_text"),
        always_runs=section.get_bool("always_runs"),
    )


def _parse_correction(file: YamlFile, key_path: KeyPath, value: Any) -> Correction:
    section = Section(file, key_path, value, ("do", "member", "value", "find"))
    operation = section.get_choice("do", EDIT_OPERATIONS)
    if operation == "replace" and not section.has("find"):
        section.add_fault("do", "'replace' needs 'find'")
    if operation != "remove" and section.get_raw("value") is None:
        section.add_fault("do", f"{operation!r} needs a 'value'")
    if section.has("find"):
        _compile(section, "find")
    return Correction(operation, section.get_text("member", ""), section.get_raw("value"), section.get_text("find", ""))


def parse_rule_source(file: YamlFile, key_path: KeyPath, value: Any) -> RuleSource:
    """Build a rule's source; faults are recorded in the file."""
    section = Section(file, key_path, value, ("url", "read"))
    url = section.get_text("url")
    if not url.startswith("https://"):
        section.add_fault("url", "'url' must begin with https://")
    try:
        return RuleSource(url, date.fromisoformat(section.get_text("read")))
    except ValueError:
        section.add_fault("read", "'read' must be a day, such as 2026-11-29")
        return RuleSource(url, date.min)


def _parse_example(file: YamlFile, key_path: KeyPath, value: Any) -> RuleExample:
    if not isinstance(value, Mapping) or not value:
        file.add_fault(key_path, "an example is a part of a resource, or a script: {shell: …}, {powershell: …}")
        return RuleExample({})
    for key, kind in _SHORTHANDS.items():
        if set(value) == {key}:
            return RuleExample({"properties": {"customize": [{"type": kind, "inline": str(value[key]).split("\n")}]}})
    beside = value.get(_BESIDE, ())
    if not isinstance(beside, (list, tuple)) or not all(isinstance(item, Mapping) for item in beside):
        file.add_fault((*key_path, _BESIDE), "it must be a list of resources")
        beside = ()
    return RuleExample({key: item for key, item in value.items() if key != _BESIDE}, tuple(beside))


def _compile(section: Section, key: str) -> re2._Regexp[bytes] | None:
    if not section.has(key):
        return None
    try:
        return compile_pattern(section.get_text(key))
    except InvalidPatternError as error:
        section.add_fault(key, str(error))
        return None
