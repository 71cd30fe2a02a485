"""A knowledge base entry: one known failure in every language, as plain frozen values.

Each entry is one YAML file, `knowledge/entries/<phase>/<id>.yaml`. `knowledge.catalog.loading` reads it, and
`knowledge.checks` verifies its content. `knowledge/entries/README.md` describes every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeGuard

Language = str
"""The code of a language, such as `en` or `pt-br`."""
Phase = Literal["submission", "build", "distribution", "devops", "after-build", "log-access"]
Severity = Literal["blocker", "error", "warning", "info"]
Retry = Literal["yes", "after-fix", "no"]
Role = Literal["cause", "symptom", "wrapper"]
Strength = Literal["decisive", "likely", "supporting"]
LineKind = Literal["any", "output", "verdict", "plain"]
BuildTool = Literal["image-builder", "packer"]
"""What ran the build: the service, or Packer itself with the builder `azure-arm`."""
Basis = Literal["documented", "reported", "reported-once", "inferred"]
Effect = Literal["reads", "changes", "deletes"]
Owner = Literal["script", "publisher", "network", "image", "template", "subscription", "azure"]
"""Who can fix it: the script's author, the publisher of what it installs, the network team, the base image's maker, the
template's author, the subscription's administrator (permissions and quotas), or Azure itself."""
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

OWNER_BY_AREA: Mapping[str, Owner] = {
    "template": "template",
    "permissions": "subscription",
    "policy-and-quota": "subscription",
    "source-image": "image",
    "network": "network",
    "containers": "subscription",
    "scripts": "script",
    "windows-update": "publisher",
    "sysprep": "script",
    "time": "template",
    "gallery": "template",
    "pipeline": "template",
    "cleanup": "template",
    "logs": "subscription",
    "image-in-use": "template",
    "service": "azure",
}
"""Who can usually fix an area's entries; an entry may name another owner."""

COMPLETE_LANGUAGES: tuple[Language, ...] = ("en", "it")
"""The languages that every text of the knowledge base must have. Others fall back to English."""


class LocalizedText(NamedTuple):
    """A text by language. English is always there."""

    by_language: Mapping[Language, str]

    def get(self, language: Language) -> str:
        """Return the text in `language`, or in English if it hasn't been translated."""
        return self.by_language.get(language) or self.by_language["en"]

    def list_all(self) -> tuple[str, ...]:
        """Return the text in every language that has it."""
        return tuple(self.by_language.values())


def is_language_code(value: object) -> TypeGuard[Language]:
    """Tell whether `value` is a code such as `en` or `pt-br`, even if there are no texts in that language."""
    if not isinstance(value, str) or not value.isascii() or value != value.lower():
        return False
    language, *subtags = value.split("-")
    return language.isalpha() and len(language) in (2, 3) and all(tag.isalnum() and len(tag) <= 8 for tag in subtags)


class RepeatThresholds(NamedTuple):
    """How many occurrences make a match certain, and how many make it likely; fewer make it only possible."""

    certain: int
    likely: int


class Signature(NamedTuple):
    """One way to recognize an entry, either in a text or in a build log's structure.

    A textual signature has literal fragments in `text`. All of them must occur in this order within `within`
    characters; case and whitespace don't matter. `regex` (RE2) must then match in the same window and may capture
    values by name. An occurrence inside one of the longer texts in `not_within` doesn't count, nor does one whose
    captured value is listed in `reject`. Other services print a `generic` signature too, so its match is only possible
    unless the text mentions an image build. With `tool`, it matches only in the texts of that tool: what Azure says of
    Image Builder's identity, it says of the principal of a person's own Packer, too.

    A structural signature instead names an observation of the log reader in `observed`. If a signature that was found
    has a `headline`, it replaces the entry's.
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
    reject: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    observed: str | None = None
    generic: bool = False
    tool: BuildTool | None = None
    headline: LocalizedText | None = None


_ALTERNATIVE_STARTS = ("Or ", "Or, ", "Otherwise")


class StepCode(NamedTuple):
    """A code that a step explains: an exit code of the step's system without a `meaning`, or any other with one."""

    code: str
    meaning: LocalizedText | None


class Step(NamedTuple):
    """One step of a solution. Commands contain `<placeholders>`; `effect` is the most invasive thing the step does.

    `known_from` names what makes the step needless, since it only finds that out: `log` for a build's log,
    `run-length` for the times of a run, or values that the signatures capture. `os` is the only system that the step
    is for, "" for any. `order_reason` says why it comes earlier than its kind does. `codes` are shown in a table with
    their meanings. `corrects_template` marks the step that changes the template's text, if it isn't the first one.
    """

    do: LocalizedText
    expect: LocalizedText | None
    cli: str | None
    powershell: str | None
    effect: Effect
    save_first: LocalizedText | None
    known_from: tuple[str, ...] = ()
    os: str = ""
    order_reason: str = ""
    codes: tuple[StepCode, ...] = ()
    corrects_template: bool = False

    @property
    def is_alternative(self) -> bool:
        """Whether it's another way to do what the step before does; its English text begins so."""
        return self.do.get("en").startswith(_ALTERNATIVE_STARTS)


class LookAlike(NamedTuple):
    """Another entry that is easily confused with this one, and how to tell them apart."""

    entry: str
    difference: LocalizedText


class Reference(NamedTuple):
    """A web page that documents what an entry says."""

    title: str
    url: str


class Example(NamedTuple):
    """A text that must match the entry first.

    `source` is where the text comes from, and `evidence` is part of the lines that must be shown as proof.
    """

    text: str
    source: str
    evidence: str
    confidence: str


class NearMiss(NamedTuple):
    """A text that must not match the entry, and why."""

    text: str
    why: str


class Entry(NamedTuple):
    """One known failure, or one harmless message (severity `info`).

    `headline` says what broke with the names filled in, `{name|default}`: the values that signatures capture, and
    `{sentence|…}`, the error's own words. `general_for` lists the build steps for which the entry is the answer if no
    other entry is. If `shows_script_output` is set, what the script printed about its failure is shown as evidence, and
    its meaning is the headline. `may_pass_unchanged` marks a failure to retry after a fix that may also have been a
    transient one.
    """

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
    headline: LocalizedText | None = None
    owner: Owner = "azure"
    general_for: tuple[str, ...] = ()
    shows_script_output: bool = False
    may_pass_unchanged: bool = False
