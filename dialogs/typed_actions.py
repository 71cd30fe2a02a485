"""Which action a typed message asks for: a button, an answer to a question, a command, or a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dialogs.azure.typed_requests import parse_request, parse_template_name, parse_yes_no
from dialogs.sentences import find_answer, find_sentence_action
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.sentence_patterns import SentencePatterns
from dialogs.texts.typed_phrases import TypedPhrases
from dialogs.typed_commands import find_next_page, find_typed_button, parse_command, parse_opening


@dataclass(frozen=True, slots=True)
class TypedAction:
    """An action that was typed, with the arguments that its button would send."""

    action_id: str
    args: Mapping[str, object] = field(default_factory=dict)


def find_typed_action(
    text: str, state: ConversationState, phrases: TypedPhrases, sentences: SentencePatterns
) -> TypedAction | None:
    """Return the action that the whole of `text` asks for; None where it's something to diagnose."""
    buttons = state.last_buttons
    if button := find_typed_button(text, buttons) or find_next_page(text, phrases, buttons):
        return TypedAction(button.action_id, button.args)
    pending_input = state.azure.pending_input
    if pending_input == "consent" and (is_yes := parse_yes_no(text, phrases)) is not None:
        return TypedAction("look-yes" if is_yes else "look-no")
    if answer := find_answer(text, state, sentences, phrases):
        return TypedAction(answer.action_id, answer.args)
    # first, since "watch it" also begins with the prefix "watch"
    if action_id := parse_command(text, phrases):
        return TypedAction(action_id)
    request = parse_request(text, phrases)
    if request is None and pending_input == "name":
        request = parse_template_name(text, phrases)
        if request and state.azure.pending_request and state.azure.pending_request.checks:
            request = replace(request, action_id="preflight")
    if request:
        return TypedAction(request.action_id, request.query.to_args())
    return TypedAction("not-asked") if parse_yes_no(text, phrases) is not None else None


def find_asked_action(
    text: str, state: ConversationState, phrases: TypedPhrases, sentences: SentencePatterns
) -> TypedAction | None:
    """Return the action that a person asks for in their own words; None where it's something to diagnose."""
    if asked := find_sentence_action(text, state, sentences, phrases):
        return TypedAction(*asked)
    opening_action_id = parse_opening(text, phrases)
    return TypedAction(opening_action_id) if opening_action_id else None
