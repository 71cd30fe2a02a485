"""How a diagnosis looks: the known error with its proof, or an honest account of what was found and what was not."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.context import MAX_BUTTONS, DialogContext
from dialogs.model.reply import (
    Block,
    Button,
    FactTable,
    Paragraph,
    Reply,
    RichText,
    TextRun,
    build_literal,
    parse_markup,
)
from dialogs.solution.candidate_view import (
    MAX_CANDIDATES,
    build_candidate_blocks,
    build_choose_button,
    build_difference_blocks,
    build_evidence,
    find_other_candidates,
    list_look_alikes,
)
from dialogs.solution.howtos import suggest_howto_buttons
from dialogs.solution.run_summary import build_run_blocks, render_exit_code_meaning, render_reached_phase
from dialogs.solution.step_view import build_step_blocks, build_walk_buttons, get_placeholder_values
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.texts.catalog import TrustedText
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Entry

MAX_EXCERPT_LINES = 16
MAX_SUCCEEDED_CANDIDATES = 3
MAX_LOOK_ALIKE_BUTTONS = 2


def show_entry(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """Show an entry in full, with its evidence and first step: the whole reply to a text that was recognized."""
    entry, match = context.entries[walk.entry], find_current_match(state, walk)
    diagnosis = state.diagnosis if walk.diagnosis_number == state.diagnosis_number else None
    # proof leaves nothing to confuse the entry with
    is_certain = match is not None and match.confidence == "certain"
    look_alikes = () if is_certain else list_look_alikes(context, state, entry)
    blocks: list[Block] = [
        *build_entry_heading(context, entry, match),
        *([context.build_paragraph("trouble.earlier-text", "subtle")] if diagnosis is None else []),
        *build_evidence(match.evidence if match else ()),
        *(build_run_blocks(context, diagnosis) if diagnosis else []),
        render_retry_advice(context, entry),
        context.build_paragraph("diagnosis.cause", cause=context.localize(entry.cause)),
        *_build_remarks(context, entry, match, diagnosis),
        *build_difference_blocks(context, look_alikes),
    ]
    if entry.steps:
        blocks += build_step_blocks(context, entry, 0, get_placeholder_values(state, walk))
    else:
        blocks.append(context.build_paragraph("walk.no-steps"))
    others = find_other_candidates(context, state, entry.id) if diagnosis else ()
    walk_buttons = build_walk_buttons(context, state, entry, 0, walk.diagnosis_number, len(others))
    look_alike_buttons = [
        build_choose_button(context, look_alike.entry, walk.diagnosis_number)
        for look_alike in look_alikes[:MAX_LOOK_ALIKE_BUTTONS]
    ]
    return context.build_reply(
        *blocks,
        buttons=_insert_look_alike_buttons(walk_buttons, look_alike_buttons),
        summary=context.get_entry_title(entry.id),
    )


def show_harmless(context: DialogContext, state: ConversationState, match: Match) -> Reply:
    """Show a message that successful builds contain as well."""
    entry = context.entries[match.entry]
    title = context.get_entry_title(entry.id)
    return context.build_reply(
        Paragraph((TextRun(title),), size="title"),
        *build_evidence(match.evidence),
        context.build_paragraph("harmless.says", "good"),
        Paragraph(context.localize(entry.cause)),
        *(build_run_blocks(context, state.diagnosis) if state.diagnosis else []),
        context.build_paragraph("harmless.ask"),
        buttons=_build_no_walk_buttons(context),
        summary=title,
    )


def show_succeeded(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """Show that the build succeeded; errors that were recognized nevertheless are offered, not claimed."""
    harmless_titles = [context.get_entry_title(m.entry) for m in matches if m.severity == "info"]
    other_ids = [m.entry for m in matches if m.severity != "info"]
    blocks: list[Block] = [context.build_heading("succeeded.title"), context.build_paragraph("succeeded.says", "good")]
    if harmless_titles:
        titles = TrustedText(", ".join(harmless_titles))
        blocks.append(context.build_paragraph("succeeded.harmless", titles=titles))
    blocks.append(context.build_paragraph("succeeded.ask"))
    buttons = (
        *(
            build_choose_button(context, entry_id, state.diagnosis_number)
            for entry_id in other_ids[:MAX_SUCCEEDED_CANDIDATES]
        ),
        *_build_no_walk_buttons(context),
    )
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("succeeded.title"))


def show_candidates(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """Show the entries that fit without proof: what tells them apart, and buttons to choose one."""
    blocks: list[Block] = [context.build_heading("diagnosis.several")]
    if state.diagnosis:
        blocks += build_run_blocks(context, state.diagnosis)
    blocks += build_candidate_blocks(context, matches)
    if state.diagnosis and state.diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    blocks.append(context.build_paragraph("diagnosis.several-ask"))
    buttons = [build_choose_button(context, match.entry, state.diagnosis_number) for match in matches[:MAX_CANDIDATES]]
    if len(buttons) < MAX_BUTTONS - 1:
        buttons.append(context.build_button("guided-questions", "guided"))
    buttons.append(context.build_button("draft", "draft"))
    return context.build_reply(*blocks, buttons=tuple(buttons), summary=context.format_text("diagnosis.several"))


def show_unmatched(context: DialogContext, diagnosis: Diagnosis) -> Reply:
    """Show that no known error was found, what was found instead, and what would settle the question."""
    blocks: list[Block] = [
        context.build_heading("unmatched.title"),
        context.build_paragraph("unmatched.says"),
        FactTable(_build_unmatched_rows(context, diagnosis)),
        *build_evidence(diagnosis.excerpt[-MAX_EXCERPT_LINES:]),
        *_build_script_advice(context, diagnosis),
    ]
    if diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    blocks.append(context.build_paragraph("unmatched.ask"))
    buttons = (*suggest_howto_buttons(context, diagnosis), *_build_no_walk_buttons(context))
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("unmatched.title"))


def build_entry_heading(context: DialogContext, entry: Entry, match: Match | None) -> list[Block]:
    """Build an entry's title and the line below it; the title says so when the entry is only a possibility."""
    title = context.get_entry_title(entry.id)
    if match is None or match.confidence == "possible":
        heading = context.build_heading("diagnosis.possible", title=title)
    else:
        heading = Paragraph((TextRun(title),), size="title")
    phase = context.format_text(f"phase.{entry.phase}")
    confidence = context.format_text(f"confidence.{match.confidence if match else 'picked'}.long")
    return [heading, Paragraph((TextRun(phase), TextRun(" · "), TextRun(confidence)))]


def render_retry_advice(context: DialogContext, entry: Entry) -> Paragraph:
    """Render whether running the build again helps, and why."""
    reason = (
        context.localize(entry.retry_note) if entry.retry_note else context.format_runs(f"retry.{entry.retry}.reason")
    )
    return Paragraph((*context.format_runs(f"retry.{entry.retry}"), TextRun(" "), *reason))


def find_current_match(state: ConversationState, walk: Walkthrough) -> Match | None:
    """Return the match that the walkthrough follows; None when it belongs to an earlier diagnosis."""
    return state.find_match(walk.entry) if walk.diagnosis_number == state.diagnosis_number else None


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


def _build_remarks(
    context: DialogContext, entry: Entry, match: Match | None, diagnosis: Diagnosis | None
) -> list[Block]:
    """Build what qualifies the cause: script advice, wrapper, consequences, basis of knowledge, partial input."""
    blocks: list[Block] = []
    if diagnosis and match:
        blocks += _build_script_advice(context, diagnosis)
    if entry.role == "wrapper":
        blocks.append(context.build_paragraph("diagnosis.wrapper"))
    explained_ids = match.explains if match else ()
    explained_titles = [context.get_entry_title(entry_id) for entry_id in explained_ids if entry_id in context.entries]
    if explained_titles:
        blocks.append(context.build_paragraph("diagnosis.explains", titles=TrustedText("; ".join(explained_titles))))
    if entry.basis != "documented":
        blocks.append(context.build_paragraph(f"diagnosis.{entry.basis}", "subtle"))
    if diagnosis and diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    return blocks


def _build_script_advice(context: DialogContext, diagnosis: Diagnosis) -> list[Block]:
    if diagnosis.script_advice is None:
        return []
    return [context.build_paragraph("diagnosis.script", advice=parse_markup(diagnosis.script_advice.advice))]


def _insert_look_alike_buttons(
    walk_buttons: tuple[Button, ...], look_alike_buttons: Sequence[Button]
) -> tuple[Button, ...]:
    """Insert buttons after the two that answer the step; only the last one ("start over") may drop off the card."""
    room = MAX_BUTTONS - (len(walk_buttons) - 1)
    return (*walk_buttons[:2], *look_alike_buttons[:room], *walk_buttons[2:])


def _build_no_walk_buttons(context: DialogContext) -> tuple[Button, ...]:
    return (
        context.build_button("guided-questions", "guided"),
        context.build_button("look", "look"),
        context.build_button("draft", "draft"),
        context.build_button("restart", "restart"),
    )
