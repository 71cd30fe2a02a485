"""Tell which commands of a script run: always, maybe, or never, because nothing calls the function that they're in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from knowledge.scripts.script_code import Execution, ScriptCommand

_MAX_PASSES = 20
"""How long a chain of functions that call each other is followed. Those beyond it count as called."""
_WORD = re.compile(r"[\w-]+")
_RANKS: tuple[Execution, ...] = ("never", "maybe", "always")


class ScriptFunction(NamedTuple):
    """A function of a script: its name in lower case, and where it begins and ends."""

    name: str
    start: int
    end: int


class OwnedCommand(NamedTuple):
    """A command, and the function that it's in; -1 for none. Its execution is that within the function."""

    command: ScriptCommand
    owner: int


def resolve_execution(
    commands: Sequence[OwnedCommand], functions: Sequence[ScriptFunction], code: str, has_dynamic_calls: bool
) -> tuple[ScriptCommand, ...]:
    """Return the commands with their execution in the whole script.

    Args:
        code: The script without comments. A function whose name occurs anywhere outside itself may be called.
        has_dynamic_calls: Whether the script runs what a variable names. Then every function may be called.
    """
    if not functions:
        return tuple(command for command, _ in commands)
    names = [function.name for function in functions]
    states: dict[str, Execution] = dict.fromkeys(names, "maybe")
    if not has_dynamic_calls:
        states = _compute_states(commands, functions, code)
    return tuple(
        replace(command, execution=_take_lower(command.execution, states[names[owner]])) if owner >= 0 else command
        for command, owner in commands
    )


def _compute_states(
    commands: Sequence[OwnedCommand], functions: Sequence[ScriptFunction], code: str
) -> dict[str, Execution]:
    """Return how the functions run, by name: those with the same name are taken for one."""
    states: dict[str, Execution] = dict.fromkeys((function.name for function in functions), "never")
    mentions = _find_mentions(functions, code)
    calls = [
        (command.name, functions[owner].name if owner >= 0 else "", command.execution)
        for command, owner in commands
        if command.name in states
    ]
    for _ in range(_MAX_PASSES):
        before = dict(states)
        for name, caller, execution in calls:
            if name != caller:
                _raise(states, name, _take_lower(execution, states.get(caller, "always")))
        for name, caller in mentions:
            if states.get(caller) != "never":
                _raise(states, name, "maybe")
        if states == before:
            return states
    return {name: "maybe" if state == "never" else state for name, state in states.items()}


def _find_mentions(functions: Sequence[ScriptFunction], code: str) -> set[tuple[str, str]]:
    """Return the functions that are named outside themselves, each with the outermost function that names it, or ""."""
    names = {function.name for function in functions}
    outer = _list_outermost(functions)
    starts = [function.start for function in outer]
    found: set[tuple[str, str]] = set()
    for match in _WORD.finditer(code.lower()):
        if match[0] in names:
            place = bisect_right(starts, match.start()) - 1
            caller = outer[place].name if place >= 0 and match.start() < outer[place].end else ""
            if caller != match[0]:
                found.add((match[0], caller))
    return found


def _list_outermost(functions: Sequence[ScriptFunction]) -> list[ScriptFunction]:
    outer: list[ScriptFunction] = []
    for function in sorted(functions, key=lambda function: (function.start, -function.end)):
        if not outer or function.start >= outer[-1].end:
            outer.append(function)
    return outer


def _raise(states: dict[str, Execution], name: str, execution: Execution) -> None:
    if _RANKS.index(execution) > _RANKS.index(states[name]):
        states[name] = execution


def _take_lower(one: Execution, other: Execution) -> Execution:
    return min(one, other, key=_RANKS.index)
