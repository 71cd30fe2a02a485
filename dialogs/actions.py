"""What each button does, and the typed words that mean the same. What a button holds is checked before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

from dialogs import forget as forgetting
from dialogs.context import DialogContext, DialogResult
from dialogs.replies import general_replies as talk
from dialogs.solution import attached_logs as file_reading
from dialogs.solution import feedback
from dialogs.solution import howtos as guides
from dialogs.solution import questionnaire as guided
from dialogs.solution import shared_chat as group_view
from dialogs.solution import walkthrough as walk
from dialogs.state.case import MAX_DIAGNOSIS_NUMBER
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.state.diagnosis import MAX_NAME_CHARS
from dialogs.state.json_fields import DecodeError, parse_choice, parse_int, parse_list, parse_mapping, parse_text
from dialogs.support import case_export as case_ways
from dialogs.support import draft_actions as drafts
from dialogs.support.case_values import FileKind
from dialogs.typed_commands import Intent

MAX_ANSWERS = 10
NO_DIAGNOSIS_NUMBER = 0
"""The number of no text at all: a colleague's walk must not meet a text of one's own."""
_CASE_ACTIONS = frozenset(
    {"draft", "post", "afresh", "cancel-case", "discard-case", "drafts", "take-up", "az-case", "file-case"}
)
_SHARED_ACTIONS = frozenset(
    {"help", "guided", "guides", "guide", "example", "private", "look", "look-other", "failing"}
)

_ActionArgs = Mapping[str, object]
_SubmittedFields = Mapping[str, str]


def handle_action(
    context: DialogContext, state: ConversationState, action_id: str, args: object, fields: object
) -> DialogResult:
    """The answer to a button of the current version."""
    if context.is_public and action_id in _CASE_ACTIONS:
        return group_view.hand_off_case(context, state)
    answer = GENERAL_ACTIONS.get(action_id)
    if answer is None:
        return state, (talk.show_problem(context, "trouble.unknown-button"),)
    try:
        return answer(context, state, parse_mapping(args), extract_texts(fields))
    except DecodeError:
        return state, (talk.show_problem(context, "trouble.unknown-button"),)


def handle_foreign_action(
    context: DialogContext, state: ConversationState, action_id: str, args: object
) -> DialogResult | None:
    """The answer to a button of somebody else's card: a walk of one's own. None where a press is anybody's."""
    if action_id in _SHARED_ACTIONS:
        return None
    entry = args.get("entry") if isinstance(args, Mapping) else None
    if not isinstance(entry, str) or entry not in context.entries:
        said = context.build_reply(
            context.build_paragraph("thread.not-yours"), buttons=talk.build_default_buttons(context), beside=True
        )
        return state, (said,)
    state, (first, *rest) = walk.start_walk(context, state, Walkthrough(entry, 0, NO_DIAGNOSIS_NUMBER))
    return state, (replace(first, blocks=(context.build_paragraph("thread.own-walk"), *first.blocks)), *rest)


def handle_command(context: DialogContext, state: ConversationState, intent: Intent) -> DialogResult:
    """The answer to a typed command; languages and the example are the medic's."""
    if intent == "hello":
        return state, (talk.show_message(context, "talk.hello"),)
    if intent == "thanks":
        return state, (talk.show_message(context, "talk.thanks"),)
    if intent == "cancel":
        return replace(state, walkthrough=None), (talk.show_message(context, "talk.cancel"),)
    if intent == "back":
        return walk.show_current_step(context, state)
    return handle_action(context, state, "next" if intent == "no-help" else intent, {}, {})


def _show_help(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return state, (talk.show_help(context),)


def _restart(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    aside = state.with_form_saved(context.now).drafts
    fresh = ConversationState(
        language=state.language, diagnosis_number=state.diagnosis_number, drafts=aside, tickets=state.tickets
    )
    return fresh, (talk.show_message(context, "talk.restart"),)


def _show_questionnaire(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    path = tuple(parse_text(item, MAX_NAME_CHARS) for item in parse_list(args.get("path", []), MAX_ANSWERS))
    return guided.show_page(context, state, path)


def _list_howtos(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return guides.list_howtos(context, state, parse_int(args.get("first", 0), max_value=1000))


def _show_howto(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return guides.show_howto(context, state, parse_text(args.get("id"), MAX_NAME_CHARS))


def _start_walk(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return walk.start_walk(
        context, state, Walkthrough(parse_text(args.get("entry"), MAX_NAME_CHARS), 0, _parse_diagnosis_number(args))
    )


def _show_next_step(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return walk.show_next_step(context, state, _parse_step(state, args))


def _record_success(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return walk.record_success(context, state, _parse_step(state, args))


def _show_other_candidates(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return walk.show_other_candidates(context, state)


def _show_current_step(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return walk.show_current_step(context, state)


def _show_steps(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return walk.show_current_step(
        context, replace(state, walkthrough=_find_walkthrough(context, state, args) or state.walkthrough)
    )


def _continue_in_private_chat(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    if not context.is_public:
        return _show_steps(context, state, args, fields)
    return group_view.hand_off_walk(context, state, _find_walkthrough(context, state, args))


def _open_draft(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.open_draft(context, state)


def _submit_draft(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.submit_draft(context, state, fields)


def _refill_draft(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.refill_draft(context, state)


def _save_draft(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.save_draft(context, state, fields)


def _discard_draft(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.discard_draft(context, state)


def _list_drafts(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.list_drafts(context, state)


def _resume_draft(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return drafts.resume_draft(context, state, parse_int(args.get("number")))


def _export_as_commands(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return case_ways.export_as_commands(context, state)


def _export_as_file(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return case_ways.export_as_file(context, state, parse_choice(args.get("as", "markdown"), get_args(FileKind)))


def _show_typed_link(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    """The number of a link was typed: only a browser can open it."""
    if state.form is None:
        return state, (talk.show_problem(context, "trouble.unknown-button"),)
    ways = case_ways.render_export_options(context, state, state.form)
    return state, (replace(ways, blocks=(context.build_paragraph("case.page"), *ways.blocks)),)


def _confirm_diagnosis(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return feedback.confirm_diagnosis(context, state)


def _reject_diagnosis(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return feedback.reject_diagnosis(context, state)


def _ask_to_forget(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return forgetting.ask_to_forget(context, state)


def _forget_conversation(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return forgetting.forget_conversation(context)


def _correct_diagnosis(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    entry, paste = parse_text(args.get("entry"), MAX_NAME_CHARS), _parse_diagnosis_number(args)
    return walk.start_walk(
        context, feedback.record_actual_entry(context, state, entry, paste), Walkthrough(entry, 0, paste)
    )


def _show_chosen_log(
    context: DialogContext, state: ConversationState, args: _ActionArgs, fields: _SubmittedFields
) -> DialogResult:
    return file_reading.show_chosen_log(context, state, parse_int(args.get("log"), max_value=10**16))


GENERAL_ACTIONS: Mapping[
    str, Callable[[DialogContext, ConversationState, _ActionArgs, _SubmittedFields], DialogResult]
] = {
    "help": _show_help,
    "restart": _restart,
    "guided": _show_questionnaire,
    "guides": _list_howtos,
    "guide": _show_howto,
    "choose": _start_walk,
    "next": _show_next_step,
    "worked": _record_success,
    "others": _show_other_candidates,
    "step": _show_current_step,
    "steps": _show_steps,
    "private": _continue_in_private_chat,
    "draft": _open_draft,
    "post": _submit_draft,
    "afresh": _refill_draft,
    "cancel-case": _save_draft,
    "right": _confirm_diagnosis,
    "wrong": _reject_diagnosis,
    "really": _correct_diagnosis,
    "discard-case": _discard_draft,
    "drafts": _list_drafts,
    "take-up": _resume_draft,
    "az-case": _export_as_commands,
    "file-case": _export_as_file,
    "file-log": _show_chosen_log,
    "": _show_typed_link,
    "forget": _ask_to_forget,
    "forget-yes": _forget_conversation,
}


def _parse_step(state: ConversationState, args: _ActionArgs) -> Walkthrough | None:
    """The step that a button stands below; without arguments (typed), the step of the walk under way."""
    if not args:
        return state.walkthrough
    entry, step = parse_text(args.get("entry"), MAX_NAME_CHARS), parse_int(args.get("step"), max_value=1000)
    paste = _parse_diagnosis_number(args)
    under_way = state.walkthrough
    picked = under_way.was_picked if under_way and under_way.entry == entry else state.find_match(entry) is None
    return Walkthrough(entry, step, paste, picked)


def _find_walkthrough(context: DialogContext, state: ConversationState, args: _ActionArgs) -> Walkthrough | None:
    """The walk that a short card speaks of: the one under way if it is that, else its beginning."""
    if "entry" not in args:
        return state.walkthrough
    entry, paste = parse_text(args.get("entry"), MAX_NAME_CHARS), _parse_diagnosis_number(args)
    if state.walkthrough and (state.walkthrough.entry, state.walkthrough.diagnosis_number) == (entry, paste):
        return state.walkthrough
    picked = state.find_match(entry) is None or paste != state.diagnosis_number
    return Walkthrough(entry, 0, paste, picked) if entry in context.entries else None


def _parse_diagnosis_number(args: _ActionArgs) -> int:
    return parse_int(args.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER)


def extract_texts(fields: object) -> dict[str, str]:
    """The fields of a form that are texts; anything else is as if it had not come."""
    if not isinstance(fields, Mapping):
        return {}
    return {key: value for key, value in fields.items() if isinstance(key, str) and isinstance(value, str)}
