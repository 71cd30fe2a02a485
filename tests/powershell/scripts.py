"""PowerShell as a grammar reads it: whether a script is valid, and each command in it with its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter
import tree_sitter_pwsh
from tree_sitter import Node

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))


@dataclass(frozen=True)
class CmdletCall:
    """A command by its name.

    `parameters` are those that are named, without the hyphen. `values` counts those without a parameter's name,
    and the values of parameters. `takes_input`: it is not the first of a pipeline.
    """

    name: str
    parameters: tuple[str, ...]
    positional: int
    takes_input: bool
    text: str


def find_syntax_error(script: str) -> str:
    """Return the line with the first error; "" if there is none."""
    broken = next((node for node in _walk(_parse(script)) if node.is_error or node.is_missing), None)
    return script.splitlines()[broken.start_point[0]] if broken else ""


def list_calls(script: str) -> list[CmdletCall]:
    """List the commands of a script in order."""
    return [_read_call(node) for node in _walk(_parse(script)) if node.type == "command" and _has_name(node)]


def _parse(script: str) -> Node:
    return _PARSER.parse(script.encode("utf-8")).root_node


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _has_name(node: Node) -> bool:
    return node.child_by_field_name("command_name") is not None


def _text(node: Node) -> str:
    return node.text.decode("utf-8") if node.text else ""


def _read_call(node: Node) -> CmdletCall:
    name = node.child_by_field_name("command_name")
    elements = node.child_by_field_name("command_elements")
    parameters: list[str] = []
    positional, is_value = 0, False
    for element in elements.children if elements else ():
        if element.type == "command_parameter":
            parameters.append(_text(element).strip("-:"))
            is_value = True
        elif element.type != "command_argument_sep":
            # what follows a switch counts as its value too: it is never taken for more than there is
            positional += not is_value
            is_value = False
    assert name is not None
    return CmdletCall(_text(name), tuple(parameters), positional, _find_place(node) > 0, _text(node))


def _find_place(node: Node) -> int:
    """Return how many commands come before this one in its pipeline."""
    siblings = [child for child in node.parent.children if child.is_named] if node.parent else [node]
    return siblings.index(node)
