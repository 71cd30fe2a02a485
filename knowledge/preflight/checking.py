"""Check the image templates of a file against the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from knowledge.preflight.conditions import hold_all, holds
from knowledge.preflight.corrections import build_edits, replace_text
from knowledge.preflight.finding import PreflightFinding, PreflightResult, TextEdit, is_exempt
from knowledge.preflight.place import Place, list_places, list_unevaluated
from knowledge.preflight.predicate import LintShell, PredicateContext
from knowledge.preflight.predicates import PREDICATES
from knowledge.preflight.preflight_input import CheckedTemplate, read_checked_templates
from knowledge.preflight.rule import LEVELS, Level, PreflightRule, ScriptSearch
from knowledge.preflight.source_text import SourceText
from knowledge.preflight.template_scripts import ReadNeighbor, TemplateScript, list_unread_scripts, read_scripts
from knowledge.redaction.redact import redact

MAX_FINDINGS = 500
MAX_FINDINGS_PER_RULE = 20
MAX_PARSED_CHARS = 1 << 20
"""How much of the scripts of one file is parsed: a template of the largest size could be nothing but scripts."""
_MAX_VALUE_CHARS = 80


def check_source(
    source: SourceText,
    rules: Sequence[PreflightRule],
    today: date,
    parameters: SourceText | None = None,
    read_neighbor: ReadNeighbor = lambda name: None,
    lint_shell: LintShell | None = None,
) -> PreflightResult:
    """Check every template in a file.

    Raises:
        InvalidJsonError: The file isn't JSON.
        UnsuitableInputError: It has no image template.
    """
    templates = read_checked_templates(source, parameters)
    findings: list[PreflightFinding] = []
    unevaluated: dict[str, None] = {}
    unread: dict[str, None] = {}
    unparsed: dict[str, None] = {}
    budget = MAX_PARSED_CHARS
    for template in templates:
        parsed: list[TemplateScript] = []
        for script in read_scripts(template, read_neighbor):
            budget -= len(script.text)
            if budget >= 0 and script.scanned.is_parsed:
                parsed.append(script)
            else:
                unparsed[redact(script.path)] = None
        checker = _TemplateChecker(template, PredicateContext(today, parsed, lint_shell))
        for rule in rules:
            findings += islice(checker.find(rule), MAX_FINDINGS_PER_RULE)
        unevaluated |= dict.fromkeys(checker.unevaluated)
        if template.is_bicep:
            unevaluated |= dict.fromkeys(list_unevaluated(template.resource, template.path))
        unread |= dict.fromkeys(list_unread_scripts(template, read_neighbor))
    kept = [finding for finding in findings if not is_exempt(finding)]
    kept.sort(key=lambda finding: (LEVELS.index(finding.level), finding.position, finding.rule.id))
    return PreflightResult(
        source,
        tuple(templates),
        tuple(kept[:MAX_FINDINGS]),
        tuple(unevaluated),
        tuple(unread),
        tuple(unparsed),
        exempt_count=len(findings) - len(kept),
    )


class _TemplateChecker:
    """Applies rules to one template. `unevaluated` collects the paths whose values they'd have needed."""

    def __init__(self, template: CheckedTemplate, context: PredicateContext) -> None:
        self._template, self._context = template, context
        self.unevaluated: list[str] = []

    def find(self, rule: PreflightRule) -> Iterator[PreflightFinding]:
        """Yield what a rule finds."""
        template = self._template
        if rule.is_for_files and template.is_deployed:
            return
        if rule.os is not None and template.parsed.os != rule.os:
            return
        if rule.script is not None:
            for script in self._context.scripts:
                yield from self._search(rule, rule.script, script)
        elif rule.predicate:
            for hit in PREDICATES[rule.predicate](template, self._context):
                start = hit.place.start if hit.start is None else hit.start
                yield self._build(rule, hit.place, start, hit.values, hit.edits, hit.script, hit.offset)
        else:
            yield from self._match(rule)

    def _match(self, rule: PreflightRule) -> Iterator[PreflightFinding]:
        template = self._template
        for place in list_places(template, rule.at):
            answer = hold_all(template, place, (*rule.where, *rule.when), rule.at)
            exceptions = [holds(template, place, condition, rule.at) for condition in rule.unless]
            if answer is False or True in exceptions:
                continue
            if answer is None or None in exceptions:
                self.unevaluated.append(place.path)
            else:
                edits = build_edits(template.source.text, place, rule.correction) if rule.correction else ()
                value = place.node.text or str(place.node.value) if place.node and _is_plain(place) else ""
                values = {"value": value, "key": place.key, "api": template.api_version or ""}
                yield self._build(rule, place, place.start, values, edits)

    def _search(self, rule: PreflightRule, search: ScriptSearch, script: TemplateScript) -> Iterator[PreflightFinding]:
        if script.language != search.language or not hold_all(self._template, script.step, rule.where):
            return
        code = script.text if search.includes_text else script.scanned.code
        if search.unless_script and search.unless_script.search(_encode(code)):
            return
        for start, text in _list_candidates(search, script, code):
            view = _encode(text)
            if search.matches and not search.matches.search(view):
                continue
            if search.unless and search.unless.search(view):
                continue
            values = {"command": text.split("\n")[0].strip()}
            edits: tuple[TextEdit, ...] = ()
            line = script.find_line(start)
            if rule.correction and line is not None:
                edits = replace_text(self._template.source.text, line.node, start - line.start, rule.correction)
            yield self._build(rule, script.step, 0, values, edits, script, start)

    def _build(
        self,
        rule: PreflightRule,
        place: Place,
        start: int,
        values: dict[str, str],
        edits: tuple[TextEdit, ...] = (),
        script: TemplateScript | None = None,
        offset: int = 0,
    ) -> PreflightFinding:
        safe = {name: _shorten(redact(value)) for name, value in values.items() if value}
        template = self._template
        edits = () if template.is_bicep else edits
        level = find_level(rule, template.api_version)
        part = replace(place.part, name=redact(place.part.name)) if place.part else None
        if script is None:
            position = template.source.locate(start)
            return PreflightFinding(
                rule, level, template, template.source, redact(place.path), position, part, None, safe, edits
            )
        spot = script.locate(offset)
        return PreflightFinding(
            rule, level, template, spot.source, redact(spot.path), spot.position, part, spot.script, safe, edits
        )


def find_level(rule: PreflightRule, version: str | None) -> Level:
    """Return a rule's level for an API version: what only later versions refuse is a warning."""
    if not rule.strict_since or rule.level != "error":
        return rule.level
    is_strict = version is not None and version[:4].isdecimal() and version >= rule.strict_since
    return "error" if is_strict else "warning"


def _list_candidates(search: ScriptSearch, script: TemplateScript, code: str) -> Iterator[tuple[int, str]]:
    if search.commands:
        for command in script.scanned.commands:
            is_wanted = command.execution == "always" if search.always_runs else command.execution != "never"
            if command.name in search.commands and is_wanted and not (search.needs_sudo and command.has_sudo):
                yield command.start, command.text
        return
    start = 0
    for line in code.split("\n"):
        yield start + len(line) - len(line.lstrip()), line
        start += len(line) + 1


def _is_plain(place: Place) -> bool:
    return place.node is not None and isinstance(place.node.value, (str, int, float))


def _encode(text: str) -> bytes:
    """Encode for patterns: one byte per character, so that offsets stay."""
    return text.encode("latin-1", "replace")


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[: _MAX_VALUE_CHARS - 1]}…"
