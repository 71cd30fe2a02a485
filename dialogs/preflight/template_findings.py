"""Findings of rules as plain values without secrets: those that have the same fix are one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from dialogs.model.preflight import (
    MAX_KEPT_FINDINGS,
    PREFLIGHT_LEVELS,
    CheckedPlace,
    TemplateCheck,
    TemplateFinding,
)
from knowledge.model.entry import Language
from knowledge.preflight.finding import PreflightFinding

_MAX_CHARS = 120


def group_findings(findings: Iterable[PreflightFinding]) -> list[list[PreflightFinding]]:
    """Group the findings of one rule and level; the order of the first ones stays."""
    groups: dict[tuple[str, str], list[PreflightFinding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule.id, finding.level), []).append(finding)
    return list(groups.values())


def build_finding(
    group: Sequence[PreflightFinding], language: Language, has_own_lines: bool, diff: tuple[str, ...] = ()
) -> TemplateFinding:
    """Build the finding for a group. `has_own_lines`: people know the text by its lines."""
    first, *others = group
    rule, part = first.rule, first.part
    place = CheckedPlace(
        shorten(first.path),
        part.kind if part else "",
        part.number if part else 0,
        shorten(part.name) if part else "",
        first.script.line if first.script else 0,
        first.position.line if has_own_lines else 0,
    )
    return TemplateFinding(
        rule.id,
        first.level,
        rule.title.get(language),
        rule.why.get(language),
        rule.fix.get(language),
        dict(first.values),
        rule.becomes,
        place,
        len(others),
        diff,
    )


def count_levels(findings: Iterable[TemplateFinding]) -> tuple[int, ...]:
    """Return how many findings each level has, from the worst."""
    levels = [finding.level for finding in findings]
    return tuple(levels.count(level) for level in PREFLIGHT_LEVELS)


def add_live_findings(
    check: TemplateCheck,
    findings: Iterable[PreflightFinding],
    not_looked_at: Sequence[str],
    was_looked_up: bool,
    language: Language,
    settled: Collection[str] = (),
) -> TemplateCheck:
    """Return a check with what was found in Azure, and what couldn't be looked at there.

    `settled` are the rules about the file whose questions were answered in Azure.
    """
    removed = [finding for finding in check.findings if finding.rule in settled]
    own = [finding for finding in check.findings if finding.rule not in settled]
    live = [build_finding(group, language, has_own_lines=False) for group in group_findings(findings)]
    every = sorted((*own, *live), key=lambda finding: PREFLIGHT_LEVELS.index(finding.level))
    levels = zip(check.counts, count_levels(live), count_levels(removed), strict=True)
    counts = tuple(before + added - gone for before, added, gone in levels)
    return replace(
        check,
        findings=tuple(every[:MAX_KEPT_FINDINGS]),
        counts=counts,
        not_looked_at=tuple(not_looked_at),
        was_looked_up=was_looked_up,
    )


def shorten(text: str) -> str:
    """Shorten a name or a path to what a card has room for."""
    return text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS - 1]}…"
