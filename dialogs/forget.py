"""Delete what is stored about a user: the question, and the deletion once confirmed."""

from __future__ import annotations

from dialogs.context import DialogContext, DialogResult
from dialogs.model.effects import Forget
from dialogs.state.conversation_state import ConversationState


def ask_to_forget(context: DialogContext, state: ConversationState) -> DialogResult:
    """Say what is stored here, and ask whether to delete it."""
    buttons = (
        context.build_button("forget", "forget-yes"),
        context.build_button("keep", "step" if state.walkthrough else "help"),
    )
    blocks = (
        context.build_heading("forget.title"),
        context.build_paragraph("forget.kept"),
        *([context.build_paragraph("share.kept")] if context.can_share_looks else []),
        context.build_paragraph("forget.ask"),
    )
    return DialogResult(state, (context.build_reply(*blocks, buttons=buttons, placement="stays"),))


def forget_conversation(context: DialogContext) -> DialogResult:
    """Return an empty state, and a reply that makes the runtime delete everything else and confirms it."""
    reply = context.build_reply(
        context.build_paragraph("forget.done", "good"),
        buttons=(context.build_button("help", "help"),),
        placement="stays",
    )
    return DialogResult(ConversationState(), (reply,), (Forget(),))
