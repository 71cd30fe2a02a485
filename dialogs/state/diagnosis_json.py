"""A stored diagnosis as plain JSON values."""

from __future__ import annotations

from typing import Any, get_args

from dialogs.state.diagnosis import (
    MAX_EVIDENCE_CHARS,
    MAX_EVIDENCE_LINES,
    MAX_EXCERPT_LINES,
    MAX_FACTS,
    MAX_ID_CHARS,
    MAX_IDS,
    MAX_ITEMS_PER_MATCH,
    MAX_LINE_CHARS,
    MAX_NAME_CHARS,
    MAX_PROVISIONER_RUNS,
    MAX_VALUE_CHARS,
)
from dialogs.state.json_fields import (
    DecodeError,
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_optional_int,
    parse_optional_text,
    parse_text,
)
from knowledge.model.diagnosis import (
    MAX_MATCHES,
    BuildOutcome,
    Confidence,
    Diagnosis,
    ExcerptLine,
    InputKind,
    LogGap,
    Match,
    ProvisionerSummary,
    ScriptAdvice,
)
from knowledge.model.entry import Retry, Severity

PROVISIONER_STATES = ("ended", "failed", "stopped", "running")


def diagnosis_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a truncated diagnosis as plain JSON values."""
    return {
        "file": diagnosis.file,
        "kind": diagnosis.kind,
        "outcome": diagnosis.outcome,
        "matches": [
            {
                "entry": m.entry,
                "title": m.title,
                "confidence": m.confidence,
                "severity": m.severity,
                "retry": m.retry,
                "evidence": [[e.line, e.text] for e in m.evidence],
                "explains": list(m.explains),
                "values": dict(m.values),
            }
            for m in diagnosis.matches
        ],
        "excerpt": [[e.line, e.text] for e in diagnosis.excerpt],
        "facts": dict(diagnosis.facts),
        "timeline": [
            [t.provisioner, t.started, t.ended, t.seconds, t.exit_code, t.line, t.state] for t in diagnosis.timeline
        ],
        "phase": diagnosis.phase,
        "os": diagnosis.os,
        "partial": diagnosis.partial,
        "script": [diagnosis.script_advice.id, diagnosis.script_advice.advice] if diagnosis.script_advice else None,
        "lines": diagnosis.line_count,
        "ids": [[label, value] for label, value in diagnosis.ids],
        "silence": [diagnosis.longest_gap.seconds, diagnosis.longest_gap.line] if diagnosis.longest_gap else None,
    }


def diagnosis_from_json(value: object) -> Diagnosis:
    """Read what `diagnosis_to_json` wrote. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    script = document.get("script")
    return Diagnosis(
        file=parse_text(document.get("file"), MAX_NAME_CHARS),
        kind=parse_choice(document.get("kind"), get_args(InputKind)),
        outcome=parse_choice(document.get("outcome"), get_args(BuildOutcome)),
        matches=tuple(_parse_match(item) for item in parse_list(document.get("matches"), MAX_MATCHES)),
        excerpt=_parse_lines(document.get("excerpt"), MAX_EXCERPT_LINES),
        facts={key: _parse_fact(item) for key, item in parse_mapping(document.get("facts"), MAX_FACTS).items()},
        timeline=tuple(_parse_run(item) for item in parse_list(document.get("timeline"), MAX_PROVISIONER_RUNS)),
        phase=parse_optional_text(document.get("phase"), MAX_NAME_CHARS),
        os=parse_optional_text(document.get("os"), MAX_NAME_CHARS),
        partial=parse_bool(document.get("partial")),
        script_advice=_parse_advice(script) if script is not None else None,
        line_count=parse_int(document.get("lines")),
        ids=tuple(
            (parse_text(label, MAX_NAME_CHARS), parse_text(value, MAX_ID_CHARS))
            for label, value in _parse_pairs(document.get("ids"), MAX_IDS)
        ),
        longest_gap=_parse_gap(document.get("silence")),
    )


def _parse_gap(value: object) -> LogGap | None:
    if value is None:  # no gap, or a state from before gaps were stored
        return None
    seconds, line = _parse_items(value, 2)
    return LogGap(parse_int(seconds), parse_int(line))


def _parse_match(value: object) -> Match:
    match = parse_mapping(value)
    return Match(
        entry=parse_text(match.get("entry"), MAX_NAME_CHARS),
        title=parse_text(match.get("title"), MAX_LINE_CHARS),
        confidence=parse_choice(match.get("confidence"), get_args(Confidence)),
        severity=parse_choice(match.get("severity"), get_args(Severity)),
        retry=parse_choice(match.get("retry"), get_args(Retry)),
        evidence=_parse_lines(match.get("evidence"), MAX_EVIDENCE_LINES, MAX_EVIDENCE_CHARS),
        explains=tuple(
            parse_text(item, MAX_NAME_CHARS) for item in parse_list(match.get("explains"), MAX_ITEMS_PER_MATCH)
        ),
        values={
            key: parse_text(item, MAX_VALUE_CHARS)
            for key, item in parse_mapping(match.get("values"), MAX_ITEMS_PER_MATCH).items()
        },
    )


def _parse_lines(value: object, max_lines: int, max_chars: int = MAX_LINE_CHARS) -> tuple[ExcerptLine, ...]:
    return tuple(
        ExcerptLine(parse_int(number), parse_text(text, max_chars)) for number, text in _parse_pairs(value, max_lines)
    )


def _parse_pairs(value: object, max_items: int) -> list[list[Any]]:
    return [_parse_items(item, 2) for item in parse_list(value, max_items)]


def _parse_run(value: object) -> ProvisionerSummary:
    name, started, ended, seconds, exit_code, line, state = _parse_items(value, 7)
    return ProvisionerSummary(
        provisioner=parse_text(name, MAX_NAME_CHARS),
        started=parse_optional_text(started, MAX_NAME_CHARS),
        ended=parse_optional_text(ended, MAX_NAME_CHARS),
        seconds=parse_optional_int(seconds),
        exit_code=parse_optional_int(exit_code, -(2**33), 2**33),
        line=parse_int(line),
        state=parse_choice(state, PROVISIONER_STATES),
    )


def _parse_advice(value: object) -> ScriptAdvice:
    name, advice = _parse_items(value, 2)
    return ScriptAdvice(parse_text(name, MAX_NAME_CHARS), parse_text(advice, 2000))


def _parse_fact(value: object) -> str | int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return parse_text(value, MAX_VALUE_CHARS)


def _parse_items(value: object, count: int) -> list[Any]:
    items = parse_list(value, count + 1)
    if len(items) != count:
        raise DecodeError(f"expected {count} items, found {len(items)}")
    return items
