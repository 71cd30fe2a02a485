"""Choose and redact the lines that a diagnosis shows: each match's, and the excerpt around the deciding line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from knowledge.build_log.noise import is_wrapper_error
from knowledge.diagnosis.candidate import MatchCandidate
from knowledge.diagnosis.excerpt import (
    MAX_EVIDENCE_CHARS,
    MAX_EXCERPT_LINES,
    MAX_LINE_CHARS,
    EvidenceLines,
    choose_excerpt,
)
from knowledge.diagnosis.ranking import RankedCandidate
from knowledge.diagnosis.step_failure import StepFailure
from knowledge.input.parsed_input import ParsedInput
from knowledge.model.diagnosis import ExcerptLine
from knowledge.model.finding import Finding
from knowledge.text.lines import LogLine

_MAX_EVIDENCE_LINES = 6
_VALUES_WITHOUT_PLACE = ("sentence", "exit_code", "step")
_MIN_FOCUS_CHARS = 5
_CHARS_BEFORE_VALUE = 80


class EvidenceSelection(NamedTuple):
    """The lines to show, redacted."""

    excerpt: tuple[ExcerptLine, ...]
    lines: EvidenceLines
    evidence: Mapping[str, Sequence[LogLine]]

    def render_match(self, candidate: MatchCandidate) -> tuple[ExcerptLine, ...]:
        """Return the lines that prove a candidate."""
        return self.lines.render(self.evidence[candidate.entry.id], _MAX_EVIDENCE_LINES, MAX_EVIDENCE_CHARS)


def select_evidence(
    parsed: ParsedInput, ranked: Sequence[RankedCandidate], failure: StepFailure, finding: Finding | None
) -> EvidenceSelection:
    """Choose the lines for all candidates and for the excerpt."""
    evidence = {candidate.entry.id: _order_evidence(candidate, failure) for candidate, _ in ranked}
    deciding = _find_deciding_line(parsed, ranked, failure, finding)
    if deciding is not None and finding is not None and evidence.get(finding.id):
        evidence[finding.id] = _drop_wrappers([deciding, *evidence[finding.id]])
    shown = list(evidence[ranked[0].candidate.entry.id]) if ranked else [*failure.lines, *failure.survived.lines]
    shown = shown or list(failure.suspicious.lines)
    messages = (*failure.said.messages, *failure.survived.messages, *failure.suspicious.messages)
    continuations = {message.line.number: message.continuation_lines for message in messages}
    continued = continuations.get(deciding.number, ()) if deciding else ()
    lines: Sequence[LogLine] = parsed.text.lines
    if parsed.build is not None and deciding is not None and deciding.source == "echo":
        lines = parsed.build.lines  # the text to search doesn't include the scripts' source
    excerpt = choose_excerpt(lines, deciding, shown, continued)
    every_line = [line for lines in evidence.values() for line in lines] + excerpt
    texts = EvidenceLines(lines, every_line, continuations, deciding, _find_focus(finding, deciding))
    return EvidenceSelection(texts.render(excerpt, MAX_EXCERPT_LINES, MAX_LINE_CHARS), texts, evidence)


def _find_focus(finding: Finding | None, deciding: LogLine | None) -> str:
    """Return the part of a long line that must be visible: up to what the headline names, or Azure's error code."""
    if finding is None:
        return ""
    named = [value for name, value in finding.values.items() if name not in _VALUES_WITHOUT_PLACE]
    value = max(named, key=len, default="")
    position = _find_name(deciding.body, value) if deciding is not None and len(value) >= _MIN_FOCUS_CHARS else -1
    if deciding is not None and position >= 0:
        return deciding.body[max(0, position - _CHARS_BEFORE_VALUE) : position + len(value)]
    return finding.values.get("sentence", "").partition(":")[0]


def _find_name(body: str, value: str) -> int:
    """Return where a line names `value`, rather than in a resource's ID; -1 if it doesn't."""
    position = body.find(value)
    while position > 0 and body[position - 1] == "/":
        following = body.find(value, position + 1)
        if following < 0:
            break
        position = following
    return position


def _order_evidence(candidate: MatchCandidate, failure: StepFailure) -> Sequence[LogLine]:
    """Return a candidate's lines, most important first: what the script itself said, then Packer's verdict."""
    if not candidate.entry.shows_script_output:
        return candidate.evidence
    # A debug line only repeats the exit code that the verdict has.
    verdicts = [line for line in candidate.evidence if not _is_debug(line)] or candidate.evidence
    if not failure.said.messages:
        return verdicts
    deciding = failure.said.deciding
    first = [deciding.line] if deciding else []
    # after the deciding message, the last one says the most: it's the script's own summary of the failure
    return [*first, *failure.said.lines[-1:], *failure.said.lines, *verdicts]


def _is_debug(line: LogLine) -> bool:
    # the log may have lost its prefixes
    return line.source == "debug" or line.body.startswith(("[INFO] ", "[ERROR] Remote command exited with"))


def _drop_wrappers(lines: Sequence[LogLine]) -> Sequence[LogLine]:
    return [line for line in lines if not is_wrapper_error(line.body)] or lines


def _find_deciding_line(
    parsed: ParsedInput, ranked: Sequence[RankedCandidate], failure: StepFailure, finding: Finding | None
) -> LogLine | None:
    number = finding.line if finding else 0
    if not number:
        return None
    candidates = [failure.deciding] if failure.deciding else []
    candidates += [line for candidate, _ in ranked[:1] for line in candidate.evidence]
    exact = next((line for line in candidates if line.number == number), None)
    return exact or next((line for line in parsed.text.lines if line.number == number), None)
