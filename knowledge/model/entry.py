"""The shape of a knowledge base entry: one known failure, in both languages, as plain frozen values.

An entry is one YAML file, `knowledge/entries/<phase>/<id>.yaml`; `loading` reads it and `checks` holds it to its rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Language = Literal["en", "it"]
Phase = Literal["submission", "build", "distribution", "devops", "after-build", "log-access"]
Severity = Literal["blocker", "error", "warning", "info"]
Retry = Literal["yes", "after-fix", "no"]
Role = Literal["cause", "symptom", "wrapper"]
Strength = Literal["decisive", "likely", "supporting"]
LineKind = Literal["any", "output", "verdict", "plain"]
Basis = Literal["documented", "reported", "inferred"]
Effect = Literal["reads", "changes", "deletes"]
Area = Literal[
    "template",
    "permissions",
    "policy-and-quota",
    "source-image",
    "network",
    "containers",
    "scripts",
    "windows-update",
    "sysprep",
    "time",
    "gallery",
    "pipeline",
    "cleanup",
    "logs",
    "image-in-use",
    "service",
]

LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """One text in both languages."""

    en: str
    it: str

    def get(self, language: Language) -> str:
        """The text in `language`."""
        return self.it if language == "it" else self.en


@dataclass(frozen=True, slots=True)
class RepeatThresholds:
    """How often a text must occur to count: `certain` times for certain, `likely` times for likely."""

    certain: int
    likely: int


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to recognise the entry in a text, or (`observed`) in what the log reader saw.

    `text` are the literal fragments, all to be found in this order within `within` characters, whatever their case
    and white space; `regex` (RE2) must then match in the same window and may capture values by name. A place does not
    count when it stands inside one of the longer texts of `inside`, or captured a value that `reject` lists. What other
    services and tools say in the same words is marked `elsewhere`: it proves something only beside words of a build.
    """

    id: str
    strength: Strength
    text: tuple[str, ...] = ()
    regex: str | None = None
    within: int = 300
    line: LineKind = "any"
    repeats: RepeatThresholds | None = None
    unless: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    before: str | None = None
    not_within: tuple[str, ...] = ()
    reject: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    observed: str | None = None
    generic: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the solution. Commands hold `<placeholders>`; `effect` says what following it does."""

    do: LocalizedText
    expect: LocalizedText | None
    cli: str | None
    powershell: str | None
    effect: Effect
    save_first: LocalizedText | None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another entry that people take this one for, and how to tell them apart."""

    entry: str
    difference: LocalizedText


@dataclass(frozen=True, slots=True)
class Reference:
    """Where what the entry says can be read."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Example:
    """A text that must match, with a part of the line that proves it, and where the text comes from."""

    text: str
    source: str
    evidence: str
    confidence: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A text that must not match the entry, and why."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One known failure, or one harmless message (severity `info`)."""

    id: str
    phase: Phase
    area: Area
    severity: Severity
    retry: Retry
    role: Role
    priority: int
    basis: Basis
    reviewed: str
    os: tuple[str, ...]
    title: LocalizedText
    symptom: LocalizedText
    cause: LocalizedText
    retry_note: LocalizedText | None
    signatures: tuple[Signature, ...]
    explains: tuple[str, ...]
    steps: tuple[Step, ...]
    look_alikes: tuple[LookAlike, ...]
    references: tuple[Reference, ...]
    examples: tuple[Example, ...]
    near_misses: tuple[NearMiss, ...]
    words: Mapping[Language, tuple[str, ...]]
