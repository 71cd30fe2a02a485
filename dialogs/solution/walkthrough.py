"""The walkthrough of a solution, one step at a time, and what follows when it worked or the steps ran out."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, FoldedSection, Paragraph, Reply, emphasize
from dialogs.replies.general_replies import show_problem
from dialogs.replies.shell_commands import with_shell_switch
from dialogs.solution import diagnosis_view
from dialogs.solution.candidate_view import (
    build_candidate_blocks,
    build_choose_button,
    build_evidence,
    find_other_candidates,
)
from dialogs.solution.diagnosis_view import find_current_match
from dialogs.solution.feedback import build_feedback_buttons
from dialogs.solution.finding_view import build_deciding_line, render_walk_headline
from dialogs.solution.shared_chat import show_opening
from dialogs.solution.solution_steps import (
    build_walk,
    count_steps_to,
    find_next_step,
    find_previous_step,
    get_finding,
    get_steps,
    list_fitting_steps,
)
from dialogs.solution.step_view import (
    build_checklist,
    build_folded_step,
    build_resume_button,
    build_step_args,
    build_walk_buttons,
)
from dialogs.state.conversation_state import ConversationState, StepOutcome, TriedStep, Walkthrough

MAX_EVIDENCE_LINES = 2
"""How many evidence lines each step repeats: steps refer to them, and the first card may have been replaced."""
MAX_OTHER_CANDIDATES = 4


def start_walk(context: DialogContext, state: ConversationState, walk: Walkthrough) -> DialogResult:
    """Begin the walkthrough of an entry that the user chose."""
    if walk.entry not in context.entries:
        return DialogResult(state, (show_problem(context, "trouble.entry-gone"),))
    walk = replace(walk, was_picked=find_current_match(state, walk) is None)
    if state.find_diagnosis(walk.diagnosis_number):
        walk = build_walk(state, walk.entry, walk.diagnosis_number, was_picked=walk.was_picked)
        walk = replace(walk, step=next(iter(list_fitting_steps(context, state, walk)), 0))
    return DialogResult(replace(state, walkthrough=walk), (show_opening(context, state, walk),))


def leave_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough | None, outcome: StepOutcome
) -> DialogResult:
    """Record how the step of `walk` went, and show the next one, or what is left after the last."""
    if walk is None:
        return DialogResult(state, (show_problem(context, "trouble.no-walk"),))
    # the entry may be gone in a newer knowledge base
    if walk.entry not in context.entries:
        return DialogResult(replace(state, walkthrough=None), (show_problem(context, "trouble.entry-gone"),))
    state = _record_step(context, state, walk, outcome)
    walk = replace(walk, step=find_next_step(context, state, walk, skips_alternatives=outcome == "done"))
    state = replace(state, walkthrough=walk)
    return DialogResult(state, (render_step(context, state, walk),))


def record_success(context: DialogContext, state: ConversationState, walk: Walkthrough | None) -> DialogResult:
    """Record that the step of `walk` solved the problem, and ask whether the diagnosis was right."""
    buttons = (*build_feedback_buttons(context, state), context.build_button("restart", "restart"))
    if walk is None or walk.entry not in context.entries or walk.step >= len(get_steps(context, walk)):
        confirmation = context.build_paragraph("walk.worked-none", "good")
    else:
        state = _record_step(context, state, walk, "worked")
        confirmation = context.build_paragraph(
            "walk.worked",
            "good",
            number=count_steps_to(list_fitting_steps(context, state, walk), walk.step),
            title=render_walk_headline(context, state, walk),
        )
        buttons = (build_resume_button(context, walk, "not-solved"), *buttons)
    return DialogResult(
        replace(state, walkthrough=None),
        (context.build_reply(confirmation, context.build_paragraph("walk.worked-next"), buttons=buttons),),
    )


def show_other_candidates(context: DialogContext, state: ConversationState) -> DialogResult:
    """Show the diagnosis's other candidates; choosing one starts its walkthrough."""
    if state.diagnosis is None:
        return DialogResult(state, (show_problem(context, "others.no-text"),))
    walk = state.walkthrough
    others = find_other_candidates(context, state, walk.entry if walk else "")[:MAX_OTHER_CANDIDATES]
    back_buttons = (context.build_button("step", "step"),) if walk and walk.entry in context.entries else ()
    draft_button = context.build_button("draft", "draft")
    if not others:
        buttons = (*back_buttons, context.build_button("guided-questions", "guided"), draft_button)
        return DialogResult(state, (context.build_reply(context.build_paragraph("others.none"), buttons=buttons),))
    buttons = (
        *(build_choose_button(context, match.entry, state.diagnosis_number) for match in others),
        *back_buttons,
        draft_button,
    )
    blocks = build_candidate_blocks(context, state.diagnosis, others)
    return DialogResult(state, (context.build_reply(context.build_heading("others.title"), *blocks, buttons=buttons),))


def render_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough, leading_blocks: tuple[Block, ...] = ()
) -> Reply:
    """Render the current step of `walk`, or what is left to do after the last one. Its entry must exist."""
    entry, fitting = context.entries[walk.entry], list_fitting_steps(context, state, walk)
    if walk.step < len(get_steps(context, walk)) and walk.step not in fitting:
        # an earlier release, which had no steps for one system only, stopped here
        walk = replace(walk, step=find_next_step(context, state, walk))
    is_current = walk.diagnosis_number == state.diagnosis_number
    title = render_walk_headline(context, state, walk)
    others = find_other_candidates(context, state, entry.id) if is_current else ()
    buttons = build_walk_buttons(context, state, walk, len(others))
    earlier, later = build_checklist(context, state, walk)
    if walk.step >= len(get_steps(context, walk)):
        return context.build_reply(
            *leading_blocks,
            *earlier,
            context.build_paragraph("walk.end", title=title),
            *([context.build_paragraph("walk.end-others")] if others else []),
            context.build_paragraph("walk.end-case"),
            buttons=buttons,
        )
    reply = context.build_reply(
        *leading_blocks,
        Paragraph(emphasize(title)),
        *earlier,
        *([] if is_current else [context.build_paragraph("trouble.earlier-text", "subtle")]),
        *build_folded_step(context, state, walk),
        *later,
        *_build_proof(context, state, walk),
        buttons=buttons,
    )
    return with_shell_switch(context, reply, "show-step", build_step_args(walk))


def _build_proof(context: DialogContext, state: ConversationState, walk: Walkthrough) -> list[Block]:
    """Build the deciding line, or a little of the evidence, folded."""
    match = find_current_match(state, walk)
    if match is None or state.diagnosis is None:
        return []
    has_finding = get_finding(state.diagnosis, walk.entry) is not None
    lines = build_deciding_line(state.diagnosis) if has_finding else build_evidence(match.evidence[:MAX_EVIDENCE_LINES])
    return [FoldedSection(context.format_text("diagnosis.evidence"), tuple(lines))] if lines else []


def render_current_step(
    context: DialogContext, state: ConversationState, leading_blocks: tuple[Block, ...] = ()
) -> Reply | None:
    """Render the current step again, below `leading_blocks`; None if no walkthrough is in progress."""
    if state.walkthrough is None or state.walkthrough.entry not in context.entries:
        return None
    return render_step(context, state, state.walkthrough, leading_blocks)


def show_current_step(context: DialogContext, state: ConversationState) -> DialogResult:
    """Show the current step again, or that there is none."""
    return DialogResult(state, (render_current_step(context, state) or show_problem(context, "trouble.no-walk"),))


def go_to_step(context: DialogContext, state: ConversationState, number: int) -> DialogResult:
    """Go to the step with this number, from 1; the nearest one if there are fewer."""
    walk = state.walkthrough
    if walk is None or not (fitting := list_fitting_steps(context, state, walk)):
        return show_current_step(context, state)
    step = fitting[min(max(number, 1), len(fitting)) - 1]
    return show_current_step(context, replace(state, walkthrough=replace(walk, step=step)))


def show_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough | None, is_opening: bool = False
) -> DialogResult:
    """Show the step of a card, which need not be the current one; if `is_opening`, with the whole diagnosis."""
    if walk is None or walk.step >= len(get_steps(context, walk)):
        return DialogResult(state, (show_problem(context, "trouble.entry-gone"),))
    render = show_opening if is_opening else render_step
    return DialogResult(state, (render(context, state, walk),))


def show_reasons(context: DialogContext, state: ConversationState) -> DialogResult:
    """Show why it broke, for the walkthrough in progress."""
    walk = state.walkthrough
    if walk is None or walk.entry not in context.entries:
        return DialogResult(state, (show_problem(context, "trouble.no-walk"),))
    return DialogResult(state, (diagnosis_view.show_reasons(context, state, walk),))


def undo(context: DialogContext, state: ConversationState, left: Walkthrough | None) -> DialogResult:
    """Bring back `left`, which a new diagnosis replaced or which solved nothing after all; or go back one step."""
    walk = state.walkthrough
    if left is not None:
        kept = tuple(
            tried
            for tried in state.tried_steps
            if (tried.entry, tried.step, tried.outcome) != (left.entry, left.step, "worked")
        )
        return show_current_step(context, replace(state, walkthrough=left, tried_steps=kept))
    if walk is None or (previous := find_previous_step(context, state, walk)) == walk.step:
        return show_current_step(context, state)
    walk = replace(walk, step=previous)
    kept = tuple(tried for tried in state.tried_steps if (tried.entry, tried.step) != (walk.entry, walk.step))
    return show_current_step(context, replace(state, walkthrough=walk, tried_steps=kept))


def _record_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough, outcome: StepOutcome
) -> ConversationState:
    if walk.step >= len(get_steps(context, walk)):
        return state
    return state.with_tried_step(TriedStep(walk.entry, walk.step, outcome, context.now, walk.finding, walk.tool))
