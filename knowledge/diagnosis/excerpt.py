"""Chooses the lines of an input to show, redacts them together with their neighbors, and shortens them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from knowledge.build_log.build import Build
from knowledge.catalog.script_errors import ScriptFailure
from knowledge.diagnosis.candidate import MatchCandidate
from knowledge.model.diagnosis import ExcerptLine
from knowledge.redaction.redact import redact_lines
from knowledge.text.lines import LogLine

MAX_EVIDENCE_CHARS = 1500
"""Characters of a line of evidence. A status message is one long line, and support needs all of it."""
MAX_LINE_CHARS = 400
_CONTEXT_LINES = 2
_MAX_EXCERPT_LINES = 24
# A secret may be wrapped over several lines, so each shown line is redacted with these neighbors.
_REDACTED_LINES_BEFORE = 3
_REDACTED_LINES_AFTER = 1


def redact_evidence(lines: Sequence[LogLine], evidence: Iterable[LogLine]) -> Mapping[LogLine, str]:
    """Return the redacted and shortened text of every line in `evidence`, which are among `lines`."""
    wanted = set(evidence)
    if not wanted:
        return {}
    wanted_numbers = {line.number for line in wanted}
    redacted: dict[LogLine, str] = {}
    for index, line in enumerate(lines):
        # Hashing a line is slow, so most lines are ruled out by number.
        if line.number in wanted_numbers and line in wanted and line not in redacted:
            start = max(0, index - _REDACTED_LINES_BEFORE)
            stop = index + _REDACTED_LINES_AFTER + 1
            texts = redact_lines([neighbor.body for neighbor in lines[start:stop]])
            redacted[line] = shorten_line(texts[index - start], MAX_EVIDENCE_CHARS)
    return redacted


def shorten_line(text: str, max_chars: int = MAX_LINE_CHARS) -> str:
    """Return `text` without surrounding blanks, cut to `max_chars` characters with an ellipsis."""
    text = text.strip()
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def extract_excerpt(
    build: Build | None,
    lines: Sequence[LogLine],
    candidates: Sequence[MatchCandidate],
    script_failure: ScriptFailure | None,
) -> tuple[ExcerptLine, ...]:
    """Return the redacted lines that a person would want to read: the evidence of the best match in its context.

    Without a match, the lines of the script's failure or of the build's verdict take the place of the evidence.
    """
    evidence_numbers = {line.number for line in _choose_evidence(build, candidates, script_failure)}
    visible = [line for line in lines if line.source != "debug" or line.number in evidence_numbers]
    indexes = _choose_indexes(visible, evidence_numbers)
    if not indexes:
        return ()
    start = max(0, indexes[0] - _REDACTED_LINES_BEFORE)
    stop = indexes[-1] + _REDACTED_LINES_AFTER + 1
    redacted = redact_lines([line.body for line in visible[start:stop]])
    excerpt: dict[int, ExcerptLine] = {}
    for index in indexes:
        text = shorten_line(redacted[index - start])
        if text:
            excerpt.setdefault(visible[index].number, ExcerptLine(visible[index].number, text))
    return tuple(excerpt.values())


def _choose_evidence(
    build: Build | None, candidates: Sequence[MatchCandidate], script_failure: ScriptFailure | None
) -> list[LogLine]:
    if candidates and candidates[0].evidence:
        return candidates[0].evidence
    if script_failure and script_failure.lines:
        return list(script_failure.lines)
    if build is None:
        return []
    verdicts = [build.lines[index] for index in build.verdict_indexes[:2]]
    failed_run = build.failed_run
    return [*verdicts, build.lines[failed_run.start_index]] if failed_run else verdicts


def _choose_indexes(lines: Sequence[LogLine], evidence_numbers: Set[int]) -> list[int]:
    """Return the indexes of the evidence and of the lines around it. If there are too many, evidence comes first."""
    chosen: set[int] = set()
    for index, line in enumerate(lines):
        if line.number in evidence_numbers:
            chosen.update(range(max(0, index - _CONTEXT_LINES), min(len(lines), index + _CONTEXT_LINES + 1)))
    indexes = sorted(chosen)
    if len(indexes) > _MAX_EXCERPT_LINES:
        indexes.sort(key=lambda index: lines[index].number not in evidence_numbers)
        indexes = sorted(indexes[:_MAX_EXCERPT_LINES])
    return indexes
