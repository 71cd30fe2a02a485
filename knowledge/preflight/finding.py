"""What preflight found in a template, and the edits that would correct it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.preflight.place import TemplatePart
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.rule import Level, PreflightRule
from knowledge.preflight.source_text import SourceText, TextPosition


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the text between two offsets."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ScriptPosition:
    """A position in a script; `file` is "" for one that's written in the template."""

    line: int
    column: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """A rule that found its mistake.

    Attributes:
        level: The rule's level for the template's API version.
        source: The file that `position` is in: the template, or a script beside it.
        path: The JSON path in the template.
        values: What fills the placeholders of the rule's texts; redacted.
        script: Where in a script it is.
        edits: What corrects the template; empty if only a person can.
    """

    rule: PreflightRule
    level: Level
    template: CheckedTemplate
    source: SourceText
    path: str
    position: TextPosition
    part: TemplatePart | None = None
    script: ScriptPosition | None = None
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    edits: tuple[TextEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class PreflightResult:
    """Everything found in one file.

    Attributes:
        findings: The worst first, then in the order of the file.
        unevaluated: The JSON paths whose values aren't known from the file, so that a rule couldn't look at them.
        unread_scripts: The addresses of scripts that aren't beside the template.
        unparsed_scripts: The JSON paths of scripts that are too long or too complex for the parser.
    """

    source: SourceText
    templates: tuple[CheckedTemplate, ...]
    findings: tuple[PreflightFinding, ...]
    unevaluated: tuple[str, ...] = ()
    unread_scripts: tuple[str, ...] = ()
    unparsed_scripts: tuple[str, ...] = ()
