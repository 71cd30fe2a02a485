"""Every action of the conversation, and how it's handled: who may press it, where, and what bad arguments get."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace

from dialogs.action_registry import ActionRequest, ActionTable, merge_actions
from dialogs.answers.actions import ANSWER_ACTIONS
from dialogs.azure.actions import AZURE_ACTIONS
from dialogs.context import DialogContext, DialogResult
from dialogs.general_actions import GENERAL_ACTIONS, switch_language
from dialogs.model.effects import OfferFile
from dialogs.model.turn import ACTION_VERSION, ActionPressed, Turn
from dialogs.preflight.actions import PREFLIGHT_ACTIONS
from dialogs.replies.general_replies import build_default_buttons, show_problem
from dialogs.replies.shell_commands import (
    SHELL_ACTIONS,
    SHOW_AGAIN_KEY,
    SHOWN_BELOW,
    follow_shell,
    unfold_commands,
)
from dialogs.resources import DialogResources
from dialogs.sharing.actions import SHARE_ACTIONS
from dialogs.solution.actions import SOLUTION_ACTIONS, with_finding_of
from dialogs.solution.shared_chat import hand_off_case
from dialogs.solution.walkthrough import render_current_step, show_current_step, start_walk
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.state.json_fields import DecodeError, parse_mapping, parse_text
from dialogs.support.actions import CASE_ACTIONS
from dialogs.support.ticket.actions import TICKET_ACTIONS
from dialogs.texts.catalog import TrustedText
from dialogs.texts.typed_phrases import load_typed_actions

SHELL_CHOICE_ACTIONS = ActionTable()
MAX_ACTION_CHARS = 40

NO_DIAGNOSIS_NUMBER = 0
"""A number that no diagnosis has, so a colleague's walkthrough is never mixed up with the person's own text."""


@SHELL_CHOICE_ACTIONS.register("use-cli", pressed_by="anyone")
@SHELL_CHOICE_ACTIONS.register("use-powershell", pressed_by="anyone")
async def use_shell(request: ActionRequest) -> DialogResult:
    """Go on in a shell: show the card of the switch again, or else the current step."""
    shell = SHELL_ACTIONS[request.action_id]
    context, state = follow_shell(request.context, request.state, shell)
    was_typed = SHOW_AGAIN_KEY not in request.args
    args = dict(_find_offered_args(state, request.action_id) if was_typed else request.args)
    again = parse_text(args.pop(SHOW_AGAIN_KEY, ""), MAX_ACTION_CHARS)
    confirmation = context.build_paragraph("talk.shell", shell=TrustedText(shell))
    if again in SHELL_ACTIONS or not again or (was_typed and again == "show-entry"):
        step = render_current_step(context, state, (confirmation,))
        message = context.build_reply(confirmation, buttons=build_default_buttons(context))
        return unfold_commands(DialogResult(state, (step or message,)))
    result = await handle_action(replace(request, context=context, state=state, action_id=again, args=args))
    first, *rest = unfold_commands(result).replies
    if not first.may_replace and again != SHOWN_BELOW:
        first = replace(first, placement="replaces")
    # the case's file is the same for both shells
    effects = tuple(effect for effect in result.effects if not isinstance(effect, OfferFile))
    result = replace(result, replies=(first, *rest), effects=effects)
    return result.with_leading_blocks(confirmation) if was_typed else result


def _find_offered_args(state: ConversationState, action_id: str) -> Mapping[str, object]:
    """Return the arguments of the last cards' switch to a shell, which was typed instead of pressed."""
    return next((button.args for button in state.last_buttons if button.action_id == action_id), {})


ACTIONS = merge_actions(
    (
        GENERAL_ACTIONS,
        ANSWER_ACTIONS,
        PREFLIGHT_ACTIONS,
        SOLUTION_ACTIONS,
        CASE_ACTIONS,
        TICKET_ACTIONS,
        AZURE_ACTIONS,
        SHARE_ACTIONS,
        SHELL_CHOICE_ACTIONS,
    ),
    typed_commands=load_typed_actions(),
)
"""By id. Importing this module fails if an id is declared twice or a typed command has no action."""


async def handle_press(
    context: DialogContext, state: ConversationState, turn: Turn, resources: DialogResources, pressed: ActionPressed
) -> DialogResult:
    """Answer a pressed button, on the person's own card or a colleague's. Cards of other versions are outdated."""
    if pressed.version != ACTION_VERSION or isinstance(pressed.version, bool):
        return DialogResult(state, (show_problem(context, "trouble.old-card"),))
    request = ActionRequest(context, state, turn, resources, pressed.action_id, pressed.args, pressed.fields)
    return await (_handle_foreign_press(request) if pressed.is_foreign else handle_action(request))


async def handle_action(request: ActionRequest) -> DialogResult:
    """Answer a press or a typed command. An unknown action or bad arguments get a sentence and a way to continue."""
    action = ACTIONS.get(request.action_id)
    if action is None:
        language = request.context.texts.find_language(request.action_id)
        return switch_language(request, language) if language else _answer_unknown(request)
    if action.scope == "private" and request.context.is_public:
        return hand_off_case(request.context, request.state)
    try:
        fields = extract_texts(request.fields)
        result = action.handle(replace(request, args=parse_mapping(request.args), fields=fields))
        return await result if inspect.isawaitable(result) else result
    except DecodeError:
        return _answer_unknown(request)


async def _handle_foreign_press(request: ActionRequest) -> DialogResult:
    """Answer a press on a colleague's card: shared actions as is, others by starting the person's own walkthrough."""
    action = ACTIONS.get(request.action_id)
    if action is not None and action.pressed_by == "anyone":
        own = {"paste": NO_DIAGNOSIS_NUMBER} if "paste" in request.args else {}
        return await handle_action(replace(request, args={**request.args, **own}))
    context, entry = request.context, request.args.get("entry")
    if not isinstance(entry, str) or entry not in context.entries:
        explanation = context.build_paragraph("thread.not-yours")
        return DialogResult(
            request.state,
            (context.build_reply(explanation, buttons=build_default_buttons(context), placement="stays"),),
        )
    walk = with_finding_of(Walkthrough(entry, 0, NO_DIAGNOSIS_NUMBER), request.args)
    if request.action_id == "steps" or "step" in request.args:
        own_walk = show_current_step(context, replace(request.state, walkthrough=walk))
    else:
        own_walk = start_walk(context, request.state, walk)
    return own_walk.with_leading_blocks(context.build_paragraph("thread.own-walk", "subtle"))


def extract_texts(fields: object) -> dict[str, str]:
    """Return a form's text fields; anything else counts as not sent."""
    if not isinstance(fields, Mapping):
        return {}
    return {key: value for key, value in fields.items() if isinstance(key, str) and isinstance(value, str)}


def _answer_unknown(request: ActionRequest) -> DialogResult:
    return DialogResult(request.state, (show_problem(request.context, "trouble.unknown-button"),))
