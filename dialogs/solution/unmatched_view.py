"""How a text without a known failure is shown: the error's own words, a harmless message, or a build that succeeded."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.mistakes.mistake_view import build_correction, build_mistake
from dialogs.model.reply import Block, FactTable, Paragraph, Reply, RichText, TextRun, build_literal
from dialogs.replies.durations import format_duration
from dialogs.replies.plain_text import summarize_runs
from dialogs.solution.candidate_view import build_choose_button, build_evidence
from dialogs.solution.finding_view import (
    build_excerpt,
    find_rule,
    render_finding_title,
    render_first_step,
    render_owner,
    render_place,
)
from dialogs.solution.howtos import suggest_howto_buttons
from dialogs.solution.run_summary import build_run_blocks, render_exit_code_meaning, render_reached_phase
from dialogs.solution.standard_buttons import build_no_walk_buttons
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import TrustedText
from dialogs.timeline.timeline_view import build_timeline_blocks
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.finding import Finding, FindingRule
from knowledge.model.reported_state import ReportedState, name_state

MAX_SUCCEEDED_CANDIDATES = 3


def show_unmatched(context: DialogContext, diagnosis: Diagnosis) -> Reply:
    """Show that no known error was found, what was found instead, and what would answer the question."""
    finding = diagnosis.finding
    rule = find_rule(context, finding)
    title = context.format_runs("unmatched.title")
    blocks: list[Block]
    if finding is not None and rule is not None:
        title = render_finding_title(context, finding)
        blocks = _build_known_blocks(context, diagnosis, finding, rule)
    elif finding is not None:
        blocks = [*build_error_blocks(context, diagnosis), render_owner(context, finding)]
    elif diagnosis.kind == "build-log" and diagnosis.partial and not diagnosis.excerpt:
        title, blocks = context.format_runs("unmatched.above"), [context.build_paragraph("unmatched.above.says")]
    else:
        facts = FactTable(_build_unmatched_rows(context, diagnosis))
        blocks = [context.build_paragraph("unmatched.says"), facts, *build_excerpt(diagnosis)]
    blocks += [*build_mistake(context, diagnosis), *build_correction(context, diagnosis)]
    blocks += build_timeline_blocks(context, diagnosis)
    if diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    blocks.append(context.build_paragraph("unmatched.ask"))
    buttons = (*suggest_howto_buttons(context, diagnosis), *build_no_walk_buttons(context))
    heading = Paragraph(title, size="title", mark="✖" if finding else "?")
    return context.build_reply(heading, *blocks, buttons=buttons, summary=summarize_runs(title))


def show_reported_state(context: DialogContext, diagnosis: Diagnosis, state: ReportedState) -> Reply:
    """Show that there's no error to look for, and what the state means."""
    return context.build_reply(
        context.build_heading(f"reported.{state}"),
        context.build_paragraph(f"reported.{state}.says", state=name_state(diagnosis)),
        *build_timeline_blocks(context, diagnosis),
        context.build_paragraph(f"reported.{state}.next"),
        buttons=build_no_walk_buttons(context),
        summary=context.format_text(f"reported.{state}"),
    )


def build_error_blocks(context: DialogContext, diagnosis: Diagnosis) -> list[Block]:
    """Build where it happened and the error in its own words; none if the text has no error."""
    finding = diagnosis.finding
    if finding is None:
        return []
    sentences = [*_render_where(context, diagnosis, finding), context.format_runs("unmatched.error")]
    first, *rest = sentences
    where = Paragraph((*first, *(run for sentence in rest for run in (TextRun(" "), *sentence))))
    excerpt = build_excerpt(diagnosis)
    if any(diagnosis.is_deciding(line) for line in diagnosis.excerpt):
        return [where, *excerpt]
    return [where, Paragraph(build_literal(finding.title)), *excerpt]


def _build_known_blocks(
    context: DialogContext, diagnosis: Diagnosis, finding: Finding, rule: FindingRule
) -> list[Block]:
    """Build what a finding says by itself, if the text doesn't show which step of the build failed."""
    advice = render_first_step(context, rule.steps, finding.values, diagnosis.os)
    return [
        render_place(context, diagnosis),
        Paragraph((*advice, *context.format_runs(f"retry.{finding.retry}.short"))),
        *build_excerpt(diagnosis),
        context.build_paragraph("diagnosis.cause", cause=context.localize(rule.cause, finding.values)),
        render_owner(context, finding),
    ]


def _render_where(context: DialogContext, diagnosis: Diagnosis, finding: Finding) -> list[RichText]:
    place = finding.place
    if place is None:
        if diagnosis.phase is None:
            return []
        return [context.format_runs("unmatched.in-phase", phase=render_reached_phase(context, diagnosis.phase))]
    if place.total is None:
        key = "unmatched.in-step" if diagnosis.has_numbered_steps else "unmatched.in-some-step"
        where = context.format_runs(key, number=place.position, provisioner=place.provisioner)
    else:
        values = {"number": place.position, "count": place.total, "provisioner": place.provisioner}
        key = "unmatched.in-validator" if place.is_validator else "unmatched.in-customizer"
        where = context.format_runs(key, **values, name=place.name or place.provisioner)
    run = next((run for run in reversed(diagnosis.timeline) if run.state != "ended"), None)
    if run is None or run.seconds is None:
        return [where]
    return [where, context.format_runs("unmatched.ran", duration=TrustedText(format_duration(run.seconds)))]


def _build_unmatched_rows(context: DialogContext, diagnosis: Diagnosis) -> tuple[tuple[str, RichText], ...]:
    rows: dict[str, RichText] = {"kind": (TextRun(context.format_text(f"kind.{diagnosis.kind}")),)}
    if diagnosis.outcome != "unknown":
        rows["outcome"] = (TextRun(context.format_text(f"outcome.{diagnosis.outcome}")),)
    if diagnosis.phase:
        rows["phase"] = render_reached_phase(context, diagnosis.phase)
    if diagnosis.timeline:
        rows["last"] = build_literal(diagnosis.timeline[-1].provisioner)
    exit_code = diagnosis.facts.get("exit_code")
    if exit_code is not None:
        rows["exit-code"] = build_literal(str(exit_code)) + render_exit_code_meaning(context, diagnosis, exit_code)
    return tuple((context.format_text(f"unmatched.{key}"), value) for key, value in rows.items())


def show_harmless(context: DialogContext, state: ConversationState, match: Match) -> Reply:
    """Show a message that isn't a failure: successful builds have it too, or the run just needs to be started again."""
    entry = context.entries[match.entry]
    title = context.get_entry_title(entry.id)
    # a canceled run isn't a failure either, but no successful build says so
    advice = entry.retry_note if entry.retry == "yes" else None
    return context.build_reply(
        Paragraph((TextRun(title),), size="title", mark="✔"),
        *build_evidence(match.evidence),
        *([] if advice else [context.build_paragraph("harmless.says", "good")]),
        Paragraph(context.localize(entry.cause)),
        *([Paragraph(context.localize(advice))] if advice else []),
        *(build_run_blocks(context, state.diagnosis) if state.diagnosis else []),
        context.build_paragraph("harmless.ask"),
        buttons=build_no_walk_buttons(context),
        summary=title,
    )


def show_succeeded(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """Show that the build succeeded; any errors recognized in it are offered, not claimed."""
    harmless_titles = [context.get_entry_title(m.entry) for m in matches if m.severity == "info"]
    other_ids = [m.entry for m in matches if m.severity != "info"]
    blocks: list[Block] = [_build_success_heading(context), *_build_success_blocks(context, state.diagnosis)]
    if harmless_titles:
        titles = TrustedText(", ".join(harmless_titles))
        blocks.append(context.build_paragraph("succeeded.harmless", titles=titles))
    blocks += build_timeline_blocks(context, state.diagnosis)
    blocks.append(context.build_paragraph("succeeded.ask"))
    buttons = (
        *(
            build_choose_button(context, entry_id, state.diagnosis_number)
            for entry_id in other_ids[:MAX_SUCCEEDED_CANDIDATES]
        ),
        *build_no_walk_buttons(context),
    )
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("succeeded.title"))


def _build_success_heading(context: DialogContext) -> Paragraph:
    return context.build_heading("succeeded.title")._replace(mark="✔")


def _build_success_blocks(context: DialogContext, diagnosis: Diagnosis | None) -> list[Block]:
    """Build what there is to say about a successful build: a script in it may still have failed."""
    finding = diagnosis.finding if diagnosis else None
    if diagnosis is None or finding is None:
        return [context.build_paragraph("succeeded.says", "good")]
    title = render_finding_title(context, finding)
    warning = context.build_paragraph("succeeded.but", "warning", title=title, line=finding.line)
    return [warning, *build_excerpt(diagnosis), context.build_paragraph("succeeded.but-why")]
