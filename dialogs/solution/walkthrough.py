"""The walk through a solution, one step at a time, and what to do when it worked or when the steps are over."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult, build_log_excerpt, shorten_label
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun
from dialogs.replies.general_replies import show_problem
from dialogs.replies.plain_text import flatten_runs, sanitize_line
from dialogs.solution import feedback
from dialogs.solution.diagnosis_view import build_candidate_blocks, find_other_candidates, get_placeholder_values
from dialogs.solution.shared_chat import show_opening
from dialogs.solution.step_view import build_step_blocks, build_walk_buttons
from dialogs.state.conversation_state import ConversationState, StepOutcome, TriedStep, Walkthrough
from dialogs.texts import TrustedText

MAX_STEP_CHARS = 45
"""Characters of a step that was tried: what reminds of it in a line."""
MAX_EVIDENCE_LINES = 2
"""Lines of the text that every step shows again: steps speak of them, and their first card may be gone."""


def start_walk(context: DialogContext, state: ConversationState, walk: Walkthrough) -> DialogResult:
    """Begins the walk of an entry that the person chose."""
    if walk.entry not in context.entries:
        return state, (show_problem(context, "trouble.entry-gone"),)
    picked = state.find_match(walk.entry) is None or walk.diagnosis_number != state.diagnosis_number
    begun = replace(walk, step=0, was_picked=picked)
    return replace(state, walkthrough=begun), (show_opening(context, state, begun),)


def show_next_step(context: DialogContext, state: ConversationState, walk: Walkthrough | None) -> DialogResult:
    """Records that the step of `walk` did not help, and shows the following one or what is left after the last."""
    if walk is None:
        return state, (show_problem(context, "trouble.no-walk"),)
    if walk.entry not in context.entries:
        return replace(state, walkthrough=None), (show_problem(context, "trouble.entry-gone"),)
    state = _record_step(context, state, walk, "no-help")
    walk = replace(walk, step=min(walk.step + 1, len(context.entries[walk.entry].steps)))
    state = replace(state, walkthrough=walk)
    return state, (render_step(context, state, walk),)


def record_success(context: DialogContext, state: ConversationState, walk: Walkthrough | None) -> DialogResult:
    """Records that the step of `walk` solved it."""
    ways = (*feedback.build_feedback_buttons(context, state), context.build_button("restart", "restart"))
    if walk is None or walk.entry not in context.entries or walk.step >= len(context.entries[walk.entry].steps):
        said = context.build_paragraph("walk.worked-none", "good")
    else:
        state = _record_step(context, state, walk, "worked")
        said = context.build_paragraph(
            "walk.worked", "good", number=walk.step + 1, title=context.get_entry_title(walk.entry)
        )
    return replace(state, walkthrough=None), (
        context.build_reply(said, context.build_paragraph("walk.worked-next"), buttons=ways),
    )


def show_other_candidates(context: DialogContext, state: ConversationState) -> DialogResult:
    """The rest of the candidates with their confidence; choosing one begins its walk."""
    if state.diagnosis is None:
        return state, (show_problem(context, "others.no-text"),)
    rest = find_other_candidates(context, state, state.walkthrough.entry if state.walkthrough else "")
    back = (
        (context.build_button("step", "step"),)
        if state.walkthrough and state.walkthrough.entry in context.entries
        else ()
    )
    if not rest:
        buttons = (*back, context.build_button("guided-questions", "guided"), context.build_button("draft", "draft"))
        return state, (context.build_reply(context.build_paragraph("others.none"), buttons=buttons),)
    buttons = (
        *(
            Button(
                shorten_label(context.get_entry_title(m.entry)),
                "choose",
                {"entry": m.entry, "paste": state.diagnosis_number},
            )
            for m in rest[:4]
        ),
        *back,
        context.build_button("draft", "draft"),
    )
    blocks = build_candidate_blocks(context, rest[:4])
    return state, (context.build_reply(context.build_heading("others.title"), *blocks, buttons=buttons),)


def render_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough, leading_blocks: tuple[Block, ...] = ()
) -> Reply:
    """The step at which `walk` is, or what is left to do after the last one. The entry must exist."""
    entry = context.entries[walk.entry]
    title = context.get_entry_title(entry.id)
    here = walk.diagnosis_number == state.diagnosis_number
    rest = find_other_candidates(context, state, entry.id) if here else ()
    buttons = build_walk_buttons(context, state, entry, walk.step, walk.diagnosis_number, len(rest))
    if walk.step >= len(entry.steps):
        ending = [context.build_paragraph("walk.end-others")] if rest else []
        said = (
            *_build_tried_blocks(context, state, walk),
            context.build_paragraph("walk.end", title=title),
            *ending,
            context.build_paragraph("walk.end-case"),
        )
        return context.build_reply(*leading_blocks, *said, buttons=buttons)
    blocks: list[Block] = [
        *leading_blocks,
        Paragraph((TextRun(title, "bold"),)),
        *_build_tried_blocks(context, state, walk),
    ]
    if not here:
        blocks.append(context.build_paragraph("trouble.earlier-text", "subtle"))
    match = state.find_match(entry.id) if here else None
    if match and match.evidence:
        blocks.append(build_log_excerpt(match.evidence[:MAX_EVIDENCE_LINES]))
    blocks += build_step_blocks(context, entry, walk.step, get_placeholder_values(state, walk))
    return context.build_reply(*blocks, buttons=buttons)


def render_current_step(
    context: DialogContext, state: ConversationState, leading_blocks: tuple[Block, ...] = ()
) -> Reply | None:
    """The current step again, after `before`; `None` when no walk is under way."""
    if state.walkthrough is None or state.walkthrough.entry not in context.entries:
        return None
    return render_step(context, state, state.walkthrough, leading_blocks)


def show_current_step(context: DialogContext, state: ConversationState) -> DialogResult:
    """The current step again, or a word that there is none."""
    return state, (render_current_step(context, state) or show_problem(context, "trouble.no-walk"),)


def _build_tried_blocks(context: DialogContext, state: ConversationState, walk: Walkthrough) -> tuple[Block, ...]:
    """The steps before this one that did not help, a line each: their own card may have given its place to this one."""
    steps = context.entries[walk.entry].steps
    failed = sorted(t.step for t in state.tried_steps if t.entry == walk.entry and t.outcome == "no-help")
    return tuple(
        context.build_paragraph(
            "walk.tried",
            "subtle",
            number=at + 1,
            do=TrustedText(shorten_label(sanitize_line(flatten_runs(context.localize(steps[at].do))), MAX_STEP_CHARS)),
        )
        for at in failed
        if at < min(walk.step, len(steps))
    )


def _record_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough, outcome: StepOutcome
) -> ConversationState:
    if walk.step >= len(context.entries[walk.entry].steps):
        return state
    return state.with_tried_step(TriedStep(walk.entry, walk.step, outcome, context.now))
