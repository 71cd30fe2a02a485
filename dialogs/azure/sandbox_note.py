"""Cards that tell of made-up templates say so, every one of them, and each once."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.model.reply import Reply
from dialogs.state.conversation_state import ConversationState


def add_sandbox_note(context: DialogContext, state: ConversationState, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """The replies with a note that this is the sandbox, once a look has begun there."""
    look = state.azure
    if context.access_mode != "sandbox" or (
        look.last_template_id is None and look.pending_request is None and look.has_consented is None
    ):
        return replies
    note = context.build_paragraph("look.sandbox", "subtle")
    own = (context.build_paragraph("look.consent.sandbox"), context.build_paragraph("ticket.sandbox", "subtle"))
    return tuple(
        reply if any(block in own for block in reply.blocks) else replace(reply, blocks=(*reply.blocks, note))
        for reply in replies
    )
