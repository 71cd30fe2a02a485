"""A template that a person pasted: what would make it fail; or, if it tells of a failed run, first what that means."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import MAX_BUTTONS, DialogContext, DialogResult
from dialogs.preflight.keeping import answer_with_check, keep_check
from dialogs.resources import DialogResources
from dialogs.solution.diagnose_text import diagnose_text
from dialogs.state.conversation_state import ConversationState
from knowledge.input.pasted_template import PastedTemplate


async def answer_pasted_template(
    context: DialogContext, state: ConversationState, resources: DialogResources, text: str, pasted: PastedTemplate
) -> DialogResult:
    """Answer a pasted template with its check. The diagnosis of a run comes first, and leads to the check."""
    if resources.check_template is None:
        return await diagnose_text(context, state, resources, text)
    check = await resources.check_template(pasted.text, context.language)
    if not pasted.has_open_run:
        return answer_with_check(context, state, check)
    result = await diagnose_text(context, state, resources, text)
    state, kept = keep_check(context, result.state, check)
    button = context.build_button("preflight", "preflight-list", check=kept.number)
    *others, last = result.replies
    buttons = (*last.buttons[: MAX_BUTTONS - 1], button)
    return replace(result, state=state, replies=(*others, replace(last, buttons=buttons)))
