"""Which lines of an input are shown, and how: redacted together with their neighbours, and cut to a readable length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from knowledge.build_log.build import Build
from knowledge.catalog.script_errors import ScriptFailure
from knowledge.diagnosis.matching import MatchCandidate
from knowledge.model.diagnosis import ExcerptLine
from knowledge.redaction.redact import redact_lines
from knowledge.text.lines import LogLine

MAX_EVIDENCE_CHARS = 1500
"""Characters of a line that proves something: a status message is one long line, and support wants all of it."""
MAX_LINE_CHARS = 400
_CONTEXT_LINES = 2
_MAX_EXCERPT_LINES = 24


def redact_evidence(lines: Sequence[LogLine], evidence: Iterable[LogLine]) -> Mapping[LogLine, str]:
    """The redacted text of every line that is shown, read together with its neighbours: a secret can be wrapped."""
    wanted = set(evidence)
    numbers = {line.number for line in wanted}
    shown: dict[LogLine, str] = {}
    for index, line in enumerate(lines if wanted else ()):
        if line.number in numbers and line in wanted and line not in shown:
            begin = max(0, index - 3)
            hidden = redact_lines([near.body for near in lines[begin : index + 2]])
            shown[line] = shorten_line(hidden[index - begin], MAX_EVIDENCE_CHARS)
    return shown


def shorten_line(text: str, max_chars: int = MAX_LINE_CHARS) -> str:
    """`text` without blanks around it, at most as long as can be read."""
    text = text.strip()
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def extract_excerpt(
    build: Build | None,
    lines: Sequence[LogLine],
    candidates: Sequence[MatchCandidate],
    script_failure: ScriptFailure | None,
) -> tuple[ExcerptLine, ...]:
    """The lines that a person would want to read: the evidence of the best match with what stands around it."""
    evidence = list(candidates[0].evidence) if candidates else []
    if not evidence and script_failure:
        evidence = list(script_failure.lines)
    if not evidence and build is not None:
        evidence = [build.lines[index] for index in build.verdict_indexes[:2]]
        failed = build.failed_run
        evidence += [build.lines[failed.start_index]] if failed else []
    wanted = {line.number for line in evidence}
    visible = [line for line in lines if line.source != "debug" or line.number in wanted]
    keep: dict[int, int] = {}
    for index, line in enumerate(visible):
        if line.number in wanted:
            for near in range(max(0, index - _CONTEXT_LINES), min(len(visible), index + _CONTEXT_LINES + 1)):
                keep.setdefault(near, index)
    if not evidence and not candidates:
        keep = {}
    chosen = sorted(keep)
    if len(chosen) > _MAX_EXCERPT_LINES:
        chosen = sorted(sorted(chosen, key=lambda index: visible[index].number not in wanted)[:_MAX_EXCERPT_LINES])
    begin = max(0, chosen[0] - 3) if chosen else 0
    hidden = redact_lines([line.body for line in visible[begin : chosen[-1] + 2]]) if chosen else []
    excerpt: dict[int, ExcerptLine] = {}
    for index in chosen:
        text = shorten_line(hidden[index - begin])
        if text:
            excerpt.setdefault(visible[index].number, ExcerptLine(visible[index].number, text))
    return tuple(excerpt.values())
