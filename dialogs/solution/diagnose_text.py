"""Diagnose what a person wrote or pasted, and answer with the diagnosis."""

from __future__ import annotations

from dialogs.context import DialogContext, DialogResult
from dialogs.replies.shell_commands import follow_shell
from dialogs.resources import DialogResources
from dialogs.solution.attached_logs import is_only_introduction
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.state.conversation_state import ConversationState
from knowledge.commands.shell_traces import detect_shell


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
    # a build's log shows what its scripts use, not the person who reads it
    if state.shell is None and diagnosis.kind != "build-log":
        context, state = follow_shell(context, state, detect_shell(text))
    return show_diagnosis(
        context, state, diagnosis, suggested_howto_id=context.knowledge.howto_search.suggest_howto(text)
    )
