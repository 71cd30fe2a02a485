"""The note on every card in the sandbox that the Azure it shows is fake."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.model.reply import Reply
from dialogs.state.conversation_state import ConversationState


def add_sandbox_note(context: DialogContext, state: ConversationState, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """Add the note to replies in the sandbox, from the first lookup on; replies that say so themselves stay as is."""
    azure = state.azure
    has_used_azure = (
        azure.last_template_id is not None or azure.pending_request is not None or azure.has_consented is not None
    )
    if context.access_mode != "sandbox" or not has_used_azure:
        return replies
    note = context.build_paragraph("look.sandbox", "subtle")
    other_notes = (context.build_paragraph("look.consent.sandbox"), context.build_paragraph("ticket.sandbox", "subtle"))
    return tuple(
        reply if any(block in other_notes for block in reply.blocks) else replace(reply, blocks=(*reply.blocks, note))
        for reply in replies
    )
