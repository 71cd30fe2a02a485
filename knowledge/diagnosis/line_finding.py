"""Name an error by a single line, used when the whole text turned out to have another explanation."""

from __future__ import annotations

from functools import lru_cache

from knowledge.catalog.findings import FindingCatalog
from knowledge.catalog.line_patterns import LinePatternSet
from knowledge.diagnosis.finding_builder import UNKNOWN_ERROR, capture_values
from knowledge.model.diagnosis import ExcerptLine
from knowledge.model.entry import Language
from knowledge.model.finding import Finding, StepPlace
from knowledge.text.sentences import extract_sentence
from knowledge.text.value_slots import fill_values


def build_line_finding(
    catalog: FindingCatalog, line: ExcerptLine, place: StepPlace | None, language: Language
) -> Finding:
    """Return what a redacted line says: by the rule that knows it, or else in its own words."""
    sentence = extract_sentence(line.text)
    values = {"sentence": sentence} if sentence else {}
    pattern = _build_patterns(catalog).match_text(line.text).pattern
    rule = catalog.rules.get(pattern.id) if pattern else None
    if rule is None:
        return Finding(UNKNOWN_ERROR, sentence or line.text, "script", "after-fix", values, line.line, place)
    values |= capture_values(rule, line.text, ())
    title = fill_values(rule.title.get(language), values)
    return Finding(rule.id, title, rule.owner, rule.retry, values, line.line, place)


@lru_cache(maxsize=4)
def _build_patterns(catalog: FindingCatalog) -> LinePatternSet:
    return LinePatternSet(catalog.list_patterns("said"))
