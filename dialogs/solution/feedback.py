"""Whether a diagnosis was right, and what it was really: asked where a walk ends, said at any time."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Button
from dialogs.replies.general_replies import show_problem
from dialogs.solution.diagnosis_view import find_other_candidates
from dialogs.state.conversation_state import ConversationState
from dialogs.state.feedback import DiagnosisFeedback

MAX_CANDIDATES = 4


def build_feedback_buttons(context: DialogContext, state: ConversationState) -> tuple[Button, ...]:
    """The two judgements, where there is a diagnosis that was not judged yet."""
    if not get_shown_entry(state) or _has_feedback(state):
        return ()
    return (context.build_button("was-right", "right"), context.build_button("was-wrong", "wrong"))


def confirm_diagnosis(context: DialogContext, state: ConversationState) -> DialogResult:
    """The person says that the diagnosis was right."""
    if not get_shown_entry(state):
        return state, (show_problem(context, "others.no-text"),)
    said = context.build_paragraph("feedback.right", "good")
    kept = (
        state if _has_feedback(state) else replace(state, feedback=DiagnosisFeedback(state.diagnosis_number, "right"))
    )
    return kept, (context.build_reply(said, buttons=(context.build_button("restart", "restart"),), beside=True),)


def reject_diagnosis(context: DialogContext, state: ConversationState) -> DialogResult:
    """The person says that it was wrong: asks what it was, among what else fits."""
    entry = get_shown_entry(state)
    if not entry:
        return state, (show_problem(context, "others.no-text"),)
    candidates = tuple(
        Button(
            shorten_label(context.get_entry_title(match.entry)),
            "really",
            {"entry": match.entry, "paste": state.diagnosis_number},
        )
        for match in find_other_candidates(context, state, entry)[:MAX_CANDIDATES]
    )
    kept = (
        state if _has_feedback(state) else replace(state, feedback=DiagnosisFeedback(state.diagnosis_number, "wrong"))
    )
    asked = context.build_reply(
        context.build_paragraph("feedback.wrong"),
        context.build_paragraph("feedback.really" if candidates else "feedback.really-none"),
        buttons=(
            *candidates,
            context.build_button("guided-questions", "guided"),
            context.build_button("draft", "draft"),
        ),
        beside=True,
    )
    return kept, (asked,)


def record_actual_entry(
    context: DialogContext, state: ConversationState, entry: str, diagnosis_number: int
) -> ConversationState:
    """The state once the person says which entry it really was."""
    if (
        entry in context.entries
        and diagnosis_number == state.diagnosis_number
        and get_shown_entry(state) not in ("", entry)
    ):
        return replace(state, feedback=DiagnosisFeedback(diagnosis_number, "wrong", entry))
    return state


def get_shown_entry(state: ConversationState) -> str:
    """The entry that the person was shown first; "" when none was."""
    matches = state.diagnosis.matches if state.diagnosis else ()
    return matches[0].entry if matches else ""


def _has_feedback(state: ConversationState) -> bool:
    return state.feedback is not None and state.feedback.diagnosis_number == state.diagnosis_number
