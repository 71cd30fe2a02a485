"""How a diagnosis is shown: the known error with its proof, or an honest account of what was and wasn't found."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.context import MAX_BUTTONS, DialogContext
from dialogs.mistakes.mistake_view import build_correction, build_mistake, build_mistake_reason
from dialogs.model.reply import Block, Button, FoldedSection, LogExcerpt, Paragraph, Reply, RichText, TextRun, emphasize
from dialogs.replies.sentences import extract_first_sentence
from dialogs.replies.shell_commands import with_shell_switch
from dialogs.solution.candidate_view import (
    MAX_CANDIDATES,
    build_candidate_blocks,
    build_choose_button,
    build_difference_blocks,
    build_evidence,
    find_other_candidates,
    list_look_alikes,
    render_certainty,
)
from dialogs.solution.finding_view import (
    build_deciding_line,
    build_excerpt,
    build_retry_note,
    find_rule,
    get_retry_key,
    render_cause,
    render_owner,
    render_place,
    render_retry,
    render_walk_headline,
    summarize_headline,
)
from dialogs.solution.run_summary import build_run_blocks
from dialogs.solution.solution_steps import get_finding, get_steps
from dialogs.solution.step_view import build_folded_step, build_step_args, build_walk_buttons
from dialogs.solution.unmatched_view import build_error_blocks
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.texts.catalog import TrustedText
from dialogs.timeline.timeline_view import build_timeline_blocks
from knowledge.azure_names import is_task_template_name
from knowledge.catalog.breaking_dates import find_size_retirement
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Entry, LookAlike

MAX_LOOK_ALIKE_BUTTONS = 2
MAX_PROOF_CHARS = 180
"""How much of the line that proves it is shown at once: five or six lines on a phone."""


def show_entry(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """Show an entry, the line that proves it, and its first step: the whole reply to a text that was recognized.

    What broke, where, and what to do are at the top; a card folds the commands, the evidence, and the reasons.
    """
    entry, match = context.entries[walk.entry], find_current_match(state, walk)
    diagnosis = state.find_diagnosis(walk.diagnosis_number)
    # with proof, the entry can't be confused with another
    is_certain = match is not None and match.confidence == "certain"
    look_alikes = () if is_certain else list_look_alikes(context, state, entry)
    others = find_other_candidates(context, state, entry.id) if diagnosis else ()
    timeline = build_timeline_blocks(context, diagnosis, is_folded=True)
    is_telling = not any(isinstance(block, FoldedSection) for block in timeline)
    headline, proof = render_walk_headline(context, state, walk), _build_proof(diagnosis, match)
    blocks: list[Block] = [
        *build_entry_heading(context, state, walk, headline),
        *([context.build_paragraph("trouble.earlier-text", "subtle")] if diagnosis is None else []),
        *proof,
        *build_mistake(context, diagnosis, entry.id),
        *(timeline if is_telling else []),
        *_build_first_step(context, state, walk),
        *(_build_fact_notes(context, entry, diagnosis) if diagnosis else []),
        *([] if is_telling else timeline),
        *_build_evidence_section(context, diagnosis, match, proof),
        FoldedSection(context.format_text("diagnosis.why"), tuple(_build_reasons(context, entry, match, diagnosis))),
        *_build_look_alike_section(context, look_alikes),
    ]
    walk_buttons = build_walk_buttons(context, state, walk, len(others))
    look_alike_buttons = [
        build_choose_button(context, look_alike.entry, walk.diagnosis_number)
        for look_alike in look_alikes[:MAX_LOOK_ALIKE_BUTTONS]
    ]
    reply = context.build_reply(
        *blocks,
        buttons=_insert_look_alike_buttons(walk_buttons, look_alike_buttons),
        summary=summarize_headline(context, headline, walk),
    )
    return with_shell_switch(context, reply, "show-entry", build_step_args(walk))


def _build_proof(diagnosis: Diagnosis | None, match: Match | None) -> list[Block]:
    """Build the deciding line, or the first line of the evidence, which has all of a long one."""
    if diagnosis is not None and match is not None and get_finding(diagnosis, match.entry) is not None:
        lines = build_deciding_line(diagnosis)
    else:
        lines = build_evidence(match.evidence[:1] if match else ())
    return [_shorten_lines(block) if isinstance(block, LogExcerpt) else block for block in lines]


def _shorten_lines(excerpt: LogExcerpt) -> LogExcerpt:
    return excerpt._replace(rows=tuple((number, shorten_line(text, MAX_PROOF_CHARS)) for number, text in excerpt.rows))


def _build_evidence_section(
    context: DialogContext, diagnosis: Diagnosis | None, match: Match | None, proof: Sequence[Block]
) -> list[Block]:
    """Build the lines around the deciding one; nothing if the card already shows them all, as its `proof`."""
    has_finding = diagnosis is not None and match is not None and get_finding(diagnosis, match.entry) is not None
    lines = build_excerpt(diagnosis) if diagnosis and has_finding else build_evidence(match.evidence if match else ())
    if lines == proof:
        return []
    return [FoldedSection(context.format_text("diagnosis.evidence"), tuple(lines))] if lines else []


def _build_first_step(context: DialogContext, state: ConversationState, walk: Walkthrough) -> list[Block]:
    """Build the current step, what running the build again does, and the step's commands, folded."""
    diagnosis = state.find_diagnosis(walk.diagnosis_number)
    retry = render_retry(context, diagnosis, walk.entry)
    if not get_steps(context, walk):
        return [Paragraph(retry), context.build_paragraph("walk.no-steps")]
    instruction, *rest = build_folded_step(context, state, walk)
    return [instruction, Paragraph(retry), *rest]


def _build_reasons(
    context: DialogContext, entry: Entry, match: Match | None, diagnosis: Diagnosis | None
) -> list[Block]:
    """Build why it broke, who can fix it, and what else is known about the run."""
    finding = get_finding(diagnosis, entry.id) if diagnosis else None
    return [
        *_build_causes(context, entry, diagnosis),
        *build_mistake_reason(context, diagnosis, entry.id),
        *([render_owner(context, finding)] if finding else []),
        *build_retry_note(context, diagnosis, entry),
        *(build_run_blocks(context, diagnosis) if diagnosis else []),
        *_build_remarks(context, entry, match, diagnosis),
    ]


def _build_look_alike_section(context: DialogContext, look_alikes: Sequence[LookAlike]) -> list[Block]:
    blocks = build_difference_blocks(context, tuple(look_alikes))
    return [FoldedSection(context.format_text("diagnosis.differences"), tuple(blocks))] if blocks else []


def show_reasons(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """Show why it broke and who can fix it, for a person who asks during a walkthrough."""
    entry, diagnosis = context.entries[walk.entry], state.find_diagnosis(walk.diagnosis_number)
    match = find_current_match(state, walk)
    return context.build_reply(
        Paragraph(emphasize(render_walk_headline(context, state, walk))),
        *_build_proof(diagnosis, match),
        *_build_reasons(context, entry, match, diagnosis),
        buttons=(context.build_button("step", "step", primary=True), context.build_button("draft", "draft")),
        placement="stays",
    )


def show_candidates(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """Show the entries that fit without proof: what tells them apart, and buttons to choose one."""
    blocks: list[Block] = [context.build_heading("diagnosis.several")]
    if state.diagnosis:
        blocks += build_error_blocks(context, state.diagnosis) or build_run_blocks(context, state.diagnosis)
        blocks += [*build_mistake(context, state.diagnosis), *build_correction(context, state.diagnosis)]
    blocks += build_timeline_blocks(context, state.diagnosis, is_folded=True)
    blocks += build_candidate_blocks(context, state.diagnosis, matches)
    if state.diagnosis and state.diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    blocks.append(context.build_paragraph("diagnosis.several-ask"))
    buttons = [build_choose_button(context, match.entry, state.diagnosis_number) for match in matches[:MAX_CANDIDATES]]
    if len(buttons) < MAX_BUTTONS - 1:
        buttons.append(context.build_button("guided-questions", "guided"))
    buttons.append(context.build_button("draft", "draft"))
    return context.build_reply(*blocks, buttons=tuple(buttons), summary=context.format_text("diagnosis.several"))


def build_entry_heading(
    context: DialogContext, state: ConversationState, walk: Walkthrough, headline: RichText
) -> list[Block]:
    """Build the headline and the line below it; the headline says so if the entry is only a possibility."""
    match, diagnosis = find_current_match(state, walk), state.find_diagnosis(walk.diagnosis_number)
    is_possible = match is None or match.confidence == "possible"
    if is_possible:
        headline = context.format_runs("diagnosis.possible", title=headline)
    heading = Paragraph(headline, size="title", mark="?" if is_possible else "✖")
    certainty = render_certainty(context, diagnosis, match)
    if match is not None and diagnosis is not None and get_finding(diagnosis, walk.entry) is not None:
        return [heading, render_place(context, diagnosis, context.entries[walk.entry].phase), certainty]
    if diagnosis is not None and diagnosis.phase == "validate":  # for the entry, that's only a part of the build
        return [heading, context.build_paragraph("phase.validate"), certainty]
    return [heading, context.build_paragraph(f"phase.{context.entries[walk.entry].phase}"), certainty]


def render_retry_advice(context: DialogContext, entry: Entry) -> Paragraph:
    """Render whether running the build again helps, and why."""
    reason = (
        context.localize(entry.retry_note) if entry.retry_note else context.format_runs(f"retry.{entry.retry}.reason")
    )
    return Paragraph((*context.format_runs(f"retry.{get_retry_key(entry)}"), TextRun(" "), *reason))


def find_current_match(state: ConversationState, walk: Walkthrough) -> Match | None:
    """Return the match that the walkthrough follows; None when it belongs to an earlier diagnosis."""
    return state.find_match(walk.entry) if walk.diagnosis_number == state.diagnosis_number else None


def _build_causes(context: DialogContext, entry: Entry, diagnosis: Diagnosis | None) -> list[Block]:
    """Build why it broke: what the finding says, and below it the mechanism that the entry explains."""
    cause = render_cause(context, diagnosis, entry.id) if diagnosis else None
    if cause is None:
        return [context.build_paragraph("diagnosis.cause", cause=context.localize(entry.cause))]
    title, mechanism = context.get_entry_title(entry.id), extract_first_sentence(context, entry.cause)
    return [
        context.build_paragraph("diagnosis.cause", cause=cause),
        context.build_paragraph("finding.mechanism", "subtle", title=title, cause=context.fill_text(mechanism)),
    ]


def _build_remarks(
    context: DialogContext, entry: Entry, match: Match | None, diagnosis: Diagnosis | None
) -> list[Block]:
    """Build what qualifies the cause: wrapper, consequences, basis of knowledge, partial input."""
    blocks: list[Block] = []
    if entry.role == "wrapper":
        blocks.append(context.build_paragraph("diagnosis.wrapper"))
    explained_ids = match.explains if match else ()
    explained_titles = [context.get_entry_title(entry_id) for entry_id in explained_ids if entry_id in context.entries]
    if explained_titles:
        blocks.append(context.build_paragraph("diagnosis.explains", titles=TrustedText("; ".join(explained_titles))))
    rule = find_rule(context, get_finding(diagnosis, entry.id) if diagnosis else None)
    basis = rule.basis if rule else entry.basis
    if basis != "documented":
        blocks.append(context.build_paragraph(f"diagnosis.{basis}", "subtle"))
    # with proof, the rest of the log doesn't matter; if it's likely, the line below the headline says so already
    if diagnosis and diagnosis.partial and (match is None or match.confidence == "possible"):
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    return blocks


def _build_fact_notes(context: DialogContext, entry: Entry, diagnosis: Diagnosis) -> list[Block]:
    """Build what the facts add: when Azure retires the VM size, and that the template won't be used again."""
    blocks: list[Block] = []
    if retirement := find_size_retirement(diagnosis, entry.id):
        blocks.append(Paragraph(context.localize(retirement.date.text, {"size": retirement.size}), "warning"))
    template = str(diagnosis.facts.get("template") or "")
    if is_task_template_name(template):
        blocks.append(context.build_paragraph("diagnosis.task-template", template=template))
    return blocks


def _insert_look_alike_buttons(
    walk_buttons: tuple[Button, ...], look_alike_buttons: Sequence[Button]
) -> tuple[Button, ...]:
    """Insert buttons after the two that answer the step; only the last one ("start over") may drop off the card."""
    room = MAX_BUTTONS - (len(walk_buttons) - 1)
    return (*walk_buttons[:2], *look_alike_buttons[:room], *walk_buttons[2:])
