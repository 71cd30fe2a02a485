"""What is kept of a checked template until the next one: never its own text."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import MAX_BUTTONS, DialogContext, DialogResult
from dialogs.model.preflight import TemplateCheck
from dialogs.preflight.check_view import show_check
from dialogs.state.conversation_state import ConversationState
from dialogs.state.template_check import KeptCheck
from knowledge.template.template_id import TemplateId


def keep_check(
    context: DialogContext, state: ConversationState, check: TemplateCheck, template_id: TemplateId | None = None
) -> tuple[ConversationState, KeptCheck]:
    """Return the state in which `check` is the last one, and the check as it's kept."""
    last = state.kept_check.number if state.kept_check else 0
    stamp = "".join(character for character in context.now if character.isdigit())[:14]
    kept = KeptCheck(max(last + 1, int(stamp or 0)), check, template_id)
    return replace(state, kept_check=kept), kept


def answer_with_check(
    context: DialogContext, state: ConversationState, check: TemplateCheck, template_id: TemplateId | None = None
) -> DialogResult:
    """Show what was found in a template, and keep it for the buttons below."""
    state, kept = keep_check(context, state, check, template_id)
    return DialogResult(state, (show_check(context, kept),))


def lead_to_check(context: DialogContext, result: DialogResult, check: TemplateCheck) -> DialogResult:
    """Keep a check, and lead to it from an answer about the same template's run, which comes first."""
    state, kept = keep_check(context, result.state, check)
    button = context.build_button("preflight", "preflight-list", check=kept.number)
    *others, last = result.replies
    buttons = (*last.buttons[: MAX_BUTTONS - 1], button)
    return replace(result, state=state, replies=(*others, replace(last, buttons=buttons)))
