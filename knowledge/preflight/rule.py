"""What a rule of `rules/` says: where it looks, what it looks for, and what it tells people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import re2

from knowledge.model.entry import LocalizedText
from knowledge.scripts.script_code import ScriptLanguage
from knowledge.template.image_template import OperatingSystem

Level = Literal["error", "warning", "advice"]
LEVELS: tuple[Level, ...] = ("error", "warning", "advice")
"""From the worst."""
ConditionTest = Literal[
    "missing", "present", "empty", "equals", "not_equals", "one_of", "not_one_of", "matches", "not_matches",
    "in_range", "not_in_range", "includes", "not_includes", "is_a", "not_a", "items", "refers_to", "not_refers_to",
    "repeated",
]  # fmt: skip
CONDITION_TESTS: tuple[ConditionTest, ...] = ConditionTest.__args__  # type: ignore[attr-defined]
EditOperation = Literal["set", "remove", "replace"]
EDIT_OPERATIONS: tuple[EditOperation, ...] = ("set", "remove", "replace")


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of a value.

    Attributes:
        path: The value, seen from the item of a list that the rule looks at, or from the resource if it begins with
            `/`. `.` is the value that the rule looks at.
        pattern: The compiled expression of `matches` and `not_matches`.
    """

    path: str
    test: ConditionTest
    value: Any
    pattern: re2._Regexp[bytes] | None = None


@dataclass(frozen=True, slots=True)
class ScriptSearch:
    """What a rule looks for in scripts.

    Attributes:
        commands: The names of the commands; empty for any text.
        matches: What the command with its arguments, or a line without `commands`, must contain.
        unless: What it must not contain.
        unless_script: What the whole script must not contain.
        needs_sudo: Whether it must be a command that runs without `sudo`.
        includes_text: Whether it also looks at comments and texts within the script.
        always_runs: Whether it must be a command that certainly runs: in no branch, no loop, and no function that may
            not be called.
    """

    language: ScriptLanguage
    commands: frozenset[str] = frozenset()
    matches: re2._Regexp[bytes] | None = None
    unless: re2._Regexp[bytes] | None = None
    unless_script: re2._Regexp[bytes] | None = None
    needs_sudo: bool = False
    includes_text: bool = False
    always_runs: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """How a machine can correct the template.

    `set` gives the place, or a member of it, a value; `remove` takes it away; `replace` changes a part of a text.
    """

    operation: EditOperation
    member: str = ""
    value: Any = None
    find: str = ""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """The page that says so, and when somebody last read it."""

    url: str
    read: date


@dataclass(frozen=True, slots=True)
class RuleExample:
    """A fragment of a template: the members of a resource, and the resources beside it, as plain values."""

    resource: Mapping[str, Any]
    beside: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class PreflightRule:
    """A mistake in a template that's known to lead to a failure.

    Attributes:
        level: `error` if Azure refuses the template or the build certainly fails, `warning` if it may, `advice` if it
            works but something else is better.
        title: The mistake, in one sentence, with the values that were captured.
        becomes: The id of the entry about the failure that it leads to; "" if there's none.
        at: Where it looks; empty with `predicate` or `script`.
        unless: The rule finds nothing where one of these holds.
        strict_since: The API version from which an error is one; with an earlier or an unknown version, it's a warning.
        is_for_files: Whether it's only about templates that Azure hasn't seen yet.
        shows_as: The ids of the findings that a failed script shows, if the mistake is why it failed.
    """

    id: str
    level: Level
    title: LocalizedText
    why: LocalizedText
    fix: LocalizedText
    source: RuleSource
    becomes: str = ""
    at: str = ""
    where: tuple[Condition, ...] = ()
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    predicate: str = ""
    script: ScriptSearch | None = None
    os: OperatingSystem | None = None
    strict_since: str = ""
    is_for_files: bool = False
    shows_as: tuple[str, ...] = ()
    correction: Correction | None = None
    examples: tuple[RuleExample, ...] = field(default=(), repr=False)
    near_misses: tuple[RuleExample, ...] = field(default=(), repr=False)
