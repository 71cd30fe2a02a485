"""Which action a typed message asks for: a button, an answer to a question, a command, or a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogs.actions import TYPED_ALIASES
from dialogs.azure.typed_requests import TemplateRequest, parse_request, parse_template_name, parse_yes_no
from dialogs.state.azure_state import AzureState
from dialogs.state.conversation_state import ConversationState
from dialogs.typed_commands import find_typed_button, parse_intent


@dataclass(frozen=True, slots=True)
class TypedAction:
    """An action that was typed, with the arguments that its button would send."""

    action_id: str
    args: Mapping[str, Any] = field(default_factory=dict)


def find_typed_action(text: str, state: ConversationState) -> TypedAction | None:
    """Return the action that the whole of `text` asks for; None where it's something to diagnose."""
    if button := find_typed_button(text, state.last_buttons):
        return TypedAction(button.action_id, button.args)
    if azure_action := _find_azure_action(text, state.azure):
        return azure_action
    intent = parse_intent(text)
    return TypedAction(TYPED_ALIASES.get(intent, intent)) if intent else None


def _find_azure_action(text: str, azure: AzureState) -> TypedAction | None:
    if azure.pending_input == "consent" and (is_yes := parse_yes_no(text)) is not None:
        return TypedAction("look-yes" if is_yes else "look-no")
    request = parse_request(text)
    if request is None and azure.pending_input == "name" and parse_intent(text) is None:
        request = parse_template_name(text)
    if isinstance(request, TemplateRequest):
        return TypedAction(request.action_id, request.query.to_args())
    return TypedAction(request) if request else None
