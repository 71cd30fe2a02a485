"""How one step of a solution looks: what to do, what it changes, the commands for both shells, what to expect."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.context import DialogContext
from dialogs.model.reply import Block, Button, Command, Paragraph
from dialogs.state.conversation_state import ConversationState
from knowledge.commands.placeholders import fill_placeholders
from knowledge.model.entry import Entry, Step

_PLACEHOLDER_PATTERN = re.compile(r"<[A-Za-z][\w .:|-]*>")


def build_step_blocks(context: DialogContext, entry: Entry, index: int, values: Mapping[str, str]) -> tuple[Block, ...]:
    """The step `index` (from 0) of `entry`, its commands filled with `values`; a warning stands before the command."""
    step = entry.steps[index]
    do = context.localize(step.do)
    blocks: list[Block] = [context.build_paragraph("walk.step", number=index + 1, count=len(entry.steps), do=do)]
    body = build_step_body(context, step, values)
    last = max((at for at, block in enumerate(body, 1) if isinstance(block, Command)), default=0)
    blocks += body[:last]
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in body):
        blocks.append(context.build_paragraph("walk.placeholders", "subtle"))
    return (*blocks, *body[last:])


def build_step_body(context: DialogContext, step: Step, values: Mapping[str, str]) -> tuple[Block, ...]:
    """What stands below the sentence of a step: its warnings, its commands, what to expect."""
    blocks: list[Block] = [*_build_warnings(context, step)]
    if step.cli:
        blocks.append(Command("Azure CLI", fill_placeholders(step.cli, "Azure CLI", values)))
    if step.powershell:
        blocks.append(Command("PowerShell", fill_placeholders(step.powershell, "PowerShell", values)))
    if step.expect:
        blocks.append(context.build_paragraph("walk.expect", expect=context.localize(step.expect)))
    return tuple(blocks)


def has_placeholder(text: str) -> bool:
    """Whether something is left in `text` for the person to fill in."""
    return _PLACEHOLDER_PATTERN.search(text) is not None


def build_walk_buttons(
    context: DialogContext, state: ConversationState, entry: Entry, index: int, diagnosis_number: int, other_count: int
) -> tuple[Button, ...]:
    """The buttons below the step `index`; `others` is the number of other candidates."""
    rest = _build_common_buttons(context, state, diagnosis_number, other_count)
    if index >= len(entry.steps):
        return rest
    last = index == len(entry.steps) - 1
    return (
        context.build_button("worked", "worked", primary=True, entry=entry.id, step=index, paste=diagnosis_number),
        context.build_button("no-help" if last else "next", "next", entry=entry.id, step=index, paste=diagnosis_number),
        *rest,
    )


def _build_common_buttons(
    context: DialogContext, state: ConversationState, diagnosis_number: int, other_count: int
) -> tuple[Button, ...]:
    more = (
        (Button(context.format_text("button.others", count=other_count), "others", {"paste": diagnosis_number}),)
        if other_count
        else ()
    )
    return (
        *more,
        _build_lookup_button(context, state, diagnosis_number),
        context.build_button("draft", "draft"),
        context.build_button("restart", "restart"),
    )


def _build_lookup_button(context: DialogContext, state: ConversationState, diagnosis_number: int) -> Button:
    """A look at the template, or what follows where it was looked at: the rest of its log, or another look."""
    ref, diagnosis = (
        state.azure.last_template_id,
        state.diagnosis if diagnosis_number == state.diagnosis_number else None,
    )
    if ref is None or diagnosis is None or diagnosis.facts.get("template") != ref.name:
        return context.build_button("look", "look")
    return (
        context.build_button("whole-log", "whole-log")
        if diagnosis.partial
        else context.build_button("look-again", "look")
    )


def _build_warnings(context: DialogContext, step: Step) -> list[Paragraph]:
    if step.effect == "reads" and not step.save_first:
        return []
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
