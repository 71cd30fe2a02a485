"""What a new diagnosis does to the conversation: it replaces the previous one, unless it found nothing at all."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import MAX_BUTTONS, DialogContext, DialogResult
from dialogs.model.effects import AskFeedback
from dialogs.model.reply import Button
from dialogs.replies.general_replies import show_message
from dialogs.solution.diagnosis_view import show_candidates
from dialogs.solution.howtos import build_howto_buttons
from dialogs.solution.shared_chat import show_opening
from dialogs.solution.solution_steps import build_walk, find_first_open_step
from dialogs.solution.step_view import build_resume_button
from dialogs.solution.unmatched_view import (
    show_harmless,
    show_reported_state,
    show_succeeded,
    show_unmatched,
)
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.state.diagnosis import has_findings, truncate_diagnosis
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.reported_state import find_reported_state


def show_diagnosis(
    context: DialogContext,
    state: ConversationState,
    diagnosis: Diagnosis,
    suggested_howto_id: str | None = None,
    suggested_buttons: tuple[Button, ...] = (),
) -> DialogResult:
    """Show the reply to a diagnosed text, and make the diagnosis the current one.

    Tried steps stay, an open case form is saved as a draft, and the walkthrough of the earlier diagnosis ends.
    `suggested_howto_id` is the how-to guide to offer if the text said nothing about a build, and `suggested_buttons`
    are what a word or two may mean.
    """
    if not has_findings(diagnosis) and suggested_buttons and state.walkthrough is None:
        return DialogResult(state, (show_message(context, "talk.did-you-mean", suggested_buttons),))
    if not has_findings(diagnosis):
        notice = (context.build_paragraph("talk.not-recognised"), context.build_paragraph("talk.still-here"))
        return DialogResult(
            state,
            (
                render_current_step(context, state, notice)
                or show_message(context, "talk.not-recognised", build_howto_buttons(context, suggested_howto_id)),
            ),
        )
    left = state.walkthrough
    result = _replace_diagnosis(context, state, diagnosis)
    return _offer_way_back(context, result, left) if left is not None and left.step else result


def _replace_diagnosis(context: DialogContext, state: ConversationState, diagnosis: Diagnosis) -> DialogResult:
    """Make `diagnosis` the current one, and show it."""
    stored = truncate_diagnosis(diagnosis)
    state = state.with_form_saved(context.now)
    state = replace(
        state,
        diagnosis_number=state.compute_next_diagnosis_number(context.now),
        diagnosis=stored,
        walkthrough=None,
        fact_verdicts=(),
    )
    # a stored diagnosis may name an entry that has been removed from the knowledge base
    matches = tuple([match for match in stored.matches if match.entry in context.entries])
    if stored.outcome == "succeeded" and all(m.severity == "info" or m.confidence == "possible" for m in matches):
        return DialogResult(state, (show_succeeded(context, state, matches),))
    known = stored if matches == stored.matches else stored._replace(matches=matches)
    if reported_state := find_reported_state(known):
        return DialogResult(state, (show_reported_state(context, stored, reported_state),))
    if not matches:
        # without a match the excerpt proves nothing, so others in a shared chat don't need to read it
        return DialogResult(
            state, (show_unmatched(context, stored._replace(excerpt=()) if context.is_public else stored),)
        )
    top = matches[0]
    if top.severity == "info":
        return DialogResult(state, (show_harmless(context, state, top),))
    errors = tuple(match for match in matches if match.severity != "info")
    if top.confidence == "possible" and len(errors) > 1:
        return DialogResult(state, (show_candidates(context, state, errors),))
    walk = build_walk(state, top.entry, state.diagnosis_number)
    if first_open_step := find_first_open_step(context, state, walk):
        walk = replace(walk, step=first_open_step)
    return DialogResult(replace(state, walkthrough=walk), (show_opening(context, state, walk),), (AskFeedback(),))


def _offer_way_back(context: DialogContext, result: DialogResult, left: Walkthrough) -> DialogResult:
    """Add a button for the walkthrough that the new diagnosis replaced; typing "undo" presses it."""
    *others, last = result.replies
    button = build_resume_button(context, left, "resume")
    buttons = (*last.buttons[: MAX_BUTTONS - 1], button)
    return replace(result, replies=(*others, replace(last, buttons=buttons)))
