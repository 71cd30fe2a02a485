"""The description of a case, as lines: what a support engineer needs first, and the resources of the build last.

Every language gives the same number of lines, so that each line has its English counterpart at the same index.
"""

from __future__ import annotations

from dialogs.context import DialogContext, shorten_label
from dialogs.replies.plain_text import flatten_runs
from dialogs.solution.finding_view import (
    render_finding_title,
    render_headline,
    render_place,
    render_walk_headline,
)
from dialogs.solution.solution_steps import count_steps_to, get_steps
from dialogs.state.conversation_state import ConversationState, get_stored_fact
from dialogs.support.case_ids import build_id_lines, build_resource_lines, collapse_whitespace
from knowledge.diagnosis.solution import fits_os
from knowledge.model.diagnosis import Diagnosis

MAX_TRIED_STEPS = 12
MAX_EXCERPT_LINES = 16
MAX_LINE_CHARS = 1500
MAX_STEP_CHARS = 120


def build_case_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """Build the description, line by line, with an empty line between the sections."""
    diagnosis = state.diagnosis
    evidence = _build_evidence_lines(diagnosis)
    evidence_numbers = {line.partition(":")[0] for line in evidence}
    excerpt = [line for line in _build_excerpt_lines(diagnosis) if line.partition(":")[0] not in evidence_numbers]
    no_lines = [context.format_text("case.none")]
    sections = [
        _build_summary_lines(context, state),
        [context.format_text("case.evidence"), *(evidence or no_lines)],
        [context.format_text("case.ids"), *build_id_lines(context, state)],
        [
            context.format_text("case.tried"),
            *(_build_tried_lines(context, state) or [context.format_text("case.tried.none")]),
        ],
        [
            context.format_text("case.diagnosis"),
            *(_build_diagnosis_lines(context, state) or [context.format_text("case.diagnosis.none")]),
        ],
    ]
    optional = {
        "timeline": _build_timeline_lines(context, diagnosis),
        "excerpt": excerpt,
        "resources": build_resource_lines(context, state),
    }
    sections += [[context.format_text(f"case.{key}"), *lines] for key, lines in optional.items() if lines]
    return [line for index, section in enumerate(sections) for line in ([""] if index else []) + section]


def find_leading_entry(context: DialogContext, state: ConversationState) -> str | None:
    """Return the id of the entry that the case is about, or None.

    It is the entry of the walkthrough, or else the best match that is more than information.
    """
    if state.walkthrough and state.walkthrough.entry in context.entries:
        return state.walkthrough.entry
    matches = state.diagnosis.matches if state.diagnosis else ()
    return next((match.entry for match in matches if match.severity != "info" and match.entry in context.entries), None)


def render_case_headline(context: DialogContext, state: ConversationState) -> str | None:
    """Return what broke, as the walkthrough or the diagnosis says; `None` if neither does."""
    diagnosis, walk, entry_id = state.diagnosis, state.walkthrough, find_leading_entry(context, state)
    if walk is not None and walk.entry == entry_id:
        headline = render_walk_headline(context, state, walk)
    elif entry_id is not None:
        headline = render_headline(context, diagnosis, entry_id)
    elif diagnosis is not None and diagnosis.finding is not None and diagnosis.outcome != "succeeded":
        headline = render_finding_title(context, diagnosis.finding)
    else:
        return None
    return collapse_whitespace(flatten_runs(headline))


def summarize_outcome(context: DialogContext, state: ConversationState) -> str:
    """Return the outcome of the build, or if the text does not say it, the phase of an error that is not a guess."""
    outcome = state.diagnosis.outcome if state.diagnosis else "unknown"
    entry_id = find_leading_entry(context, state)
    match = state.find_match(entry_id) if entry_id else None
    if outcome != "unknown" or entry_id is None or match is None or match.confidence == "possible":
        return outcome
    return context.entries[entry_id].phase


def _build_summary_lines(context: DialogContext, state: ConversationState) -> list[str]:
    lines = [
        context.format_text("case.what"),
        *_build_finding_lines(context, state),
        context.format_text(f"case.what.{summarize_outcome(context, state)}"),
    ]
    if state.diagnosis and state.diagnosis.partial:
        lines.append(context.format_text("case.what.partial"))
    return lines


def _build_finding_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """Build what broke, and where; without a finding, the other sections say all there is to say."""
    diagnosis = state.diagnosis
    headline = render_case_headline(context, state)
    if diagnosis is None or diagnosis.finding is None or headline is None:
        return []
    place = collapse_whitespace(flatten_runs(render_place(context, diagnosis).text))
    return [headline, *([context.format_text("case.what.where", place=place)] if place else [])]


def _build_evidence_lines(diagnosis: Diagnosis | None) -> list[str]:
    """Build the lines that prove the matches: all lines of the first match, and one of each other that is likely."""
    if diagnosis is None:
        return []
    matches = [match for index, match in enumerate(diagnosis.matches) if not index or match.confidence != "possible"]
    evidence = [line for index, match in enumerate(matches) for line in match.evidence[: 1 if index else None]]
    text_by_number = {line.line: line.text for line in (evidence or diagnosis.excerpt[-MAX_EXCERPT_LINES:])}
    return [_format_numbered_line(number, text) for number, text in sorted(text_by_number.items())]


def _build_excerpt_lines(diagnosis: Diagnosis | None) -> list[str]:
    lines = diagnosis.excerpt[-MAX_EXCERPT_LINES:] if diagnosis else ()
    return [_format_numbered_line(line.line, line.text) for line in lines if any(map(str.isalnum, line.text))]


def _format_numbered_line(number: int, text: str) -> str:
    return f"{number}: {shorten_label(collapse_whitespace(text), MAX_LINE_CHARS)}"


def _build_timeline_lines(context: DialogContext, diagnosis: Diagnosis | None) -> list[str]:
    unknown = context.format_text("case.unknown")
    lines = []
    for run in diagnosis.timeline if diagnosis else ():
        row = context.format_text(
            "case.timeline.row",
            started=run.started or unknown,
            ended=run.ended or unknown,
            name=collapse_whitespace(run.provisioner),
            state=context.format_text(f"case.state.{run.state}"),
        )
        code = "" if run.exit_code is None else context.format_text("case.timeline.code", code=run.exit_code)
        lines.append(row + code)
    return lines


def _build_diagnosis_lines(context: DialogContext, state: ConversationState) -> list[str]:
    lines = [
        context.format_text(
            "case.diagnosis.row",
            title=flatten_runs(render_headline(context, state.diagnosis, match.entry)),
            confidence=context.format_text(f"confidence.{match.confidence}"),
        )
        for match in (state.diagnosis.matches if state.diagnosis else ())
    ]
    lines += _build_fact_check_lines(context, state)
    walk = state.walkthrough
    if walk and walk.was_picked and walk.entry in context.entries and state.find_match(walk.entry) is None:
        lines.append(context.format_text("case.diagnosis.picked", title=context.get_entry_title(walk.entry)))
    return [collapse_whitespace(line) for line in lines]


def _build_fact_check_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """Build the lines that tell which facts of the live template support or contradict a match."""
    rules, lines = context.knowledge.fact_rules.rules, []
    for entry_id, fact, side in state.fact_verdicts:
        matching_rules = (rule for rule in rules if entry_id in rule.entries and get_stored_fact(rule.fact) == fact)
        conditions = (rule.supports_if if side == "for" else rule.contradicts_if for rule in matching_rules)
        message = next((condition.message for condition in conditions if condition), None)
        if message and state.find_match(entry_id):
            title = flatten_runs(render_headline(context, state.diagnosis, entry_id))
            lines.append(context.format_text(f"case.confirmed.{side}", title=title, fact=message.get(context.language)))
    return lines


def _build_tried_lines(context: DialogContext, state: ConversationState) -> list[str]:
    lines = []
    os = state.diagnosis.os if state.diagnosis else None
    for tried in state.tried_steps[-MAX_TRIED_STEPS:]:
        entry = context.entries.get(tried.entry)
        outcome = context.format_text(f"case.tried.{tried.outcome}")
        steps = get_steps(context, tried)
        number = count_steps_to([index for index, step in enumerate(steps) if fits_os(step, os)], tried.step)
        values = {"at": tried.tried_at, "number": number, "outcome": outcome}
        if entry is None or tried.step >= len(steps):
            # a newer knowledge base no longer has the step
            lines.append(context.format_text("case.tried.gone", entry=tried.entry, **values))
            continue
        step = collapse_whitespace(flatten_runs(context.localize(steps[tried.step].do)))
        rule = context.knowledge.findings.rules.get(tried.finding)
        title = flatten_runs(context.localize(rule.title)) if rule else context.get_entry_title(tried.entry)
        line = context.format_text("case.tried.row", title=title, do=shorten_label(step, MAX_STEP_CHARS), **values)
        lines.append(collapse_whitespace(line))
    return lines
