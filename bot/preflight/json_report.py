"""What preflight found, for programs: JSON, and SARIF 2.1.0, which code hosts and editors show beside the lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from bot.preflight.source_files import STDIN, has_authors_lines
from knowledge.model.entry import Language
from knowledge.preflight.finding import PreflightFinding, PreflightResult
from knowledge.preflight.rule import LEVELS, Level, PreflightRule
from knowledge.redaction.redact import redact
from knowledge.text.value_slots import fill_values

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS: Mapping[Level, str] = {"error": "error", "warning": "warning", "advice": "note"}


def build_json(
    result: PreflightResult,
    language: Language,
    not_checked: Sequence[str] | None = None,
    lint_gaps: Collection[str] = (),
) -> dict[str, Any]:
    """Build the JSON object about one template. It always has every key.

    `not_checked` is what live checks couldn't look at; None if there were none. `lint_gaps` says why ShellCheck
    didn't look at some scripts.
    """
    counts = {level: sum(1 for finding in result.findings if finding.level == level) for level in LEVELS}
    return {
        "file": result.source.name,
        "counts": counts,
        "templates": [{"path": template.path, "name": redact(template.name)} for template in result.templates],
        "findings": [_build_finding(finding, language) for finding in result.findings],
        "unevaluated": list(result.unevaluated),
        "unread_scripts": [redact(name) for name in result.unread_scripts],
        "unparsed_scripts": list(result.unparsed_scripts),
        "shellcheck_gaps": list(lint_gaps),
        "not_checked": None if not_checked is None else list(not_checked),
        "exempt": result.exempt_count,
    }


def build_sarif(
    results: Sequence[PreflightResult], rules: Sequence[PreflightRule], language: Language, version: str
) -> dict[str, Any]:
    """Build a SARIF log of all files, with every rule that was applied."""
    index = {rule.id: number for number, rule in enumerate(rules)}
    driver = {
        "name": "Image Medic preflight",
        "semanticVersion": version,
        "rules": [_build_sarif_rule(rule, language) for rule in rules],
    }
    found = [
        _build_sarif_result(finding, index[finding.rule.id], language)
        for result in results
        for finding in result.findings
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "language": language, "results": found}
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _build_finding(finding: PreflightFinding, language: Language) -> dict[str, Any]:
    rule, part, script = finding.rule, finding.part, finding.script
    line, column = (None, None) if _is_translated(finding) else finding.position
    return {
        "rule": rule.id,
        "level": finding.level,
        "title": fill_values(rule.title.get(language), finding.values),
        "why": fill_values(rule.why.get(language), finding.values),
        "fix": fill_values(rule.fix.get(language), finding.values),
        "entry": rule.becomes or None,
        "file": finding.source.name,
        "line": line,
        "column": column,
        "path": finding.path,
        "part": {"kind": part.kind, "number": part.number, "name": redact(part.name)} if part else None,
        "script_line": script.line if script else None,
        "correctable": bool(finding.edits),
        "source": rule.source.url,
    }


def _build_sarif_rule(rule: PreflightRule, language: Language) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": fill_values(rule.title.get(language), {})},
        "fullDescription": {"text": fill_values(rule.why.get(language), {})},
        "help": {"text": fill_values(rule.fix.get(language), {})},
        "helpUri": rule.source.url,
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
        "properties": {"entry": rule.becomes, "sourceRead": rule.source.read.isoformat()},
    }


def _build_sarif_result(finding: PreflightFinding, rule_index: int, language: Language) -> dict[str, Any]:
    rule = finding.rule
    artifact = {"uri": _build_uri(finding.source.name)}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if not _is_translated(finding):
        physical["region"] = {"startLine": finding.position.line, "startColumn": finding.position.column}
    texts = [fill_values(text.get(language), finding.values) for text in (rule.title, rule.fix)]
    result: dict[str, Any] = {
        "ruleId": rule.id,
        "ruleIndex": rule_index,
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": ". ".join(texts)},
        "locations": [{"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": finding.path}]}],
        "partialFingerprints": {"placeInTemplate/v1": f"{rule.id} {finding.path}"},
    }
    if finding.edits and not _is_translated(finding):
        replacements = [
            {
                "deletedRegion": {"charOffset": edit.start, "charLength": edit.end - edit.start},
                "insertedContent": {"text": redact(edit.text)},
            }
            for edit in finding.edits
        ]
        change = {
            "artifactLocation": {"uri": _build_uri(finding.template.source.name)},
            "replacements": replacements,
        }
        result["fixes"] = [{"description": {"text": texts[1]}, "artifactChanges": [change]}]
    return result


def _is_translated(finding: PreflightFinding) -> bool:
    return not has_authors_lines(finding.source)


def _build_uri(name: str) -> str:
    if name == STDIN:
        return "stdin"
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
