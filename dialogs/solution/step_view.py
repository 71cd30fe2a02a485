"""How a solution's steps are shown: the current one with its commands, the others on one line each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from dialogs.context import DialogContext, shorten_runs
from dialogs.mistakes.mistake_view import build_correction
from dialogs.model.reply import (
    Block,
    Button,
    ButtonArgument,
    Command,
    FactTable,
    FoldedSection,
    Mark,
    Paragraph,
    RichText,
    TextRun,
    parse_markup,
)
from dialogs.replies.shell_commands import build_command
from dialogs.solution.solution_steps import (
    count_steps_to,
    find_correcting_step,
    find_first_open_step,
    get_steps,
    is_known_step,
    list_walk_steps,
    render_step_text,
)
from dialogs.state.conversation_state import ConversationState, StepOutcome, Walkthrough
from dialogs.state.diagnosis import extract_placeholder_values
from knowledge.catalog.exit_codes import list_step_codes
from knowledge.diagnosis.solution import runs_build
from knowledge.model.entry import Step

MAX_STEP_CHARS = 45
"""How much of a step is shown: enough to recognize it, on one line."""
_MARKS: Mapping[str, Mark] = {"worked": "✔", "no-help": "✖", "done": "✓", "skipped": "–", "known": "✓"}
_WARNINGS = ("warning", "attention")
_PLACEHOLDER_PATTERN = re.compile(r"<[A-Za-z][\w .:|-]*>")


def build_step_blocks(context: DialogContext, state: ConversationState, walk: Walkthrough) -> tuple[Block, ...]:
    """Build the current step of `walk`, its commands filled in."""
    steps, fitting = list_walk_steps(context, state, walk)
    step = steps[walk.step]
    do = render_step_text(context, state, walk, step)
    number, count = count_steps_to(fitting, walk.step), len(fitting)
    blocks: list[Block] = [context.build_paragraph("walk.step", number=number, count=count, do=do)]
    body = build_step_body(context, step, get_placeholder_values(state, walk))
    # the note about placeholders belongs right below the last command
    command_end = max((end for end, block in enumerate(body, 1) if isinstance(block, Command)), default=0)
    blocks += body[:command_end]
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in body):
        blocks.append(context.build_paragraph("walk.placeholders", "subtle"))
    correction = build_correction(context, state.find_diagnosis(walk.diagnosis_number), walk.entry)
    if correction and walk.step == find_correcting_step(context, state, walk):
        blocks += correction
    return (*blocks, *body[command_end:])


def build_folded_step(context: DialogContext, state: ConversationState, walk: Walkthrough) -> tuple[Block, ...]:
    """Build the current step of `walk` with its commands folded; a warning about what it deletes stays visible."""
    instruction, *details = build_step_blocks(context, state, walk)
    warnings = [block for block in details if isinstance(block, Paragraph) and block.tone in _WARNINGS]
    if warnings and get_steps(context, walk)[walk.step].effect != "deletes":
        warnings = []
    folded = tuple(block for block in details if block not in warnings)
    section = (FoldedSection(context.format_text("walk.how"), folded),) if folded else ()
    return (instruction, *warnings, *section)


def build_step_body(context: DialogContext, step: Step, values: Mapping[str, str]) -> tuple[Block, ...]:
    """Build what follows a step's instruction: warnings first, exit codes, the command, and what to expect."""
    blocks: list[Block] = [*_build_warnings(context, step)]
    codes = list_step_codes(step, context.language)
    blocks += [FactTable(tuple((str(code), parse_markup(meaning)) for code, meaning in codes.items()))] if codes else []
    command = build_command(context, {"Azure CLI": step.cli or "", "PowerShell": step.powershell or ""}, values)
    blocks += [command] if command else []
    if step.expect:
        blocks.append(context.build_paragraph("walk.expect", expect=context.localize(step.expect)))
    return tuple(blocks)


def has_placeholder(text: str) -> bool:
    """Return whether `text` still has a placeholder for the user to fill in."""
    return _PLACEHOLDER_PATTERN.search(text) is not None


def build_walk_buttons(
    context: DialogContext, state: ConversationState, walk: Walkthrough, other_count: int
) -> tuple[Button, ...]:
    """Build the buttons below the current step of `walk`, or below what is left to do after the last one."""
    is_under_way = walk.step > 0 and walk.step > find_first_open_step(context, state, walk)
    common_buttons = _build_common_buttons(context, state, walk.diagnosis_number, other_count, is_under_way)
    steps, fitting = list_walk_steps(context, state, walk)
    step_count = len(steps)
    args: dict[str, Any] = build_step_args(walk)
    if walk.step >= step_count:
        worked_buttons = (context.build_button("worked", "worked", **args),) if step_count else ()
        return (*worked_buttons, *common_buttons)
    is_last = not fitting or walk.step >= fitting[-1]
    if is_last or runs_build(steps[walk.step]):
        return (
            context.build_button("worked", "worked", primary=True, **args),
            context.build_button("failed-again", "failed-again", **args),
            # where it's a press, not a paste
            *((context.build_button("preflight", "preflight"),) if context.access_mode != "off" else ()),
            *common_buttons,
        )
    return (
        context.build_button("done", "done", primary=True, **args),
        context.build_button("skip", "skip", **args),
        *common_buttons,
    )


def build_resume_button(context: DialogContext, walk: Walkthrough, label: str) -> Button:
    """Build the button that brings back `walk` at its step; typing "undo" presses it."""
    return Button(context.format_text(f"button.{label}"), "undo", build_step_args(walk))


def build_walk_args(walk: Walkthrough) -> dict[str, ButtonArgument]:
    """Build the arguments with which a button identifies a walkthrough."""
    args: dict[str, ButtonArgument] = {"entry": walk.entry, "paste": walk.diagnosis_number}
    if walk.finding:
        args["finding"] = walk.finding
    if walk.tool != "image-builder":
        args["tool"] = walk.tool
    return args


def build_step_args(walk: Walkthrough) -> dict[str, ButtonArgument]:
    """Build the arguments by which a button names the current step of a walkthrough."""
    return {**build_walk_args(walk), "step": walk.step}


def get_placeholder_values(state: ConversationState, walk: Walkthrough) -> dict[str, str]:
    """Return the values for a walkthrough's commands; only those of the diagnosis that it belongs to."""
    diagnosis = state.find_diagnosis(walk.diagnosis_number)
    return extract_placeholder_values(diagnosis, walk.entry) if diagnosis else {}


def _build_common_buttons(
    context: DialogContext, state: ConversationState, diagnosis_number: int, other_count: int, is_under_way: bool
) -> tuple[Button, ...]:
    other_buttons = (
        (Button(context.format_text("button.others", count=other_count), "others", {"paste": diagnosis_number}),)
        if other_count
        else ()
    )
    return (
        *other_buttons,
        _build_lookup_button(context, state, diagnosis_number),
        *((context.build_button("undo", "undo"),) if is_under_way else ()),
        context.build_button("draft", "draft"),
    )


def _build_lookup_button(context: DialogContext, state: ConversationState, diagnosis_number: int) -> Button:
    """Build the button for the next Azure lookup: the template, the rest of its log, or the template again."""
    template_id = state.azure.last_template_id
    diagnosis = state.find_diagnosis(diagnosis_number)
    if template_id is None or diagnosis is None or diagnosis.facts.get("template") != template_id.name:
        return context.build_button("look", "look")
    if diagnosis.partial:
        return context.build_button("whole-log", "whole-log")
    return context.build_button("look-again", "look")


def _build_warnings(context: DialogContext, step: Step) -> list[Paragraph]:
    if step.effect == "reads" and not step.save_first:
        return []
    # every deletion gets a "save first" warning, with the default text if the step names nothing
    warnings = []
    if step.effect == "changes":
        warnings.append(context.build_paragraph("walk.changes", "warning"))
    if step.effect == "deletes":
        warnings.append(context.build_paragraph("walk.deletes", "attention"))
    if step.save_first:
        warnings.append(context.build_paragraph("walk.save-first", "warning", what=context.localize(step.save_first)))
    elif step.effect == "deletes":
        warnings.append(
            context.build_paragraph("walk.save-first", "warning", what=context.format_runs("walk.save-first-default"))
        )
    return warnings


def build_checklist(
    context: DialogContext, state: ConversationState, walk: Walkthrough
) -> tuple[tuple[Paragraph, ...], tuple[Paragraph, ...]]:
    """Return the rows of the steps before the current one, and of those after it.

    Earlier steps show how they went: this card may have replaced theirs.
    """
    steps, fitting = list_walk_steps(context, state, walk)
    outcomes: dict[int, StepOutcome] = {
        tried.step: tried.outcome
        for tried in state.tried_steps
        if (tried.entry, tried.finding) == (walk.entry, walk.finding)
    }
    rows = [shorten_runs(render_step_text(context, state, walk, step), MAX_STEP_CHARS) for step in steps]
    known: list[int] = [index for index, step in enumerate(steps[: walk.step]) if is_known_step(state, walk, step)]
    seen: dict[int, StepOutcome | Literal["known"]] = {}
    seen |= dict.fromkeys(known, "known")
    seen |= outcomes
    earlier = tuple(
        _build_row(context, row, seen[index]) for index, row in enumerate(rows[: walk.step]) if index in seen
    )
    later = tuple(Paragraph(rows[index], "subtle", mark="○") for index in fitting if index > walk.step)
    return earlier, later


def _build_row(context: DialogContext, row: RichText, outcome: StepOutcome | Literal["known"]) -> Paragraph:
    has_note = outcome in ("skipped", "no-help", "known")
    note = (TextRun(f" ({context.format_text(f'walk.{outcome}')})"),) if has_note else ()
    return Paragraph((*row, *note), "subtle", mark=_MARKS[outcome])
