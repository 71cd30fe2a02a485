"""The part of a diagnosis that a conversation keeps: bounded in size, and its JSON form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from dialogs.state.json_fields import (
    ShapeError,
    clean,
    keyed,
    maybe_text,
    maybe_whole,
    one_of,
    rows,
    text,
    truth,
    whole,
)
from knowledge.model.diagnosis import (
    MOST_MATCHES,
    Confidence,
    Diagnosis,
    Kind,
    LineOf,
    Match,
    Outcome,
    ProvisionerRun,
    ScriptAdvice,
    Silence,
)
from knowledge.model.entry import Retry, Severity

MOST_EVIDENCE = 5
MOST_EXCERPT = 16
MOST_RUNS = 20
MOST_NAMED = 20
MOST_FACTS = 60
LINE = 400
MESSAGE = 1500
"""Characters of a line that proves something: a status message is one long line, and support wants all of it."""
VALUE = 400
ID = 600
MOST_IDS = 40
MOST_ID_CHARACTERS = 5_000
NAME = 120
STATES = ("ended", "failed", "stopped", "running")


def hold(diagnosis: Diagnosis) -> Diagnosis:
    """`diagnosis` cut to what is worth keeping; the last provisioners and the last lines are those that matter."""
    return replace(
        diagnosis,
        file=clean(diagnosis.file, NAME),
        matches=tuple(_hold_match(match) for match in diagnosis.matches[:MOST_MATCHES]),
        excerpt=_lines(diagnosis.excerpt[-MOST_EXCERPT:]),
        facts={key: value for key, value in list(diagnosis.facts.items())[:MOST_FACTS] if _fits(value)},
        ids=_hold_ids(diagnosis.ids),
        timeline=tuple(_hold_run(run) for run in diagnosis.timeline[-MOST_RUNS:]),
    )


def found_something(diagnosis: Diagnosis) -> bool:
    """Whether the text held anything of a build at all, known or not."""
    if diagnosis.matches or diagnosis.timeline or diagnosis.outcome != "unknown":
        return True
    if any(value is not None for value in diagnosis.facts.values()):
        return True
    return diagnosis.kind not in ("question", "unknown")


def values_of(diagnosis: Diagnosis, entry: str) -> dict[str, str]:
    """What may stand in the commands of `entry`: the facts of the text, then what its signature captured."""
    values = {key: str(value) for key, value in diagnosis.facts.items() if value is not None}
    for match in diagnosis.matches:
        if match.entry == entry:
            values.update(match.values)
    return values


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
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
        "script": [diagnosis.script.id, diagnosis.script.advice] if diagnosis.script else None,
        "lines": diagnosis.lines,
        "ids": [[label, value] for label, value in diagnosis.ids],
        "silence": [diagnosis.silence.seconds, diagnosis.silence.line] if diagnosis.silence else None,
    }


def from_json(value: object) -> Diagnosis:
    """The diagnosis that `to_json` wrote. Raises `ShapeError` for anything else."""
    held = keyed(value)
    script = held.get("script")
    return Diagnosis(
        file=text(held.get("file"), NAME),
        kind=one_of(held.get("kind"), get_args(Kind)),
        outcome=one_of(held.get("outcome"), get_args(Outcome)),
        matches=tuple(_match(item) for item in rows(held.get("matches"), MOST_MATCHES)),
        excerpt=_read_lines(held.get("excerpt"), MOST_EXCERPT),
        facts={key: _fact(item) for key, item in keyed(held.get("facts"), MOST_FACTS).items()},
        timeline=tuple(_run(item) for item in rows(held.get("timeline"), MOST_RUNS)),
        phase=maybe_text(held.get("phase"), NAME),
        os=maybe_text(held.get("os"), NAME),
        partial=truth(held.get("partial")),
        script=_advice(script) if script is not None else None,
        lines=whole(held.get("lines")),
        ids=tuple((text(label, NAME), text(value, ID)) for label, value in _pairs(held.get("ids"), MOST_IDS)),
        silence=_silence(held.get("silence")),
    )


def _silence(value: object) -> Silence | None:
    if value is None:  # none, or a state from before silences were kept
        return None
    seconds, line = _exactly(value, 2)
    return Silence(whole(seconds), whole(line))


def _hold_match(match: Match) -> Match:
    evidence, values = match.evidence, match.values
    if (
        len(evidence) <= MOST_EVIDENCE
        and len(match.explains) <= MOST_NAMED
        and len(values) <= MOST_NAMED
        and all(clean(line.text, MESSAGE) == line.text for line in evidence)
        and all(_fits(value) for value in values.values())
    ):
        return match
    return replace(
        match,
        evidence=_lines(match.evidence[:MOST_EVIDENCE], MESSAGE),
        explains=match.explains[:MOST_NAMED],
        values={name: value for name, value in list(match.values.items())[:MOST_NAMED] if _fits(value)},
    )


def _hold_run(run: ProvisionerRun) -> ProvisionerRun:
    # A log whose clock was set back gives a negative duration, which says nothing to a person.
    seconds = run.seconds if run.seconds is not None and run.seconds >= 0 else None
    name = clean(run.provisioner, NAME)
    if name == run.provisioner and seconds == run.seconds:
        return run
    return replace(run, provisioner=name, seconds=seconds)


def _fits(value: str | int | None) -> bool:
    """Whether a value can be kept whole; a part of an id would be an id that never stood in the text."""
    return not isinstance(value, str) or (len(value) <= VALUE and clean(value, VALUE) == value)


def _hold_ids(ids: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    room = MOST_ID_CHARACTERS
    for label, value in ids[:MOST_IDS]:
        if len(value) <= min(ID, room) and clean(value, ID) == value:
            kept.append((clean(label, NAME), value))
            room -= len(value)
    return tuple(kept)


def _lines(lines: tuple[LineOf, ...], longest: int = LINE) -> tuple[LineOf, ...]:
    if all(clean(line.text, longest) == line.text for line in lines):
        return lines
    return tuple(LineOf(line.line, clean(line.text, longest)) for line in lines)


def _match(value: object) -> Match:
    match = keyed(value)
    return Match(
        entry=text(match.get("entry"), NAME),
        title=text(match.get("title"), LINE),
        confidence=one_of(match.get("confidence"), get_args(Confidence)),
        severity=one_of(match.get("severity"), get_args(Severity)),
        retry=one_of(match.get("retry"), get_args(Retry)),
        evidence=_read_lines(match.get("evidence"), MOST_EVIDENCE, MESSAGE),
        explains=tuple(text(item, NAME) for item in rows(match.get("explains"), MOST_NAMED)),
        values={key: text(item, VALUE) for key, item in keyed(match.get("values"), MOST_NAMED).items()},
    )


def _read_lines(value: object, most: int, longest: int = LINE) -> tuple[LineOf, ...]:
    return tuple(LineOf(whole(line), text(shown, longest)) for line, shown in _pairs(value, most))


def _pairs(value: object, most: int) -> list[list[Any]]:
    return [_exactly(item, 2) for item in rows(value, most)]


def _run(value: object) -> ProvisionerRun:
    name, started, ended, seconds, exit_code, line, state = _exactly(value, 7)
    return ProvisionerRun(
        provisioner=text(name, NAME),
        started=maybe_text(started, NAME),
        ended=maybe_text(ended, NAME),
        seconds=maybe_whole(seconds),
        exit_code=maybe_whole(exit_code, -(2**33), 2**33),
        line=whole(line),
        state=one_of(state, STATES),
    )


def _advice(value: object) -> ScriptAdvice:
    name, advice = _exactly(value, 2)
    return ScriptAdvice(text(name, NAME), text(advice, 2000))


def _fact(value: object) -> str | int | None:
    return value if value is None or (isinstance(value, int) and not isinstance(value, bool)) else text(value, VALUE)


def _exactly(value: object, count: int) -> list[Any]:
    items = rows(value, count + 1)
    if len(items) != count:
        raise ShapeError(f"expected {count} items, found {len(items)}")
    return items
