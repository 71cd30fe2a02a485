"""The text of a support case: everything that the text held and that was tried, and `unknown` for the rest.

The same lines come out in both languages, one for one, so that an edited draft can be given in English as well.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import accumulate

from dialogs.case import DESCRIPTION, TITLE, CaseForm
from dialogs.scene import Scene, short
from dialogs.state import State, Walk
from dialogs.texts import has
from knowledge.diagnosis import Diagnosis
from knowledge.support import Owner

MOST_TRIED = 12
MOST_EXCERPT = 16
LINE = 300
DO = 120

_LISTED = ("subscription", "resource_group", "template", "region")
_AFTER_TIMES = ("correlation_id", "operation_id", "log_url")
_STARTED, _ENDED = "run_started", "run_ended"
_SAID = {*_LISTED, *_AFTER_TIMES, _STARTED, _ENDED, "run_state", "exit_code"}


def fresh(scene: Scene, state: State) -> CaseForm:
    """The form filled in from what is known."""
    product = state.diagnosis.os if state.diagnosis and state.diagnosis.os in ("windows", "linux") else None
    return CaseForm(
        product=product or "",
        severity=scene.support.severities[0].id,
        title=title(scene, state),
        description=_within(lines(scene, state), DESCRIPTION),
    )


def title(scene: Scene, state: State) -> str:
    """What the case is called: the diagnosed or chosen entry, and the template if it is known."""
    entry = leading_entry(scene, state)
    what = str(scene.title(entry)) if entry else scene.word("case.default-title-none")
    template = state.diagnosis.facts.get("template") if state.diagnosis else None
    named = f"{what} ({template})" if template else what
    return scene.word("case.default-title", what=named)[:TITLE]


def leading_entry(scene: Scene, state: State) -> str | None:
    """The entry that the case is about: the one being walked, else the best match that is not harmless."""
    if state.walk and state.walk.entry in scene.entries:
        return state.walk.entry
    matches = state.diagnosis.matches if state.diagnosis else ()
    return next((m.entry for m in matches if m.severity != "info" and m.entry in scene.entries), None)


def owner(scene: Scene, state: State) -> Owner | None:
    """Whose case it really is when it is not Image Builder's."""
    entry = leading_entry(scene, state)
    return scene.support.owner_of(entry, scene.entries[entry].area) if entry else None


def in_english(scene: Scene, state: State, form: CaseForm) -> CaseForm:
    """The form in English: our own lines translated one for one, what the person wrote as it is."""
    english = replace(scene, language="en")
    ours = dict(zip(lines(scene, state), lines(english, state), strict=True))
    translated = [ours.get(line, line) for line in form.description.split("\n")]
    named = title(english, state) if form.title == title(scene, state) else form.title
    return replace(form, title=named, description="\n".join(translated))


def post(scene: Scene, form: CaseForm) -> str:
    """The whole case as a text to copy: where it goes, then its description."""
    routing = scene.support
    severity = next((s for s in routing.severities if s.id == form.severity), routing.severities[0])
    meaning = scene.word("case.severity", letter=severity.letter, meaning=severity.meaning.in_(scene.language))
    choose = scene.word("case.choose-product")
    unknown = f"{' / '.join(product.name for product in routing.products.values())} ({choose})"
    head = {
        "family": routing.product_family,
        "product": routing.product(form.product) or unknown,
        "topic": routing.path.topic,
        "subtopic": routing.path.subtopic,
        "severity": meaning,
        "title": form.title,
    }
    rows = [scene.word(f"case.head.{key}", value=value) for key, value in head.items()]
    return "\n".join([*rows, "", form.description])


def lines(scene: Scene, state: State) -> list[str]:
    """The description, line by line; as many lines in one language as in the other."""
    diagnosis = state.diagnosis
    outcome = diagnosis.outcome if diagnosis else "unknown"
    blocks = [
        [scene.word("case.what"), scene.word(f"case.what.{outcome}"), scene.word("case.what.add")],
        [scene.word("case.ids"), *_ids(scene, state)],
        [scene.word("case.evidence"), *(_evidence(diagnosis) or [scene.word("case.none")])],
        [scene.word("case.timeline"), *(_timeline(scene, diagnosis) or [scene.word("case.none")])],
        [scene.word("case.diagnosis"), *(_diagnosis(scene, state) or [scene.word("case.diagnosis.none")])],
        [scene.word("case.tried"), *(_tried(scene, state) or [scene.word("case.tried.none")])],
    ]
    return [line for index, block in enumerate(blocks) for line in ([""] if index else []) + block]


def _ids(scene: Scene, state: State) -> list[str]:
    diagnosis = state.diagnosis
    facts = diagnosis.facts if diagnosis else {}
    rows = [_id(scene, key, facts.get(key)) for key in _LISTED]
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
    rows.append(_id(scene, "exit_code", failed.exit_code if code is None and failed else code))
    return rows + [_other(scene, name, value) for name, value in _others(diagnosis, _SAID)]


def _id(scene: Scene, key: str, value: str | int | None) -> str:
    shown = scene.word("case.unknown") if value is None or value == "" else value
    return _one_line(scene.word(f"case.id.{key}", value=shown))


def _other(scene: Scene, name: str, value: str) -> str:
    label = scene.word(f"fact.{name}") if has(f"fact.{name}") else name.replace("_", " ")
    return _one_line(scene.word("case.id.other", name=label, value=value))


def _others(diagnosis: Diagnosis | None, said: Collection[str]) -> list[tuple[str, str]]:
    """Every further fact, id and captured value of the text, each value once."""
    if diagnosis is None:
        return []
    shown = {str(value) for key, value in diagnosis.facts.items() if key in said}
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
    return [f"{number}: {_one_line(text)[:LINE]}" for number, text in sorted(chosen.items())]


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
    walk: Walk | None = state.walk
    if walk and walk.picked and walk.entry in scene.entries and state.match_of(walk.entry) is None:
        rows.append(_one_line(scene.word("case.diagnosis.picked", title=scene.title(walk.entry))))
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


def _within(rows: list[str], most: int) -> str:
    """The lines that fit, whole: half of an id would be another id."""
    ends = accumulate(len(row) + 1 for row in rows)
    return "\n".join(row for row, end in zip(rows, ends, strict=True) if end <= most)


def _one_line(text: str) -> str:
    return " ".join(text.split())
