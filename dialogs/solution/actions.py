"""Actions around a diagnosis: walkthrough, how-tos, questionnaire, feedback, attached logs, the private chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.context import DialogContext, DialogResult
from dialogs.solution import attached_logs, feedback, howtos, questionnaire, shared_chat, walkthrough
from dialogs.solution.solution_steps import build_walk
from dialogs.state.case import MAX_DIAGNOSIS_NUMBER
from dialogs.state.conversation_state import ConversationState, StepOutcome, Walkthrough
from dialogs.state.diagnosis import MAX_NAME_CHARS
from dialogs.state.json_fields import parse_int, parse_list, parse_text
from knowledge.model.entry import BuildTool

SOLUTION_ACTIONS = ActionTable()

MAX_ANSWERS = 10
MAX_STEP = 1000
MAX_HOWTO_INDEX = 1000
MAX_LOG_NUMBER = 10**16


@SOLUTION_ACTIONS.register("guided", pressed_by="anyone")
def show_questionnaire(request: ActionRequest) -> DialogResult:
    """Show the page of guided questions that the answers in `path` lead to."""
    path = tuple(parse_text(item, MAX_NAME_CHARS) for item in parse_list(request.args.get("path", []), MAX_ANSWERS))
    return questionnaire.show_page(request.context, request.state, path)


@SOLUTION_ACTIONS.register("guides", pressed_by="anyone")
def list_howtos(request: ActionRequest) -> DialogResult:
    """List the how-tos, from `first` on."""
    first = parse_int(request.args.get("first", 0), max_value=MAX_HOWTO_INDEX)
    return howtos.list_howtos(request.context, request.state, first)


@SOLUTION_ACTIONS.register("guide", pressed_by="anyone")
def show_howto(request: ActionRequest) -> DialogResult:
    """Show the how-to `id`."""
    return howtos.show_howto(request.context, request.state, parse_text(request.args.get("id"), MAX_NAME_CHARS))


@SOLUTION_ACTIONS.register("choose")
def start_walk(request: ActionRequest) -> DialogResult:
    """Start the walkthrough of `entry`."""
    entry = parse_text(request.args.get("entry"), MAX_NAME_CHARS)
    chosen = Walkthrough(entry, 0, _parse_diagnosis_number(request.args))
    return walkthrough.start_walk(request.context, request.state, chosen)


@SOLUTION_ACTIONS.register("done")
def finish_step(request: ActionRequest) -> DialogResult:
    """Note that a step was done, and show the next one."""
    return _leave_step(request, "done")


@SOLUTION_ACTIONS.register("skip")
def skip_step(request: ActionRequest) -> DialogResult:
    """Note that a step doesn't apply, and show the next one."""
    return _leave_step(request, "skipped")


@SOLUTION_ACTIONS.register("failed-again")
def record_failure(request: ActionRequest) -> DialogResult:
    """Note that the build failed again after a step, and show the next one."""
    return _leave_step(request, "no-help")


@SOLUTION_ACTIONS.register("next")
def show_next_step(request: ActionRequest) -> DialogResult:
    """Note that a step didn't help, and show the next one: the button of earlier releases."""
    return _leave_step(request, "no-help")


@SOLUTION_ACTIONS.register("undo")
def undo(request: ActionRequest) -> DialogResult:
    """Bring back the walkthrough that a new diagnosis replaced, or go back one step in the current one."""
    left = _parse_step(request.state, request.args) if request.args else None
    return walkthrough.undo(request.context, request.state, left)


@SOLUTION_ACTIONS.register("worked")
def record_success(request: ActionRequest) -> DialogResult:
    """Note that a step solved it."""
    return walkthrough.record_success(request.context, request.state, _parse_step(request.state, request.args))


@SOLUTION_ACTIONS.register("others")
def show_other_candidates(request: ActionRequest) -> DialogResult:
    """Show the other entries that could be the cause."""
    return walkthrough.show_other_candidates(request.context, request.state)


@SOLUTION_ACTIONS.register("step")
def show_current_step(request: ActionRequest) -> DialogResult:
    """Show the current step again."""
    return walkthrough.show_current_step(request.context, request.state)


@SOLUTION_ACTIONS.register("go-to-step")
def go_to_step(request: ActionRequest) -> DialogResult:
    """Go to the step with the `number` that people see."""
    number = parse_int(request.args.get("number"), max_value=MAX_STEP)
    return walkthrough.go_to_step(request.context, request.state, number)


@SOLUTION_ACTIONS.register("show-step")
def show_step_of_card(request: ActionRequest) -> DialogResult:
    """Show the step of a card again, as its switch to the other shell asks; the walkthrough stays where it is."""
    return walkthrough.show_step(request.context, request.state, _parse_step(request.state, request.args))


@SOLUTION_ACTIONS.register("show-entry")
def show_entry_of_card(request: ActionRequest) -> DialogResult:
    """Show the card again that begins a walkthrough, as its switch to the other shell asks."""
    walk = _parse_step(request.state, request.args)
    return walkthrough.show_step(request.context, request.state, walk, is_opening=True)


@SOLUTION_ACTIONS.register("why")
def show_reasons(request: ActionRequest) -> DialogResult:
    """Show why it broke."""
    return walkthrough.show_reasons(request.context, request.state)


@SOLUTION_ACTIONS.register("steps")
def show_steps(request: ActionRequest) -> DialogResult:
    """Show the walkthrough that a short card in a group refers to."""
    chosen = _find_walkthrough(request.context, request.state, request.args) or request.state.walkthrough
    return walkthrough.show_current_step(request.context, replace(request.state, walkthrough=chosen))


@SOLUTION_ACTIONS.register("private", pressed_by="anyone")
def continue_in_private_chat(request: ActionRequest) -> DialogResult:
    """Continue a walkthrough in the person's private chat."""
    if not request.context.is_public:
        return show_steps(request)
    chosen = _find_walkthrough(request.context, request.state, request.args)
    return shared_chat.hand_off_walk(request.context, request.state, chosen)


@SOLUTION_ACTIONS.register("right")
def confirm_diagnosis(request: ActionRequest) -> DialogResult:
    """Note that the diagnosis was right."""
    return feedback.confirm_diagnosis(request.context, request.state)


@SOLUTION_ACTIONS.register("wrong")
def reject_diagnosis(request: ActionRequest) -> DialogResult:
    """Note that the diagnosis was wrong, and ask what it was."""
    return feedback.reject_diagnosis(request.context, request.state)


@SOLUTION_ACTIONS.register("really")
def correct_diagnosis(request: ActionRequest) -> DialogResult:
    """Note what it really was, and start that walkthrough."""
    entry = parse_text(request.args.get("entry"), MAX_NAME_CHARS)
    number = _parse_diagnosis_number(request.args)
    state = feedback.record_actual_entry(request.context, request.state, entry, number)
    return walkthrough.start_walk(request.context, state, Walkthrough(entry, 0, number))


@SOLUTION_ACTIONS.register("file-log")
def show_chosen_log(request: ActionRequest) -> DialogResult:
    """Show the diagnosis of one of several attached logs."""
    number = parse_int(request.args.get("log"), max_value=MAX_LOG_NUMBER)
    return attached_logs.show_chosen_log(request.context, request.state, number)


def _leave_step(request: ActionRequest, outcome: StepOutcome) -> DialogResult:
    walk = _parse_step(request.state, request.args)
    return walkthrough.leave_step(request.context, request.state, walk, outcome)


def _parse_step(state: ConversationState, args: Mapping[str, object]) -> Walkthrough | None:
    """Return the step that a button belongs to; without arguments (typed), the step of the current walkthrough."""
    if not args:
        return state.walkthrough
    entry = parse_text(args.get("entry"), MAX_NAME_CHARS)
    step = parse_int(args.get("step"), max_value=MAX_STEP)
    number = _parse_diagnosis_number(args)
    current = state.walkthrough
    was_picked = current.was_picked if current and current.entry == entry else state.find_match(entry) is None
    return with_finding_of(Walkthrough(entry, step, number, was_picked), args)


def _find_walkthrough(
    context: DialogContext, state: ConversationState, args: Mapping[str, object]
) -> Walkthrough | None:
    """Return the walkthrough that a short card refers to: the current one if it's the same, else from the start."""
    if "entry" not in args:
        return state.walkthrough
    entry, number = parse_text(args.get("entry"), MAX_NAME_CHARS), _parse_diagnosis_number(args)
    if state.walkthrough and (state.walkthrough.entry, state.walkthrough.diagnosis_number) == (entry, number):
        return state.walkthrough
    was_picked = state.find_match(entry) is None or number != state.diagnosis_number
    if entry not in context.entries:
        return None
    walk = build_walk(state, entry, number, was_picked=was_picked)
    return walk if number == state.diagnosis_number else with_finding_of(walk, args)


def with_finding_of(walk: Walkthrough, args: Mapping[str, object]) -> Walkthrough:
    """Return a button's walkthrough, with what the button says about the finding.

    A card from an earlier release has no finding: its steps are the entry's.
    """
    tool: BuildTool = "packer" if args.get("tool") == "packer" else "image-builder"
    return replace(walk, finding=parse_text(args.get("finding", ""), MAX_NAME_CHARS), tool=tool)


def _parse_diagnosis_number(args: Mapping[str, object]) -> int:
    return parse_int(args.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER)
