"""What is known of a case, as lines: as many in one language as in the other, so that each line has its twin."""

from __future__ import annotations

from collections.abc import Collection

import re2

from dialogs.context import Scene, short
from dialogs.state.state import State, Walk
from dialogs.texts import has
from knowledge.catalog.fact_rules import load_confirming
from knowledge.model.diagnosis import Diagnosis

MOST_TRIED = 12
MOST_EXCERPT = 16
LINE = 1500
DO = 120

_LISTED = ("subscription", "resource_group", "template", "region")
_AFTER_TIMES = ("correlation_id", "operation_id", "log_url")
_STARTED, _ENDED = "run_started", "run_ended"
_SAID = {*_LISTED, *_AFTER_TIMES, _STARTED, _ENDED, "run_state", "exit_code"}
_TEMPLATE = re2.compile(
    r"(?i)^/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.VirtualMachineImages/imageTemplates/[\w.-]{1,64}$"
)


def is_template_id(value: str) -> bool:
    """Whether `value` is the full resource id of an image template."""
    return _TEMPLATE.match(value) is not None


def template_id(state: State) -> str:
    """The template's full resource id where the text holds it whole; parts from different places could belong apart."""
    if state.diagnosis is None:
        return ""
    named = str(state.diagnosis.facts.get("template") or "").lower()
    found = (value for _, value in state.diagnosis.ids if is_template_id(value))
    return next((value for value in found if not named or value.lower().endswith(f"/{named}")), "")


def case_lines(scene: Scene, state: State) -> list[str]:
    """The description, line by line."""
    diagnosis = state.diagnosis
    what = [scene.word("case.what"), scene.word(f"case.what.{what_happened(scene, state)}")]
    if diagnosis and diagnosis.partial:
        what.append(scene.word("case.what.partial"))
    evidence = _evidence(diagnosis)
    proving = {row.partition(":")[0] for row in evidence}
    excerpt = [row for row in _excerpt(diagnosis) if row.partition(":")[0] not in proving]
    blocks = [
        what,
        [scene.word("case.ids"), *_ids(scene, state)],
        [scene.word("case.evidence"), *(evidence or [scene.word("case.none")])],
        [scene.word("case.timeline"), *(_timeline(scene, diagnosis) or [scene.word("case.none")])],
        [scene.word("case.diagnosis"), *(_diagnosis(scene, state) or [scene.word("case.diagnosis.none")])],
        [scene.word("case.tried"), *(_tried(scene, state) or [scene.word("case.tried.none")])],
        *([[scene.word("case.excerpt"), *excerpt]] if excerpt else []),
    ]
    return [line for index, block in enumerate(blocks) for line in ([""] if index else []) + block]


def leading_entry(scene: Scene, state: State) -> str | None:
    """The entry that the case is about: the one being walked, else the best match that is not harmless."""
    if state.walk and state.walk.entry in scene.entries:
        return state.walk.entry
    matches = state.diagnosis.matches if state.diagnosis else ()
    return next((m.entry for m in matches if m.severity != "info" and m.entry in scene.entries), None)


def what_happened(scene: Scene, state: State) -> str:
    """The run's outcome; where the text does not say, the phase that the error is of, when that is sure."""
    outcome = state.diagnosis.outcome if state.diagnosis else "unknown"
    entry = leading_entry(scene, state)
    match = state.match_of(entry) if entry else None
    if outcome != "unknown" or entry is None or match is None or match.confidence == "possible":
        return outcome
    return scene.entries[entry].phase


def _ids(scene: Scene, state: State) -> list[str]:
    diagnosis = state.diagnosis
    facts = diagnosis.facts if diagnosis else {}
    rows = [_id(scene, key, facts.get(key)) for key in _LISTED]
    rows.append(_id(scene, "os", {"windows": "Windows", "linux": "Linux"}.get((diagnosis and diagnosis.os) or "")))
    runs = diagnosis.timeline if diagnosis else ()
    started = facts.get(_STARTED) or next((run.started for run in runs if run.started), None)
    ended = facts.get(_ENDED)
    rows += [_id(scene, "started", started), _id(scene, "ended", ended)]
    rows += [_id(scene, key, facts.get(key)) for key in _AFTER_TIMES]
    told = scene.word(f"outcome.{diagnosis.outcome}") if diagnosis and diagnosis.outcome != "unknown" else None
    rows.append(_id(scene, "run_state", facts.get("run_state") or told))
    failed = next((run for run in reversed(runs) if run.state in ("failed", "stopped")), None)
    reached = diagnosis.phase if diagnosis else None
    if reached and has(f"reached.{reached}"):
        reached = scene.word(f"reached.{reached}")
    rows += [_id(scene, "phase", reached), _id(scene, "provisioner", failed.provisioner if failed else None)]
    code = facts.get("exit_code")
    if code is None and failed:
        code = failed.exit_code or None  # what was stopped or timed out says 0, which is not how it ended
    rows.append(_id(scene, "exit_code", code))
    if diagnosis and diagnosis.silence:
        silence = diagnosis.silence
        rows.append(scene.word("case.id.silence", seconds=silence.seconds, line=silence.line))
    return rows + [_other(scene, name, value) for name, value in _others(diagnosis, _SAID, template_id(state))]


def _id(scene: Scene, key: str, value: str | int | None) -> str:
    shown = scene.word("case.unknown") if value is None or value == "" else value
    return _one_line(scene.word(f"case.id.{key}", value=shown))


def _other(scene: Scene, name: str, value: str) -> str:
    label = scene.word(f"fact.{name}") if has(f"fact.{name}") else name.replace("_", " ")
    return _one_line(scene.word("case.id.other", name=label, value=value))


def _others(diagnosis: Diagnosis | None, said: Collection[str], template: str) -> list[tuple[str, str]]:
    """Every further fact, id and captured value of the text, each value once; `template` stands above already."""
    if diagnosis is None:
        return []
    shown = {template, *(str(value) for key, value in diagnosis.facts.items() if key in said)}
    captured = [pair for match in diagnosis.matches for pair in match.values.items()]
    rows: list[tuple[str, str]] = []
    for name, value in [*diagnosis.facts.items(), *diagnosis.ids, *captured]:
        if value is not None and str(value).strip() and str(value) not in shown:
            shown.add(str(value))
            rows.append((name, str(value)))
    return rows


def _evidence(diagnosis: Diagnosis | None) -> list[str]:
    if diagnosis is None:
        return []
    # What is merely possible proves nothing beside something better.
    proving = [m for at, m in enumerate(diagnosis.matches) if not at or m.confidence != "possible"]
    found = [line for at, match in enumerate(proving) for line in match.evidence[: 1 if at else None]]
    chosen = {line.line: line.text for line in (found or diagnosis.excerpt[-MOST_EXCERPT:])}
    return [_numbered(number, text) for number, text in sorted(chosen.items())]


def _excerpt(diagnosis: Diagnosis | None) -> list[str]:
    lines = diagnosis.excerpt[-MOST_EXCERPT:] if diagnosis else ()
    return [_numbered(line.line, line.text) for line in lines if any(map(str.isalnum, line.text))]


def _numbered(number: int, text: str) -> str:
    return f"{number}: {short(_one_line(text), LINE)}"


def _timeline(scene: Scene, diagnosis: Diagnosis | None) -> list[str]:
    unknown = scene.word("case.unknown")
    return [
        scene.word(
            "case.timeline.row",
            started=run.started or unknown,
            ended=run.ended or unknown,
            name=_one_line(run.provisioner),
            state=scene.word(f"case.state.{run.state}"),
            code=unknown if run.exit_code is None else run.exit_code,
        )
        for run in (diagnosis.timeline if diagnosis else ())
    ]


def _diagnosis(scene: Scene, state: State) -> list[str]:
    rows = [
        _one_line(
            scene.word(
                "case.diagnosis.row",
                title=scene.title(match.entry),
                confidence=scene.word(f"confidence.{match.confidence}"),
            )
        )
        for match in (state.diagnosis.matches if state.diagnosis else ())
    ]
    rows += _confirmed(scene, state)
    walk: Walk | None = state.walk
    if walk and walk.picked and walk.entry in scene.entries and state.match_of(walk.entry) is None:
        rows.append(_one_line(scene.word("case.diagnosis.picked", title=scene.title(walk.entry))))
    return rows


def _confirmed(scene: Scene, state: State) -> list[str]:
    """What the live template says for and against what the text speaks for."""
    rules, rows = load_confirming().rules, []
    for entry, fact, side in state.spoken:
        found = (rule for rule in rules if entry in rule.entries and rule.fact == fact)
        conditions = (rule.speaks_for if side == "for" else rule.against for rule in found)
        says = next((condition.says for condition in conditions if condition), None)
        if says and state.match_of(entry):
            row = scene.word(f"case.confirmed.{side}", title=scene.title(entry), fact=says.in_(scene.language))
            rows.append(_one_line(row))
    return rows


def _tried(scene: Scene, state: State) -> list[str]:
    rows = []
    for tried in state.tried[-MOST_TRIED:]:
        entry = scene.entries.get(tried.entry)
        outcome = scene.word(f"case.tried.{tried.outcome}")
        place = {"at": tried.at, "number": tried.step + 1, "outcome": outcome}
        if entry is None or tried.step >= len(entry.steps):
            rows.append(scene.word("case.tried.gone", entry=tried.entry, **place))
            continue
        do = _one_line(entry.steps[tried.step].do.in_(scene.language)).replace("`", "").replace("**", "")
        named = scene.title(tried.entry)
        rows.append(_one_line(scene.word("case.tried.row", title=named, do=short(do, DO), **place)))
    return rows


def _one_line(text: str) -> str:
    return " ".join(text.split())
