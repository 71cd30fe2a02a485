"""What preflight found in a template, the edits that would correct it, and what the file says to leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.preflight.place import TemplatePart
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.rule import Level, PreflightRule
from knowledge.preflight.source_text import SourceText, TextPosition

_EXEMPTION = re.compile(r"(?://|/\*|#)[ \t]*preflight-ignore:[ \t]*([a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)")
_METADATA, _EXEMPT_RULES = "metadata", "preflightIgnore"


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
        exempt_count: How many findings the file itself says to leave out.
    """

    source: SourceText
    templates: tuple[CheckedTemplate, ...]
    findings: tuple[PreflightFinding, ...]
    unevaluated: tuple[str, ...] = ()
    unread_scripts: tuple[str, ...] = ()
    unparsed_scripts: tuple[str, ...] = ()
    exempt_count: int = 0


def is_exempt(finding: PreflightFinding) -> bool:
    """Tell whether the file says that the rule doesn't matter there: in a comment, or in the resource's metadata."""
    rule = finding.rule.id
    return rule in _list_for_resource(finding.template) or rule in _list_at_line(finding.source, finding.position.line)


def _list_for_resource(template: CheckedTemplate) -> set[str]:
    metadata = template.resource.get(_METADATA)
    names = metadata.get(_EXEMPT_RULES) if metadata else None
    return {name.text for name in names.items} if names else set()


def _list_at_line(source: SourceText, line: int) -> set[str]:
    """Return the rules that a comment in a line names, or one that's alone in the line before."""
    before = source.read_line(line - 1).strip()
    texts = [source.read_line(line), before if _EXEMPTION.match(before) else ""]
    return {name.strip() for text in texts for match in _EXEMPTION.finditer(text) for name in match[1].split(",")}
