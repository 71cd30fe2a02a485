"""Hand a thread over to the user's private chat: what moves there, what stays, and what's shown first."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from dialogs.azure.dialog import AzureDialog
from dialogs.context import DialogContext, DialogResult
from dialogs.model.effects import HandoffTopic
from dialogs.model.turn import Person, Turn
from dialogs.replies.general_replies import show_message
from dialogs.solution.diagnosis_view import show_entry
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_state import ConversationState
from dialogs.state.share_state import AskedPlace, ShareState
from dialogs.support.draft_actions import open_draft


def remember_place(context: DialogContext, state: ConversationState, thread_turn: Turn) -> ConversationState:
    """Return the private chat's state with the thread where a lookup was requested, so it can be shared there."""
    if not context.can_share_looks or thread_turn.scope == "personal":
        return state
    place = AskedPlace(thread_turn.conversation_id, thread_turn.scope, context.now)
    return replace(state, azure=replace(state.azure, sharing=ShareState(place)))


def build_private_state(
    private_state: ConversationState, thread_state: ConversationState, now: str
) -> ConversationState:
    """Return the private chat's state with the thread's diagnosis and walkthrough, as if diagnosed there at `now`."""
    state = replace(
        private_state,
        language=private_state.language or thread_state.language,
        shell=private_state.shell or thread_state.shell,
    )
    for tried_step in thread_state.tried_steps:
        state = state.with_tried_step(tried_step)
    if thread_state.diagnosis is None and thread_state.walkthrough is None:
        return state
    number = state.compute_next_diagnosis_number(now)
    walk = thread_state.walkthrough
    if walk:
        # a walkthrough of an earlier diagnosis must not be mistaken for one of the diagnosis that moves
        walk = replace(walk, diagnosis_number=number if walk.diagnosis_number == thread_state.diagnosis_number else 0)
    return replace(
        state.with_form_saved(now), diagnosis_number=number, diagnosis=thread_state.diagnosis, walkthrough=walk
    )


def build_remaining_state(thread_state: ConversationState) -> ConversationState:
    """Return what the thread keeps: the diagnosis, so that its card still works, but nothing in progress."""
    return replace(thread_state, walkthrough=None, form=None, azure=thread_state.azure.without_pending_request())


async def continue_privately(
    context: DialogContext,
    state: ConversationState,
    person: Person,
    topic: HandoffTopic,
    thread_state: ConversationState,
    thread_turn: Turn,
    azure_dialog: AzureDialog,
) -> DialogResult:
    """Continue with what the thread handed over in the private chat, whose context and state these are."""
    match topic:
        case "look":
            state = remember_place(context, state, thread_turn)
            return await azure_dialog.resume_in_private_chat(context, state, person, thread_state)
        case "draft":
            return open_draft(context, state)
        case "walk":
            return _show_walk(context, state)
        case _:
            assert_never(topic)


def _show_walk(context: DialogContext, state: ConversationState) -> DialogResult:
    origin = context.build_paragraph("thread.from")
    walk = state.walkthrough
    if walk and walk.entry in context.entries and walk.step == 0:
        # the thread showed only the short form
        return DialogResult(state, (show_entry(context, state, walk),)).with_leading_blocks(origin)
    return DialogResult(state, (render_current_step(context, state, (origin,)) or show_message(context, "talk.hello"),))
