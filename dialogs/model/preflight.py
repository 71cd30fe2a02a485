"""Plain values for a checked template: what would make its build fail, and how to correct it. All are redacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from dialogs.model.stored import Stored

PreflightLevel = Literal["error", "warning", "advice"]
PREFLIGHT_LEVELS: tuple[PreflightLevel, ...] = ("error", "warning", "advice")
"""From the worst."""
PartKind = Literal["", "customizer", "validator", "distributor"]
CheckProblemReason = Literal[
    "too-large",  # it has more than `MAX_CHECKED_BYTES`
    "too-slow",  # checking it took too long, or too much memory
    "not-json",  # the JSON breaks at `line` and `column`
    "bicep",  # Bicep without an image template that can be read without its compiler
    "no-template",  # there's no image template in it
    "broken",  # checking it failed
]
MAX_CHECKED_BYTES = 256 << 10
"""The largest template that's checked in a chat."""
MAX_KEPT_FINDINGS = 16
"""How many findings are kept: the worst."""
MAX_DIFF_LINES = 14
MAX_LINE_CHARS = 300
MAX_CORRECTED_CHARS = 400_000
_DIFF_LINES = Stored(max_items=MAX_DIFF_LINES, max_chars=MAX_LINE_CHARS, omits_default=True)


@dataclass(frozen=True, slots=True)
class CheckedPlace:
    """Where a finding is.

    Attributes:
        path: The JSON path.
        part: What kind of step or target it's in; `part_number` counts from 1.
        script_line: The line of the script; 0 if it isn't in one.
        line: The line of the text; 0 if that means nothing to the person who wrote it.
    """

    path: str = ""
    part: Annotated[PartKind, Stored(omits_default=True)] = ""
    part_number: Annotated[int, Stored("number", omits_default=True)] = 0
    part_name: Annotated[str, Stored("name", omits_default=True)] = ""
    script_line: Annotated[int, Stored("script", omits_default=True)] = 0
    line: Annotated[int, Stored(omits_default=True)] = 0


@dataclass(frozen=True, slots=True)
class TemplateFinding:
    """What's wrong with a template, as one rule found it, perhaps in several places.

    Attributes:
        title: What will happen, in the person's language, as `{name|default}` takes its `values`; so are `why` and
            `fix`.
        entry: The id of the entry about the failure that it leads to; "" if there's none.
        others: In how many other places it is, too.
        diff: What corrects it, as lines that begin with `-` or `+`; empty if only a person can.
    """

    rule: str
    level: PreflightLevel
    title: str
    why: str = ""
    fix: str = ""
    values: Annotated[Mapping[str, str], Stored(omits_default=True)] = field(default_factory=dict, hash=False)
    entry: str = ""
    place: CheckedPlace = CheckedPlace()
    others: Annotated[int, Stored(omits_default=True)] = 0
    diff: Annotated[tuple[str, ...], _DIFF_LINES] = ()


@dataclass(frozen=True, slots=True)
class CheckProblem:
    """Why a template wasn't checked."""

    reason: CheckProblemReason
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class TemplateCheck:
    """What was found in a template. The worst comes first.

    Attributes:
        name: The template's name, or its file's; "" if it's unknown.
        counts: How many findings each level has, from the worst; `findings` may be fewer.
        unevaluated: The JSON paths whose values only the deployment knows.
        unread_scripts: The names of scripts that only an address names.
        was_looked_up: Whether it was also checked against what's in Azure.
        not_looked_at: What wasn't looked at in Azure, and why, in the person's language.
        corrected: The corrected template without secrets; "" if nothing can be corrected automatically.
        hides_secrets: Whether `corrected` has a mark in place of a secret.
    """

    name: str = ""
    findings: Annotated[tuple[TemplateFinding, ...], Stored(max_items=MAX_KEPT_FINDINGS)] = ()
    counts: tuple[int, ...] = (0, 0, 0)
    unevaluated: Annotated[tuple[str, ...], Stored(max_items=8)] = ()
    unread_scripts: Annotated[tuple[str, ...], Stored("unread", max_items=8)] = ()
    was_looked_up: Annotated[bool, Stored("live", omits_default=True)] = False
    not_looked_at: Annotated[tuple[str, ...], Stored("skipped", max_items=8, omits_default=True)] = ()
    corrected: Annotated[str, Stored(max_chars=MAX_CORRECTED_CHARS, omits_default=True)] = ""
    hides_secrets: Annotated[bool, Stored("hides", omits_default=True)] = False
    problem: Annotated[CheckProblem | None, Stored(omits_default=True)] = None
