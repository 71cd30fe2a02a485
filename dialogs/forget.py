"""What is kept of a person, and how it goes away when they say so."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.state.conversation_state import ConversationState


def ask_to_forget(context: DialogContext, state: ConversationState) -> DialogResult:
    """Says what is kept here, and asks whether it is to go."""
    buttons = (
        context.build_button("forget", "forget-yes", primary=True),
        context.build_button("keep", "step" if state.walkthrough else "help"),
    )
    said = (
        context.build_heading("forget.title"),
        context.build_paragraph("forget.kept"),
        context.build_paragraph("forget.ask"),
    )
    return state, (context.build_reply(*said, buttons=buttons, beside=True),)


def forget_conversation(context: DialogContext) -> DialogResult:
    """A state with nothing in it, and the word that nothing is kept any more."""
    said = context.build_reply(
        context.build_paragraph("forget.done", "good"), buttons=(context.build_button("help", "help"),), beside=True
    )
    return ConversationState(), (replace(said, forgets=True),)
