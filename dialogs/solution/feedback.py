"""Feedback on a diagnosis: requested at the end of a walkthrough, accepted at any time."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Button
from dialogs.replies.general_replies import show_problem
from dialogs.solution.candidate_view import find_other_candidates
from dialogs.state.conversation_state import ConversationState, DiagnosisFeedback

MAX_CANDIDATES = 4


def build_feedback_buttons(context: DialogContext, state: ConversationState) -> tuple[Button, ...]:
    """Build the two feedback buttons; none without a diagnosis, or if feedback was already given."""
    if not get_shown_entry(state) or _has_feedback(state):
        return ()
    return (context.build_button("was-right", "right"), context.build_button("was-wrong", "wrong"))


def confirm_diagnosis(context: DialogContext, state: ConversationState) -> DialogResult:
    """Record that the diagnosis was right."""
    if not get_shown_entry(state):
        return DialogResult(state, (show_problem(context, "others.no-text"),))
    if not _has_feedback(state):
        state = replace(state, feedback=DiagnosisFeedback(state.diagnosis_number, "right"))
    thanks = context.build_paragraph("feedback.right", "good")
    return DialogResult(
        state, (context.build_reply(thanks, buttons=(context.build_button("restart", "restart"),), placement="stays"),)
    )


def reject_diagnosis(context: DialogContext, state: ConversationState) -> DialogResult:
    """Record that the diagnosis was wrong, and ask which of the other candidates it was."""
    shown_entry_id = get_shown_entry(state)
    if not shown_entry_id:
        return DialogResult(state, (show_problem(context, "others.no-text"),))
    candidates = tuple(
        Button(
            shorten_label(context.get_entry_title(match.entry)),
            "really",
            {"entry": match.entry, "paste": state.diagnosis_number},
        )
        for match in find_other_candidates(context, state, shown_entry_id)[:MAX_CANDIDATES]
    )
    if not _has_feedback(state):
        state = replace(state, feedback=DiagnosisFeedback(state.diagnosis_number, "wrong"))
    question = context.build_reply(
        context.build_paragraph("feedback.wrong"),
        context.build_paragraph("feedback.really" if candidates else "feedback.really-none"),
        buttons=(
            *candidates,
            context.build_button("guided-questions", "guided"),
            context.build_button("draft", "draft"),
        ),
        placement="stays",
    )
    return DialogResult(state, (question,))


def record_actual_entry(
    context: DialogContext, state: ConversationState, entry: str, diagnosis_number: int
) -> ConversationState:
    """Record which entry it really was; ignored for an unknown entry, an earlier diagnosis, or the entry shown."""
    if (
        entry in context.entries
        and diagnosis_number == state.diagnosis_number
        and get_shown_entry(state) not in ("", entry)
    ):
        return replace(state, feedback=DiagnosisFeedback(diagnosis_number, "wrong", entry))
    return state


def get_shown_entry(state: ConversationState) -> str:
    """Return the id of the entry that the diagnosis showed first; "" if there is none."""
    matches = state.diagnosis.matches if state.diagnosis else ()
    return matches[0].entry if matches else ""


def _has_feedback(state: ConversationState) -> bool:
    return state.feedback is not None and state.feedback.diagnosis_number == state.diagnosis_number
