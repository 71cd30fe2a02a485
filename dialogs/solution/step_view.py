"""How one step of a solution looks: what to do, what it changes, the commands for both shells, what to expect."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.context import Scene
from dialogs.model.reply import Block, Button, Command, Paragraph
from dialogs.state.state import State
from knowledge.commands.placeholders import fill
from knowledge.model.entry import Entry, Step

_PLACEHOLDER = re.compile(r"<[A-Za-z][\w .:|-]*>")


def step_blocks(scene: Scene, entry: Entry, index: int, values: Mapping[str, str]) -> tuple[Block, ...]:
    """The step `index` (from 0) of `entry`, its commands filled with `values`; a warning stands before the command."""
    step = entry.steps[index]
    do = scene.text(step.do)
    blocks: list[Block] = [scene.say("walk.step", number=index + 1, count=len(entry.steps), do=do)]
    body = step_body(scene, step, values)
    last = max((at for at, block in enumerate(body, 1) if isinstance(block, Command)), default=0)
    blocks += body[:last]
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in body):
        blocks.append(scene.say("walk.placeholders", "subtle"))
    return (*blocks, *body[last:])


def step_body(scene: Scene, step: Step, values: Mapping[str, str]) -> tuple[Block, ...]:
    """What stands below the sentence of a step: its warnings, its commands, what to expect."""
    blocks: list[Block] = [*_warnings(scene, step)]
    if step.cli:
        blocks.append(Command("Azure CLI", fill(step.cli, "Azure CLI", values)))
    if step.powershell:
        blocks.append(Command("PowerShell", fill(step.powershell, "PowerShell", values)))
    if step.expect:
        blocks.append(scene.say("walk.expect", expect=scene.text(step.expect)))
    return tuple(blocks)


def has_placeholder(text: str) -> bool:
    """Whether something is left in `text` for the person to fill in."""
    return _PLACEHOLDER.search(text) is not None


def walk_buttons(scene: Scene, state: State, entry: Entry, index: int, paste: int, others: int) -> tuple[Button, ...]:
    """The buttons below the step `index`; `others` is the number of other candidates."""
    rest = _rest(scene, state, paste, others)
    if index >= len(entry.steps):
        return rest
    last = index == len(entry.steps) - 1
    return (
        scene.button("worked", "worked", primary=True, entry=entry.id, step=index, paste=paste),
        scene.button("no-help" if last else "next", "next", entry=entry.id, step=index, paste=paste),
        *rest,
    )


def _rest(scene: Scene, state: State, paste: int, others: int) -> tuple[Button, ...]:
    more = (Button(scene.word("button.others", count=others), "others", {"paste": paste}),) if others else ()
    return (*more, _look(scene, state, paste), scene.button("draft", "draft"), scene.button("restart", "restart"))


def _look(scene: Scene, state: State, paste: int) -> Button:
    """A look at the template, or what follows where it was looked at: the rest of its log, or another look."""
    ref, diagnosis = state.look.ref, state.diagnosis if paste == state.paste else None
    if ref is None or diagnosis is None or diagnosis.facts.get("template") != ref.name:
        return scene.button("look", "look")
    return scene.button("whole-log", "whole-log") if diagnosis.partial else scene.button("look-again", "look")


def _warnings(scene: Scene, step: Step) -> list[Paragraph]:
    if step.effect == "reads" and not step.save_first:
        return []
    warnings = []
    if step.effect == "changes":
        warnings.append(scene.say("walk.changes", "warning"))
    if step.effect == "deletes":
        warnings.append(scene.say("walk.deletes", "attention"))
    if step.save_first:
        warnings.append(scene.say("walk.save-first", "warning", what=scene.text(step.save_first)))
    elif step.effect == "deletes":
        warnings.append(scene.say("walk.save-first", "warning", what=scene.line("walk.save-first-default")))
    return warnings
