"""How a diagnosis looks: the entry with its proof, or an honest account of what was found and what was not."""

from __future__ import annotations

from dialogs.context import MAX_BUTTONS, DialogContext, build_log_excerpt, shorten_label
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
from dialogs.replies.durations import format_duration
from dialogs.solution.howtos import suggest_howto_buttons
from dialogs.solution.step_view import build_step_blocks, build_walk_buttons
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.state.diagnosis import extract_placeholder_values
from dialogs.texts import TrustedText, has_text
from knowledge.catalog.exit_codes import describe_exit_code
from knowledge.model.diagnosis import Diagnosis, ExcerptLine, Match
from knowledge.model.entry import Entry, LookAlike

MAX_DIFFERENCES = 3
MAX_CANDIDATES = 5
MAX_EXCERPT_LINES = 16


def find_other_candidates(context: DialogContext, state: ConversationState, entry: str) -> tuple[Match, ...]:
    """The other candidates of the held diagnosis beside `entry`: still known, and not merely harmless."""
    matches = state.diagnosis.matches if state.diagnosis else ()
    return tuple(m for m in matches if m.entry != entry and m.entry in context.entries and m.severity != "info")


def show_entry(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """An entry with all that speaks for it and the first step; the whole answer to a text that was recognised."""
    entry, match = context.entries[walk.entry], _find_match(state, walk)
    diagnosis = state.diagnosis if walk.diagnosis_number == state.diagnosis_number else None
    sure = match is not None and match.confidence == "certain"
    tells = () if sure else _list_differences(context, state, entry)
    possible = match is None or match.confidence == "possible"
    title = context.get_entry_title(entry.id)
    blocks: list[Block] = [
        context.build_heading("diagnosis.possible", title=title)
        if possible
        else Paragraph((TextRun(title),), size="title"),
        Paragraph(render_phase_and_confidence(context, entry, match)),
    ]
    if diagnosis is None:
        blocks.append(context.build_paragraph("trouble.earlier-text", "subtle"))
    if match:
        blocks += _build_evidence(match.evidence)
    if diagnosis:
        blocks += build_run_blocks(context, diagnosis)
    blocks.append(render_retry_advice(context, entry))
    blocks.append(context.build_paragraph("diagnosis.cause", cause=context.localize(entry.cause)))
    if diagnosis and diagnosis.script_advice and match:
        blocks.append(context.build_paragraph("diagnosis.script", advice=parse_markup(diagnosis.script_advice.advice)))
    blocks += _build_remarks(context, entry, match)
    if diagnosis and diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    if tells:
        blocks.append(context.build_paragraph("diagnosis.tell"))
        blocks += [_render_difference(context, tell) for tell in tells]
    if entry.steps:
        blocks += build_step_blocks(context, entry, 0, get_placeholder_values(state, walk))
    else:
        blocks.append(context.build_paragraph("walk.no-steps"))
    others = find_other_candidates(context, state, entry.id) if diagnosis else ()
    buttons = build_walk_buttons(context, state, entry, 0, walk.diagnosis_number, len(others))
    return context.build_reply(
        *blocks,
        buttons=_add_candidate_buttons(context, buttons, [tell.entry for tell in tells[:2]], walk.diagnosis_number),
        summary=title,
    )


def show_harmless(context: DialogContext, state: ConversationState, match: Match) -> Reply:
    """A message that good builds show too."""
    entry = context.entries[match.entry]
    title = context.get_entry_title(entry.id)
    return context.build_reply(
        Paragraph((TextRun(title),), size="title"),
        *_build_evidence(match.evidence),
        context.build_paragraph("harmless.says", "good"),
        Paragraph(context.localize(entry.cause)),
        *(build_run_blocks(context, state.diagnosis) if state.diagnosis else []),
        context.build_paragraph("harmless.ask"),
        buttons=_build_no_walk_buttons(context),
        summary=title,
    )


def show_succeeded(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """A build that succeeded; what else was recognised is offered, not claimed."""
    harmless = [context.get_entry_title(m.entry) for m in matches if m.severity == "info"]
    others = [m.entry for m in matches if m.severity != "info"]
    blocks: list[Block] = [context.build_heading("succeeded.title"), context.build_paragraph("succeeded.says", "good")]
    if harmless:
        blocks.append(context.build_paragraph("succeeded.harmless", titles=TrustedText(", ".join(harmless))))
    blocks.append(context.build_paragraph("succeeded.ask"))
    buttons = (
        *(_build_choose_button(context, entry, state.diagnosis_number) for entry in others[:3]),
        *_build_no_walk_buttons(context),
    )
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("succeeded.title"))


def show_candidates(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """Entries that fit without proof: what tells them apart, and the candidates to choose from."""
    blocks: list[Block] = [context.build_heading("diagnosis.several")]
    if state.diagnosis:
        blocks += build_run_blocks(context, state.diagnosis)
    blocks += build_candidate_blocks(context, matches)
    if state.diagnosis and state.diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    blocks.append(context.build_paragraph("diagnosis.several-ask"))
    buttons = [_build_choose_button(context, match.entry, state.diagnosis_number) for match in matches[:MAX_CANDIDATES]]
    buttons += [context.build_button("draft", "draft")]
    if len(buttons) < 6:
        buttons.insert(-1, context.build_button("guided-questions", "guided"))
    return context.build_reply(*blocks, buttons=tuple(buttons), summary=context.format_text("diagnosis.several"))


def show_unmatched(context: DialogContext, diagnosis: Diagnosis) -> Reply:
    """No known error: what was found all the same, and what would settle it."""
    rows: list[tuple[str, RichText]] = [
        (context.format_text("unmatched.kind"), _render_plain(context.format_text(f"kind.{diagnosis.kind}")))
    ]
    if diagnosis.outcome != "unknown":
        rows.append(
            (
                context.format_text("unmatched.outcome"),
                _render_plain(context.format_text(f"outcome.{diagnosis.outcome}")),
            )
        )
    if diagnosis.phase:
        rows.append((context.format_text("unmatched.phase"), _render_reached_phase(context, diagnosis.phase)))
    if diagnosis.timeline:
        rows.append((context.format_text("unmatched.last"), build_literal(diagnosis.timeline[-1].provisioner)))
    if diagnosis.facts.get("exit_code") is not None:
        code = diagnosis.facts["exit_code"]
        rows.append(
            (
                context.format_text("unmatched.exit-code"),
                build_literal(str(code)) + _render_exit_code_meaning(context, diagnosis, code),
            )
        )
    blocks: list[Block] = [
        context.build_heading("unmatched.title"),
        context.build_paragraph("unmatched.says"),
        FactTable(tuple(rows)),
        *_build_evidence(diagnosis.excerpt[-MAX_EXCERPT_LINES:]),
    ]
    if diagnosis.script_advice:
        blocks.append(context.build_paragraph("diagnosis.script", advice=parse_markup(diagnosis.script_advice.advice)))
    if diagnosis.partial:
        blocks.append(context.build_paragraph("diagnosis.partial", "subtle"))
    blocks.append(context.build_paragraph("unmatched.ask"))
    buttons = (*suggest_howto_buttons(context, diagnosis), *_build_no_walk_buttons(context))
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("unmatched.title"))


def _render_exit_code_meaning(context: DialogContext, diagnosis: Diagnosis, exit_code: str | int | None) -> RichText:
    """What an exit code means, in brackets; nothing for 1, which only says that something failed."""
    said = (
        describe_exit_code(exit_code, diagnosis.os, context.language)
        if isinstance(exit_code, int) and exit_code > 1
        else None
    )
    return (TextRun(" ("), *parse_markup(said), TextRun(")")) if said else ()


def build_candidate_blocks(context: DialogContext, matches: tuple[Match, ...]) -> list[Block]:
    """Each candidate with its confidence, its first evidence line, and what tells it from the others."""
    listed = {match.entry for match in matches}
    tells = {
        alike.entry: alike
        for match in matches
        for alike in context.entries[match.entry].look_alikes
        if alike.entry in listed
    }
    blocks: list[Block] = []
    for match in matches[:MAX_CANDIDATES]:
        confidence = TrustedText(context.format_text(f"confidence.{match.confidence}"))
        blocks.append(
            context.build_paragraph("candidate.line", title=context.get_entry_title(match.entry), confidence=confidence)
        )
        blocks += _build_evidence(match.evidence[:1])
        told = tells.get(match.entry)
        blocks.append(Paragraph(context.localize(told.difference if told else context.entries[match.entry].symptom)))
    return blocks


def build_run_blocks(context: DialogContext, diagnosis: Diagnosis) -> list[Block]:
    """The outcome of the run, the phase that it reached, and the provisioner in which it ended."""
    runs: list[RichText] = []
    if diagnosis.outcome != "unknown":
        runs.append(
            context.format_runs(
                "diagnosis.outcome", outcome=TrustedText(context.format_text(f"outcome.{diagnosis.outcome}"))
            )
        )
    if diagnosis.phase:
        runs.append(context.format_runs("diagnosis.reached", phase=_render_reached_phase(context, diagnosis.phase)))
    open_run = next((run for run in reversed(diagnosis.timeline) if run.state != "ended"), None)
    if open_run:
        told = context.format_runs(f"diagnosis.{open_run.state}-run", provisioner=open_run.provisioner)
        if open_run.seconds is not None:
            told += context.format_runs("diagnosis.after", duration=TrustedText(format_duration(open_run.seconds)))
        if open_run.exit_code is not None:
            told += context.format_runs("diagnosis.exit-code", code=open_run.exit_code)
            told += _render_exit_code_meaning(context, diagnosis, open_run.exit_code)
        runs.append((*told, TextRun(".")))
    if diagnosis.longest_gap:
        duration = TrustedText(format_duration(diagnosis.longest_gap.seconds))
        runs.append(context.format_runs("diagnosis.silence", duration=duration, line=diagnosis.longest_gap.line))
    joined: list[Block] = []
    if runs:
        spaced = [part for index, text in enumerate(runs) for part in ((TextRun(" "),) if index else ()) + text]
        joined.append(Paragraph(tuple(spaced)))
    return joined


def get_placeholder_values(state: ConversationState, walk: Walkthrough) -> dict[str, str]:
    """What may stand in the commands of a walk: only values of the text that it belongs to."""
    if state.diagnosis is None or walk.diagnosis_number != state.diagnosis_number:
        return {}
    return extract_placeholder_values(state.diagnosis, walk.entry)


def _find_match(state: ConversationState, walk: Walkthrough) -> Match | None:
    return state.find_match(walk.entry) if walk.diagnosis_number == state.diagnosis_number else None


def render_phase_and_confidence(context: DialogContext, entry: Entry, match: Match | None) -> RichText:
    """When the failure happens, and how sure it is."""
    confidence = f"confidence.{match.confidence if match else 'picked'}.long"
    return (
        *_render_plain(context.format_text(f"phase.{entry.phase}")),
        TextRun(" · "),
        *_render_plain(context.format_text(confidence)),
    )


def render_retry_advice(context: DialogContext, entry: Entry) -> Paragraph:
    """Whether running it again helps, and why."""
    reason = (
        context.localize(entry.retry_note) if entry.retry_note else context.format_runs(f"retry.{entry.retry}.reason")
    )
    return Paragraph((*context.format_runs(f"retry.{entry.retry}"), TextRun(" "), *reason))


def _build_remarks(context: DialogContext, entry: Entry, match: Match | None) -> list[Block]:
    blocks: list[Block] = []
    if entry.role == "wrapper":
        blocks.append(context.build_paragraph("diagnosis.wrapper"))
    explained = [
        context.get_entry_title(other) for other in (match.explains if match else ()) if other in context.entries
    ]
    if explained:
        blocks.append(context.build_paragraph("diagnosis.explains", titles=TrustedText("; ".join(explained))))
    if entry.basis != "documented":
        blocks.append(context.build_paragraph(f"diagnosis.{entry.basis}", "subtle"))
    return blocks


def _list_differences(context: DialogContext, state: ConversationState, entry: Entry) -> tuple[LookAlike, ...]:
    """What tells the entry from its look-alikes, its own consequences aside; those that the text speaks for first."""
    match = state.find_match(entry.id)
    gone = {entry.id, *(match.explains if match else ())}
    known = [
        alike
        for alike in entry.look_alikes
        if alike.entry in context.entries and alike.entry not in gone and _can_occur_on_os(context, state, alike.entry)
    ]
    known.sort(key=lambda alike: state.find_match(alike.entry) is None)
    return tuple(known[:MAX_DIFFERENCES])


def _can_occur_on_os(context: DialogContext, state: ConversationState, entry: str) -> bool:
    """Whether the entry can be met on the operating system of the image, as far as both are known."""
    systems = context.entries[entry].os
    system = state.diagnosis.os if state.diagnosis else None
    return not systems or system is None or system in systems


def _render_difference(context: DialogContext, look_alike: LookAlike) -> Paragraph:
    return context.build_paragraph(
        "diagnosis.tell-one",
        title=context.get_entry_title(look_alike.entry),
        tell=context.localize(look_alike.difference),
    )


def _add_candidate_buttons(
    context: DialogContext, buttons: tuple[Button, ...], entries: list[str], diagnosis_number: int
) -> tuple[Button, ...]:
    """The walk's buttons with candidates after the first two; all but the last one must stay."""
    room = MAX_BUTTONS - (len(buttons) - 1)
    chosen = tuple(_build_choose_button(context, entry, diagnosis_number) for entry in entries[:room])
    return (*buttons[:2], *chosen, *buttons[2:])


def _build_choose_button(context: DialogContext, entry: str, diagnosis_number: int) -> Button:
    return Button(shorten_label(context.get_entry_title(entry)), "choose", {"entry": entry, "paste": diagnosis_number})


def _build_no_walk_buttons(context: DialogContext) -> tuple[Button, ...]:
    return (
        context.build_button("guided-questions", "guided"),
        context.build_button("look", "look"),
        context.build_button("draft", "draft"),
        context.build_button("restart", "restart"),
    )


def _build_evidence(lines: tuple[ExcerptLine, ...]) -> list[Block]:
    return [build_log_excerpt(lines)] if lines else []


def _render_reached_phase(context: DialogContext, phase: str) -> RichText:
    return (
        _render_plain(context.format_text(f"reached.{phase}")) if has_text(f"reached.{phase}") else build_literal(phase)
    )


def _render_plain(text: str) -> RichText:
    return (TextRun(text),)
