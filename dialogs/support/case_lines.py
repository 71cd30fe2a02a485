"""What is known of a case, as lines: as many in one language as in the other, so that each line has its twin."""

from __future__ import annotations

from collections.abc import Collection

import re2

from dialogs.context import DialogContext, shorten_label
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.texts import has_text
from knowledge.catalog.fact_rules import load_fact_rules
from knowledge.model.diagnosis import Diagnosis

MAX_TRIED_STEPS = 12
MAX_EXCERPT_LINES = 16
MAX_LINE_CHARS = 1500
MAX_STEP_CHARS = 120

_LEADING_FACTS = ("subscription", "resource_group", "template", "region")
_TRAILING_FACTS = ("correlation_id", "operation_id", "log_url")
_STARTED_FACT, _ENDED_FACT = "run_started", "run_ended"
_RENDERED_FACTS = {*_LEADING_FACTS, *_TRAILING_FACTS, _STARTED_FACT, _ENDED_FACT, "run_state", "exit_code"}
_TEMPLATE_ID = re2.compile(
    r"(?i)^/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.VirtualMachineImages/imageTemplates/[\w.-]{1,64}$"
)


def is_template_id(value: str) -> bool:
    """Whether `value` is the full resource id of an image template."""
    return _TEMPLATE_ID.match(value) is not None


def find_template_id(state: ConversationState) -> str:
    """The template's full resource id where the text holds it whole; parts from different places could belong apart."""
    if state.diagnosis is None:
        return ""
    named = str(state.diagnosis.facts.get("template") or "").lower()
    found = (value for _, value in state.diagnosis.ids if is_template_id(value))
    return next((value for value in found if not named or value.lower().endswith(f"/{named}")), "")


def build_case_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """The description, line by line."""
    diagnosis = state.diagnosis
    what = [context.format_text("case.what"), context.format_text(f"case.what.{summarize_outcome(context, state)}")]
    if diagnosis and diagnosis.partial:
        what.append(context.format_text("case.what.partial"))
    evidence = _build_evidence_lines(diagnosis)
    proving = {row.partition(":")[0] for row in evidence}
    excerpt = [row for row in _build_excerpt_lines(diagnosis) if row.partition(":")[0] not in proving]
    blocks = [
        what,
        [context.format_text("case.ids"), *_build_id_lines(context, state)],
        [context.format_text("case.evidence"), *(evidence or [context.format_text("case.none")])],
        [
            context.format_text("case.timeline"),
            *(_build_timeline_lines(context, diagnosis) or [context.format_text("case.none")]),
        ],
        [
            context.format_text("case.diagnosis"),
            *(_build_diagnosis_lines(context, state) or [context.format_text("case.diagnosis.none")]),
        ],
        [
            context.format_text("case.tried"),
            *(_build_tried_lines(context, state) or [context.format_text("case.tried.none")]),
        ],
        *([[context.format_text("case.excerpt"), *excerpt]] if excerpt else []),
    ]
    return [line for index, block in enumerate(blocks) for line in ([""] if index else []) + block]


def find_leading_entry(context: DialogContext, state: ConversationState) -> str | None:
    """The entry that the case is about: the one being walked, else the best match that is not harmless."""
    if state.walkthrough and state.walkthrough.entry in context.entries:
        return state.walkthrough.entry
    matches = state.diagnosis.matches if state.diagnosis else ()
    return next((m.entry for m in matches if m.severity != "info" and m.entry in context.entries), None)


def summarize_outcome(context: DialogContext, state: ConversationState) -> str:
    """The run's outcome; where the text does not say, the phase that the error is of, when that is sure."""
    outcome = state.diagnosis.outcome if state.diagnosis else "unknown"
    entry = find_leading_entry(context, state)
    match = state.find_match(entry) if entry else None
    if outcome != "unknown" or entry is None or match is None or match.confidence == "possible":
        return outcome
    return context.entries[entry].phase


def _build_id_lines(context: DialogContext, state: ConversationState) -> list[str]:
    diagnosis = state.diagnosis
    facts = diagnosis.facts if diagnosis else {}
    rows = [_format_id_line(context, key, facts.get(key)) for key in _LEADING_FACTS]
    rows.append(
        _format_id_line(context, "os", {"windows": "Windows", "linux": "Linux"}.get((diagnosis and diagnosis.os) or ""))
    )
    runs = diagnosis.timeline if diagnosis else ()
    started = facts.get(_STARTED_FACT) or next((run.started for run in runs if run.started), None)
    ended = facts.get(_ENDED_FACT)
    rows += [_format_id_line(context, "started", started), _format_id_line(context, "ended", ended)]
    rows += [_format_id_line(context, key, facts.get(key)) for key in _TRAILING_FACTS]
    told = context.format_text(f"outcome.{diagnosis.outcome}") if diagnosis and diagnosis.outcome != "unknown" else None
    rows.append(_format_id_line(context, "run_state", facts.get("run_state") or told))
    failed = next((run for run in reversed(runs) if run.state in ("failed", "stopped")), None)
    reached = diagnosis.phase if diagnosis else None
    if reached and has_text(f"reached.{reached}"):
        reached = context.format_text(f"reached.{reached}")
    rows += [
        _format_id_line(context, "phase", reached),
        _format_id_line(context, "provisioner", failed.provisioner if failed else None),
    ]
    code = facts.get("exit_code")
    if code is None and failed:
        code = failed.exit_code or None  # what was stopped or timed out says 0, which is not how it ended
    rows.append(_format_id_line(context, "exit_code", code))
    if diagnosis and diagnosis.longest_gap:
        silence = diagnosis.longest_gap
        rows.append(context.format_text("case.id.silence", seconds=silence.seconds, line=silence.line))
    return rows + [
        _format_other_line(context, name, value)
        for name, value in _collect_other_facts(diagnosis, _RENDERED_FACTS, find_template_id(state))
    ]


def _format_id_line(context: DialogContext, key: str, value: str | int | None) -> str:
    shown = context.format_text("case.unknown") if value is None or value == "" else value
    return _collapse_whitespace(context.format_text(f"case.id.{key}", value=shown))


def _format_other_line(context: DialogContext, name: str, value: str) -> str:
    label = context.format_text(f"fact.{name}") if has_text(f"fact.{name}") else name.replace("_", " ")
    return _collapse_whitespace(context.format_text("case.id.other", name=label, value=value))


def _collect_other_facts(
    diagnosis: Diagnosis | None, rendered_facts: Collection[str], template: str
) -> list[tuple[str, str]]:
    """Every further fact, id and captured value of the text, each value once; `template` stands above already."""
    if diagnosis is None:
        return []
    shown = {template, *(str(value) for key, value in diagnosis.facts.items() if key in rendered_facts)}
    captured = [pair for match in diagnosis.matches for pair in match.values.items()]
    rows: list[tuple[str, str]] = []
    for name, value in [*diagnosis.facts.items(), *diagnosis.ids, *captured]:
        if value is not None and str(value).strip() and str(value) not in shown:
            shown.add(str(value))
            rows.append((name, str(value)))
    return rows


def _build_evidence_lines(diagnosis: Diagnosis | None) -> list[str]:
    if diagnosis is None:
        return []
    # What is merely possible proves nothing beside something better.
    proving = [m for at, m in enumerate(diagnosis.matches) if not at or m.confidence != "possible"]
    found = [line for at, match in enumerate(proving) for line in match.evidence[: 1 if at else None]]
    chosen = {line.line: line.text for line in (found or diagnosis.excerpt[-MAX_EXCERPT_LINES:])}
    return [_format_numbered_line(number, text) for number, text in sorted(chosen.items())]


def _build_excerpt_lines(diagnosis: Diagnosis | None) -> list[str]:
    lines = diagnosis.excerpt[-MAX_EXCERPT_LINES:] if diagnosis else ()
    return [_format_numbered_line(line.line, line.text) for line in lines if any(map(str.isalnum, line.text))]


def _format_numbered_line(number: int, text: str) -> str:
    return f"{number}: {shorten_label(_collapse_whitespace(text), MAX_LINE_CHARS)}"


def _build_timeline_lines(context: DialogContext, diagnosis: Diagnosis | None) -> list[str]:
    unknown = context.format_text("case.unknown")
    return [
        context.format_text(
            "case.timeline.row",
            started=run.started or unknown,
            ended=run.ended or unknown,
            name=_collapse_whitespace(run.provisioner),
            state=context.format_text(f"case.state.{run.state}"),
            code=unknown if run.exit_code is None else run.exit_code,
        )
        for run in (diagnosis.timeline if diagnosis else ())
    ]


def _build_diagnosis_lines(context: DialogContext, state: ConversationState) -> list[str]:
    rows = [
        _collapse_whitespace(
            context.format_text(
                "case.diagnosis.row",
                title=context.get_entry_title(match.entry),
                confidence=context.format_text(f"confidence.{match.confidence}"),
            )
        )
        for match in (state.diagnosis.matches if state.diagnosis else ())
    ]
    rows += _build_fact_check_lines(context, state)
    walk: Walkthrough | None = state.walkthrough
    if walk and walk.was_picked and walk.entry in context.entries and state.find_match(walk.entry) is None:
        rows.append(
            _collapse_whitespace(
                context.format_text("case.diagnosis.picked", title=context.get_entry_title(walk.entry))
            )
        )
    return rows


def _build_fact_check_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """What the live template says for and against what the text speaks for."""
    rules, rows = load_fact_rules().rules, []
    for entry, fact, side in state.fact_verdicts:
        found = (rule for rule in rules if entry in rule.entries and rule.fact == fact)
        conditions = (rule.supports_if if side == "for" else rule.contradicts_if for rule in found)
        says = next((condition.message for condition in conditions if condition), None)
        if says and state.find_match(entry):
            row = context.format_text(
                f"case.confirmed.{side}", title=context.get_entry_title(entry), fact=says.get(context.language)
            )
            rows.append(_collapse_whitespace(row))
    return rows


def _build_tried_lines(context: DialogContext, state: ConversationState) -> list[str]:
    rows = []
    for tried in state.tried_steps[-MAX_TRIED_STEPS:]:
        entry = context.entries.get(tried.entry)
        outcome = context.format_text(f"case.tried.{tried.outcome}")
        place = {"at": tried.tried_at, "number": tried.step + 1, "outcome": outcome}
        if entry is None or tried.step >= len(entry.steps):
            rows.append(context.format_text("case.tried.gone", entry=tried.entry, **place))
            continue
        do = _collapse_whitespace(entry.steps[tried.step].do.get(context.language)).replace("`", "").replace("**", "")
        named = context.get_entry_title(tried.entry)
        rows.append(
            _collapse_whitespace(
                context.format_text("case.tried.row", title=named, do=shorten_label(do, MAX_STEP_CHARS), **place)
            )
        )
    return rows


def _collapse_whitespace(text: str) -> str:
    return " ".join(text.split())
