"""How a conversation among others goes on in a person's private chat: what goes there, what stays, what is shown."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.replies import general_replies as talk
from dialogs.solution.diagnosis_view import show_entry
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_state import ConversationState
from dialogs.support import draft_actions as drafts


def build_private_state(
    private_state: ConversationState, thread_state: ConversationState, now: str
) -> ConversationState:
    """The private chat's state with the text and the walk of `thread`, as if the text were pasted there at `now`."""
    state = replace(private_state, language=private_state.language or thread_state.language)
    for tried in thread_state.tried_steps:
        state = state.with_tried_step(tried)
    if thread_state.diagnosis is None and thread_state.walkthrough is None:
        return state
    paste = state.compute_next_diagnosis_number(now)
    walk = thread_state.walkthrough
    if walk:
        # a walk of another text must not meet the number of this one
        walk = replace(walk, diagnosis_number=paste if walk.diagnosis_number == thread_state.diagnosis_number else 0)
    return replace(
        state.with_form_saved(now), diagnosis_number=paste, diagnosis=thread_state.diagnosis, walkthrough=walk
    )


def build_remaining_state(thread_state: ConversationState) -> ConversationState:
    """What stays behind: the text, so that its card can still be followed there; no walk or look under way."""
    return replace(thread_state, walkthrough=None, form=None, azure=thread_state.azure.without_pending_request())


def show_handoff(context: DialogContext, state: ConversationState, handoff: str) -> DialogResult:
    """What the private chat shows first: the case when that was asked for, else where the walk is, in full."""
    if handoff == "draft":
        return drafts.open_draft(context, state)
    before = context.build_paragraph("thread.from")
    walk = state.walkthrough
    if walk and walk.entry in context.entries and walk.step == 0:
        reply = show_entry(context, state, walk)
        return state, (replace(reply, blocks=(before, *reply.blocks)),)
    return state, (render_current_step(context, state, (before,)) or talk.show_message(context, "talk.hello"),)
