"""The mistakes in a template that fail a build, as preflight finds them, each with the lines that correct it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from knowledge.model.errors import KnowledgeError
from knowledge.model.template_mistake import TemplateMistake
from knowledge.preflight.checking import check_source
from knowledge.preflight.corrections import apply_edits
from knowledge.preflight.finding import PreflightFinding
from knowledge.preflight.preflight_input import CheckedTemplate, read_checked_templates
from knowledge.preflight.rule_catalog import get_rules
from knowledge.preflight.source_text import SourceText
from knowledge.preflight.template_scripts import read_scripts
from knowledge.redaction.redact import redact_lines

MAX_TEMPLATE_CHARS = 256 << 10
MAX_MISTAKES = 40
MAX_DIFF_LINES = 10
MAX_TEXT_CHARS = 160
_LINES_AROUND = 1
_CHARS_BEFORE_CHANGE = 40


def find_mistakes(template_json: str, today: date) -> tuple[TemplateMistake, ...]:
    """Return the mistakes that can have failed a build, the worst first; none if the text is no template, or too long.

    The lines are those of the scripts. Elsewhere, they're those of the JSON as `az image builder show` prints it.
    """
    if len(template_json) > MAX_TEMPLATE_CHARS:
        return ()
    rules = [rule for rule in get_rules().values() if rule.becomes and rule.level != "advice"]
    try:
        printed = json.dumps(json.loads(template_json), indent=2, ensure_ascii=False)
        result = check_source(SourceText("", printed), rules, today)
    except (KnowledgeError, ValueError, RecursionError):
        return ()
    return tuple(map(_describe, result.findings[:MAX_MISTAKES]))


def _describe(finding: PreflightFinding) -> TemplateMistake:
    part, script = finding.part, finding.script
    lines = _read_lines(finding.template, finding) if script else []
    line = script.line if script else 0
    return TemplateMistake(
        rule=finding.rule.id,
        is_error=finding.level == "error",
        values=finding.values,
        part=part.kind if part else "",
        number=part.number if part else 0,
        script_line=line,
        path=finding.path,
        text=_shorten(lines[line - 1].strip()) if 0 < line <= len(lines) else "",
        diff=_build_diff(finding) if finding.edits else (),
    )


def _read_lines(template: CheckedTemplate, finding: PreflightFinding) -> list[str]:
    """Return the lines that a finding is about, redacted: those of its script, or else of the whole template."""
    if finding.script is None:
        return redact_lines(template.source.text.split("\n"))
    scripts = read_scripts(template, lambda name: None)
    text = next((script.text for script in scripts if finding.path.startswith(script.path)), "")
    return redact_lines(text.split("\n"))


def _build_diff(finding: PreflightFinding) -> tuple[str, ...]:
    """Return the lines that a finding's edits change, and those around them."""
    template = finding.template
    corrected = SourceText("", apply_edits(template.source.text, finding.edits))
    try:
        after = next(one for one in read_checked_templates(corrected) if one.path == template.path)
    except (KnowledgeError, StopIteration):
        return ()
    old, new = _read_lines(template, finding), _read_lines(after, finding)
    start = _count_equal(old, new)
    end = _count_equal(old[start:][::-1], new[start:][::-1])
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    first, last = old[max(0, start - _LINES_AROUND) : start], old[len(old) - end :][:_LINES_AROUND]
    rows = [(" ", line) for line in first]
    rows += [("-", line) for line in removed] + [("+", line) for line in added]
    rows += [(" ", line) for line in last]
    if len(rows) > MAX_DIFF_LINES or not (removed or added):
        return ()
    change = _count_equal(removed[0], added[0]) if removed and added else 0
    indent = min((len(line) - len(line.lstrip()) for _, line in rows if line.strip()), default=0)
    return tuple(f"{sign}{_shorten(line[indent:], change - indent)}" for sign, line in rows)


def _count_equal(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many items are the same at the start of both."""
    pairs = zip(first, second, strict=False)
    return next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))


def _shorten(text: str, focus: int = 0) -> str:
    """Return a redacted line cut to what's shown of it, with what is at the offset `focus`."""
    start = max(0, focus - _CHARS_BEFORE_CHANGE) if focus > MAX_TEXT_CHARS - _CHARS_BEFORE_CHANGE else 0
    text = f"…{text[start:]}" if start else text
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[: MAX_TEXT_CHARS - 1]}…"
