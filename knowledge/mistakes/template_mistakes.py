"""The mistakes in a template that fail a build, as preflight finds them, each with the lines that correct it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from knowledge.model.errors import KnowledgeError
from knowledge.model.template_mistake import TemplateMistake
from knowledge.preflight.checking import check_source
from knowledge.preflight.corrections import apply_edits
from knowledge.preflight.finding import PreflightFinding, TextEdit
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.rule_catalog import get_rules
from knowledge.preflight.source_text import SourceText
from knowledge.preflight.template_scripts import TemplateScript, read_scripts
from knowledge.redaction.redact import redact_lines

MAX_TEMPLATE_CHARS = 256 << 10
MAX_MISTAKES = 20
MAX_CHANGED_LINES = 8
MAX_TEXT_CHARS = 160
_REDACTED_LINES_BEFORE, _REDACTED_LINES_AFTER = 60, 20
"""How much around a line is redacted with it: enough for a private key."""
_CHARS_BEFORE_CHANGE = 40


def find_mistakes(template_json: str, today: date) -> tuple[TemplateMistake, ...]:
    """Return the mistakes that can have failed a build, the worst first; none if the text is no template, or too long.

    The lines are those of the scripts. Elsewhere, they're those of the JSON as `az image builder show` prints it.
    """
    if len(template_json) > MAX_TEMPLATE_CHARS:
        return ()
    rules = [rule for rule in get_rules().values() if rule.becomes and (rule.level != "advice" or rule.shows_as)]
    try:
        printed = json.dumps(json.loads(template_json), indent=2, ensure_ascii=False)
        result = check_source(SourceText("", printed), rules, today)
    except (KnowledgeError, ValueError, RecursionError):
        return ()
    readers = {template.path: _TemplateReader(template) for template in result.templates}
    return tuple(readers[one.template.path].describe(one) for one in result.findings[:MAX_MISTAKES])


class _TemplateReader:
    """Describes what was found in a template, with lines of it."""

    def __init__(self, template: CheckedTemplate) -> None:
        self._source = template.source.text
        self._template = template

    def describe(self, finding: PreflightFinding) -> TemplateMistake:
        """Return a finding as people see it."""
        part, spot = finding.part, finding.script
        script = next((one for one in self._scripts if finding.path.startswith(one.path)), None) if spot else None
        return TemplateMistake(
            rule=finding.rule.id,
            is_error=finding.level == "error",
            values=finding.values,
            part=part.kind if part else "",
            number=part.number if part else 0,
            script_line=spot.line if spot else 0,
            path=finding.path,
            text=self._read_line(script, spot.line) if script and spot else "",
            diff=self._build_diff(finding.edits, script) if finding.edits else (),
        )

    @cached_property
    def _scripts(self) -> list[TemplateScript]:
        return list(read_scripts(self._template, lambda name: None))

    @cached_property
    def _lines(self) -> list[str]:
        return self._source.split("\n")

    def _read_line(self, script: TemplateScript, number: int) -> str:
        lines = script.text.split("\n")
        change = _Change(lines, number - 1, 1, lines[number - 1 : number])
        return _shorten("".join(change.redact(change.removed)[change.lead :][:1]).strip())

    def _build_diff(self, edits: Sequence[TextEdit], script: TemplateScript | None) -> tuple[str, ...]:
        """Return the lines that edits change; none if they're too many to be read."""
        if script is None:  # what's around a property tells nothing
            return self._find_change(edits).build_rows(lines_around=0)
        change = self._find_script_change(edits, script)
        return change.build_rows(lines_around=1) if change else ()

    def _find_script_change(self, edits: Sequence[TextEdit], script: TemplateScript) -> _Change | None:
        """Return the change of the item of `inline` that the edits are in."""
        for item in script.lines:
            node = item.node
            if all(node.start <= edit.start and edit.end <= node.end for edit in edits):
                first = script.text.count("\n", 0, item.start)
                corrected = json.loads(self._apply(edits, node.start, node.end))
                count = node.text.count("\n") + 1
                return _Change(script.text.split("\n"), first, count, corrected.split("\n"))
        return None

    def _find_change(self, edits: Sequence[TextEdit]) -> _Change:
        first = self._source.count("\n", 0, min(edit.start for edit in edits))
        last = self._source.count("\n", 0, max(edit.end for edit in edits))
        start = self._source.rfind("\n", 0, min(edit.start for edit in edits)) + 1
        end = self._source.find("\n", max(edit.end for edit in edits))
        corrected = self._apply(edits, start, end if end >= 0 else len(self._source))
        return _Change(self._lines, first, last - first + 1, corrected.split("\n"))

    def _apply(self, edits: Sequence[TextEdit], start: int, end: int) -> str:
        """Return a part of the template's text with the edits, which are all in it."""
        moved = [TextEdit(edit.start - start, edit.end - start, edit.text) for edit in edits]
        return apply_edits(self._source[start:end], moved)


class _Change:
    """Lines that replace others, and what's around them, which tells what in them is secret."""

    def __init__(self, lines: Sequence[str], first: int, count: int, added: Sequence[str]) -> None:
        """Replace `count` of `lines` with `added`, from the index `first`."""
        self.removed, self.added = lines[first : first + count], added
        self._before = lines[max(0, first - _REDACTED_LINES_BEFORE) : first]
        self._after = lines[first + count :][:_REDACTED_LINES_AFTER]
        self.lead = len(self._before)

    def redact(self, changed: Sequence[str]) -> list[str]:
        """Return the lines redacted, with those around them."""
        return redact_lines([*self._before, *changed, *self._after])

    def build_rows(self, lines_around: int) -> tuple[str, ...]:
        """Return the lines that differ, after `-` and `+`, and those before and after them."""
        old, new = self.redact(self.removed), self.redact(self.added)
        start = _count_equal(old, new)
        end = _count_equal(old[start:][::-1], new[start:][::-1])
        removed, added = old[start : len(old) - end], new[start : len(new) - end]
        if not (removed or added) or len(removed) + len(added) > MAX_CHANGED_LINES:
            return ()
        rows = [(" ", line) for line in old[max(0, start - lines_around) : start]]
        rows += [("-", line) for line in removed] + [("+", line) for line in added]
        rows += [(" ", line) for line in old[len(old) - end :][:lines_around]]
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
