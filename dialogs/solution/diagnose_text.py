"""Diagnose what a person wrote or pasted, and answer with the diagnosis."""

from __future__ import annotations

from dialogs.context import DialogContext, DialogResult
from dialogs.resources import DialogResources
from dialogs.solution.attached_logs import is_only_introduction
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.state.conversation_state import ConversationState


async def diagnose_text(
    context: DialogContext,
    state: ConversationState,
    resources: DialogResources,
    text: str,
    has_files: bool = False,
) -> DialogResult:
    """Answer `text` with its diagnosis. A text that only introduces the files beside it (`has_files`) gets none."""
    diagnosis = await resources.diagnose(text, context.language)
    if has_files and is_only_introduction(diagnosis):
        return DialogResult(state, ())
    return show_diagnosis(
        context, state, diagnosis, suggested_howto_id=context.knowledge.howto_search.suggest_howto(text)
    )
