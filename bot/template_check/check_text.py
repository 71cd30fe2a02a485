"""Check a template's text, and return plain values without secrets."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from datetime import date

from dialogs.model.preflight import (
    MAX_CHECKED_BYTES,
    MAX_CORRECTED_CHARS,
    MAX_DIFF_LINES,
    MAX_KEPT_FINDINGS,
    MAX_LINE_CHARS,
    PREFLIGHT_LEVELS,
    CheckProblem,
    CheckProblemReason,
    TemplateCheck,
)
from dialogs.preflight.template_findings import build_finding, group_findings, shorten
from knowledge.input.pasted_template import is_bicep
from knowledge.model.entry import Language
from knowledge.model.errors import KnowledgeError
from knowledge.preflight.checking import check_source
from knowledge.preflight.corrections import apply_edits
from knowledge.preflight.finding import PreflightFinding, PreflightResult
from knowledge.preflight.positioned_json import InvalidJsonError, parse_json
from knowledge.preflight.rule import PreflightRule
from knowledge.preflight.source_text import SourceText
from knowledge.redaction.redact import redact, redact_lines

_MAX_LISTED = 8
_MIN_LINES = 3
"""A text with fewer lines was printed for programs, and is laid out before it's checked."""
_AZURES_OWN = frozenset(
    {"id", "systemData", "provisioningState", "provisioningError", "lastRunStatus", "exactStagingResourceGroup"}
)
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+\d+")


def check_text(
    text: str, rules: Sequence[PreflightRule], today: date, language: Language, name: str = "", is_live: bool = False
) -> TemplateCheck:
    """Check the template in `text`; what can't be checked has a problem instead. `name` is for one without a name."""
    name = redact(name)
    if len(text.encode("utf-8", "replace")) > MAX_CHECKED_BYTES:
        return _refuse(name, "too-large")
    has_bicep = is_bicep(text)
    laid_out = _lay_out(text) if not has_bicep and (is_live or text.count("\n") < _MIN_LINES) else None
    try:
        result = check_source(SourceText("", laid_out or text), rules, today)
    except InvalidJsonError as error:
        return TemplateCheck(name, problem=CheckProblem("not-json", error.line, error.column))
    except KnowledgeError:
        return _refuse(name, "bicep" if has_bicep else "no-template")
    return _build_check(result, language, name, has_own_lines=laid_out is None)


def _build_check(result: PreflightResult, language: Language, name: str, has_own_lines: bool) -> TemplateCheck:
    text = result.source.text
    groups = group_findings(result.findings)
    counts = tuple(sum(group[0].level == level for group in groups) for level in PREFLIGHT_LEVELS)
    kept = groups[:MAX_KEPT_FINDINGS]
    findings = [
        build_finding(group, language, has_own_lines, diff)
        for group, diff in zip(kept, _build_diffs(text, kept), strict=True)
    ]
    corrected, hides_secrets = _correct(text, result)
    own_names = [template.name for template in result.templates if template.name]
    return TemplateCheck(
        shorten(redact(own_names[0])) if len(own_names) == 1 and not name else name,
        tuple(findings),
        counts,
        tuple(shorten(redact(path)) for path in result.unevaluated[:_MAX_LISTED]),
        tuple(map(_redact_file_name, result.unread_scripts[:_MAX_LISTED])),
        corrected=corrected,
        hides_secrets=hides_secrets,
    )


def _build_diffs(text: str, groups: Sequence[Sequence[PreflightFinding]]) -> list[tuple[str, ...]]:
    """Return the diff of each group's corrections. All are redacted with the text, which tells what else is secret."""
    before = text.split("\n")
    diffs = []
    for group in groups:
        edits = [edit for finding in group for edit in finding.edits]
        after = apply_edits(text, edits).split("\n") if edits else before
        lines = difflib.unified_diff(before, after, n=0, lineterm="") if edits else ()
        diffs.append([line for line in lines if not line.startswith(("---", "+++")) and not _HUNK.match(line)])
    shown = redact_lines([*before, *(line for diff in diffs for line in diff)])[len(before) :]
    cut: list[tuple[str, ...]] = []
    for diff in diffs:
        own, shown = shown[: len(diff)], shown[len(diff) :]
        cut.append(_cut_diff(own))
    return cut


def _cut_diff(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines without the blanks that all of them begin with, which cards would show as one."""
    depth = min((len(line) - 1 - len(line[1:].lstrip(" ")) for line in lines), default=0)
    return tuple(f"{line[:1]} {line[1 + depth :]}".rstrip("\r")[:MAX_LINE_CHARS] for line in lines[:MAX_DIFF_LINES])


def _correct(text: str, result: PreflightResult) -> tuple[str, bool]:
    """Return the corrected text without secrets, and whether it had any; "" if there's nothing to offer."""
    corrected = apply_edits(text, [edit for finding in result.findings for edit in finding.edits])
    if corrected == text:
        return "", False
    if any(template.is_deployed for template in result.templates):
        corrected = _remove_what_azure_adds(corrected)
    safe = redact(corrected)
    try:
        parse_json(safe)
    except InvalidJsonError:
        return "", False  # it would be of no use to anybody
    return (safe, safe != corrected) if len(safe) <= MAX_CORRECTED_CHARS else ("", False)


def _remove_what_azure_adds(text: str) -> str:
    """Return a template that Azure printed without what only Azure writes; as it is if it isn't one template."""
    try:
        resource = json.loads(text)
        properties = resource.get("properties", resource)
        kept = {key: value for key, value in properties.items() if key not in _AZURES_OWN}
    except (ValueError, RecursionError, AttributeError):
        return text
    resource = {key: value for key, value in resource.items() if key not in _AZURES_OWN}
    return json.dumps(
        {**resource, "properties": kept} if "properties" in resource else kept, indent=2, ensure_ascii=False
    )


def _lay_out(text: str) -> str | None:
    """Return the JSON with line breaks and indentation; None if that's impossible."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _refuse(name: str, reason: CheckProblemReason) -> TemplateCheck:
    return TemplateCheck(name, problem=CheckProblem(reason))


def _redact_file_name(name: str) -> str:
    """Redact a file's name as part of a path: alone, one like `testPsScript.ps1` could be a password."""
    return shorten(redact(f"./{name}").removeprefix("./"))
