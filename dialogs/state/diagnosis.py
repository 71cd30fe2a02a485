"""The part of a diagnosis that a conversation keeps: bounded in size, and its JSON form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from dialogs.state.json_fields import (
    DecodeError,
    clean_text,
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

MAX_EVIDENCE_LINES = 5
MAX_EXCERPT_LINES = 16
MAX_PROVISIONER_RUNS = 20
MAX_ITEMS_PER_MATCH = 20
MAX_FACTS = 60
MAX_LINE_CHARS = 400
MAX_EVIDENCE_CHARS = 1500
"""Characters of a line that proves something: a status message is one long line, and support wants all of it."""
MAX_VALUE_CHARS = 400
MAX_ID_CHARS = 600
MAX_IDS = 40
MAX_TOTAL_ID_CHARS = 5_000
MAX_NAME_CHARS = 120
PROVISIONER_STATES = ("ended", "failed", "stopped", "running")


def truncate_diagnosis(diagnosis: Diagnosis) -> Diagnosis:
    """`diagnosis` cut to what is worth keeping; the last provisioners and the last lines are those that matter."""
    return replace(
        diagnosis,
        file=clean_text(diagnosis.file, MAX_NAME_CHARS),
        matches=tuple(_truncate_match(match) for match in diagnosis.matches[:MAX_MATCHES]),
        excerpt=_truncate_lines(diagnosis.excerpt[-MAX_EXCERPT_LINES:]),
        facts={key: value for key, value in list(diagnosis.facts.items())[:MAX_FACTS] if _is_storable(value)},
        ids=_truncate_ids(diagnosis.ids),
        timeline=tuple(_truncate_run(run) for run in diagnosis.timeline[-MAX_PROVISIONER_RUNS:]),
    )


def has_findings(diagnosis: Diagnosis) -> bool:
    """Whether the text held anything of a build at all, known or not."""
    if diagnosis.matches or diagnosis.timeline or diagnosis.outcome != "unknown":
        return True
    if any(value is not None for value in diagnosis.facts.values()):
        return True
    return diagnosis.kind not in ("question", "unknown")


def extract_placeholder_values(diagnosis: Diagnosis, entry_id: str) -> dict[str, str]:
    """What may stand in the commands of `entry`: the facts of the text, then what its signature captured."""
    values = {key: str(value) for key, value in diagnosis.facts.items() if value is not None}
    for match in diagnosis.matches:
        if match.entry == entry_id:
            values.update(match.values)
    return values


def diagnosis_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """A held diagnosis as plain JSON values."""
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
    """The diagnosis that `to_json` wrote. Raises `ShapeError` for anything else."""
    held = parse_mapping(value)
    script = held.get("script")
    return Diagnosis(
        file=parse_text(held.get("file"), MAX_NAME_CHARS),
        kind=parse_choice(held.get("kind"), get_args(InputKind)),
        outcome=parse_choice(held.get("outcome"), get_args(BuildOutcome)),
        matches=tuple(_parse_match(item) for item in parse_list(held.get("matches"), MAX_MATCHES)),
        excerpt=_parse_lines(held.get("excerpt"), MAX_EXCERPT_LINES),
        facts={key: _parse_fact(item) for key, item in parse_mapping(held.get("facts"), MAX_FACTS).items()},
        timeline=tuple(_parse_run(item) for item in parse_list(held.get("timeline"), MAX_PROVISIONER_RUNS)),
        phase=parse_optional_text(held.get("phase"), MAX_NAME_CHARS),
        os=parse_optional_text(held.get("os"), MAX_NAME_CHARS),
        partial=parse_bool(held.get("partial")),
        script_advice=_parse_advice(script) if script is not None else None,
        line_count=parse_int(held.get("lines")),
        ids=tuple(
            (parse_text(label, MAX_NAME_CHARS), parse_text(value, MAX_ID_CHARS))
            for label, value in _parse_pairs(held.get("ids"), MAX_IDS)
        ),
        longest_gap=_parse_gap(held.get("silence")),
    )


def _parse_gap(value: object) -> LogGap | None:
    if value is None:  # none, or a state from before silences were kept
        return None
    seconds, line = _parse_items(value, 2)
    return LogGap(parse_int(seconds), parse_int(line))


def _truncate_match(match: Match) -> Match:
    evidence, values = match.evidence, match.values
    if (
        len(evidence) <= MAX_EVIDENCE_LINES
        and len(match.explains) <= MAX_ITEMS_PER_MATCH
        and len(values) <= MAX_ITEMS_PER_MATCH
        and all(clean_text(line.text, MAX_EVIDENCE_CHARS) == line.text for line in evidence)
        and all(_is_storable(value) for value in values.values())
    ):
        return match
    return replace(
        match,
        evidence=_truncate_lines(match.evidence[:MAX_EVIDENCE_LINES], MAX_EVIDENCE_CHARS),
        explains=match.explains[:MAX_ITEMS_PER_MATCH],
        values={name: value for name, value in list(match.values.items())[:MAX_ITEMS_PER_MATCH] if _is_storable(value)},
    )


def _truncate_run(run: ProvisionerSummary) -> ProvisionerSummary:
    # A log whose clock was set back gives a negative duration, which says nothing to a person.
    seconds = run.seconds if run.seconds is not None and run.seconds >= 0 else None
    name = clean_text(run.provisioner, MAX_NAME_CHARS)
    if name == run.provisioner and seconds == run.seconds:
        return run
    return replace(run, provisioner=name, seconds=seconds)


def _is_storable(value: str | int | None) -> bool:
    """Whether a value can be kept whole; a part of an id would be an id that never stood in the text."""
    return not isinstance(value, str) or (len(value) <= MAX_VALUE_CHARS and clean_text(value, MAX_VALUE_CHARS) == value)


def _truncate_ids(ids: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    room = MAX_TOTAL_ID_CHARS
    for label, value in ids[:MAX_IDS]:
        if len(value) <= min(MAX_ID_CHARS, room) and clean_text(value, MAX_ID_CHARS) == value:
            kept.append((clean_text(label, MAX_NAME_CHARS), value))
            room -= len(value)
    return tuple(kept)


def _truncate_lines(lines: tuple[ExcerptLine, ...], max_chars: int = MAX_LINE_CHARS) -> tuple[ExcerptLine, ...]:
    if all(clean_text(line.text, max_chars) == line.text for line in lines):
        return lines
    return tuple(ExcerptLine(line.line, clean_text(line.text, max_chars)) for line in lines)


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
        ExcerptLine(parse_int(line), parse_text(shown, max_chars)) for line, shown in _parse_pairs(value, max_lines)
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
    return (
        value
        if value is None or (isinstance(value, int) and not isinstance(value, bool))
        else parse_text(value, MAX_VALUE_CHARS)
    )


def _parse_items(value: object, count: int) -> list[Any]:
    items = parse_list(value, count + 1)
    if len(items) != count:
        raise DecodeError(f"expected {count} items, found {len(items)}")
    return items
