"""Read a PowerShell script: its commands, whether they run, and what makes it invalid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.scripts.command_execution import OwnedCommand, ScriptFunction, resolve_execution
from knowledge.scripts.powershell_delimiters import check_powershell_delimiters
from knowledge.scripts.script_code import Execution, ScriptCode, ScriptCommand, blank_out, read_command_name
from knowledge.scripts.script_tree import parse_script

if TYPE_CHECKING:
    from tree_sitter import Node

_BRANCHES = frozenset(
    {"elseif_clauses", "else_clause", "catch_clauses", "trap_statement", "switch_body", "script_block_expression",
     "class_method_definition", "for_iterator", "parallel_statement", "ERROR"}
)  # fmt: skip
"""Nodes whose commands may not run. Blocks of `if` and of loops are recognized by their parents."""
_CONDITIONAL = frozenset({"if_statement", "while_statement", "for_statement", "foreach_statement"})
_ENDINGS = frozenset({"exit", "return", "throw"})
_WRAPPED = re.compile(
    r"(?:cmd(?:\.exe)?\s+/c\s+[\"']?|Start-Process\s+(?:-(?!FilePath|ArgumentList)\w+\s+)*(?:-FilePath\s+)?"
    r"|Invoke-Expression\s+[\"']?|iex\s+[\"']?|(?:powershell|pwsh)(?:\.exe)?\s+(?:-\w+\s+)*?-c(?:ommand)?\s+[\"']?)(?=[^\s-])",
    re.IGNORECASE,
)
_FILE_PATH = re.compile(r"-FilePath\s+(\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE)
_NAME = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s;|(){}]+")


def read_powershell(text: str) -> ScriptCode:
    """Read a script for PowerShell."""
    checked = check_powershell_delimiters(text)
    root = parse_script(text, "powershell")
    if root is None:
        return ScriptCode(blank_out(text), (), is_parsed=False)
    reader = _TreeReader(text, root)
    commands = resolve_execution(reader.commands, reader.functions, checked.code, reader.has_dynamic_calls)
    # The parser forgives some quotes that are never closed, but no valid script has one.
    is_certain = checked.fault is not None and (root.has_error or checked.fault.kind == "quote")
    return ScriptCode(checked.code, commands, checked.fault if is_certain else None)


class _TreeReader:
    """Collects the commands and the functions of a syntax tree."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self.commands: list[OwnedCommand] = []
        self.functions: list[ScriptFunction] = []
        self.has_dynamic_calls = False
        waiting: list[tuple[Node, Execution, int]] = [(root, "maybe" if root.has_error else "always", -1)]
        while waiting:
            node, execution, owner = waiting.pop()
            kind = node.type
            if kind == "command":
                self._add_command(node, execution, owner)
            elif kind == "function_statement":
                owner, execution = self._add_function(node), "always"
            children = _list_statements(node) if kind == "program" else _list_children(node, kind, execution)
            waiting += reversed([(child, found or execution, owner) for child, found in children])

    def _add_function(self, node: Node) -> int:
        name = next((child for child in node.children if child.type == "function_name"), None)
        text = self._text[name.start_byte : name.end_byte].lower() if name is not None else ""
        self.functions.append(ScriptFunction(text.rpartition(":")[2], node.start_byte, node.end_byte))
        return len(self.functions) - 1

    def _add_command(self, node: Node, execution: Execution, owner: int) -> None:
        called = node.child_by_field_name("command_name")
        if called is None:
            return
        text = self._text[called.start_byte : node.end_byte].rstrip()
        if text.startswith("{"):
            return
        name = _read_called_name(text)
        if text.startswith(("$", "(")) or name in ("iex", "invoke-expression"):
            self.has_dynamic_calls = True
        self.commands.append(OwnedCommand(ScriptCommand(called.start_byte, name, text, False, execution), owner))


def _list_statements(root: Node) -> Iterator[tuple[Node, Execution | None]]:
    """Yield the statements of a script. None runs after one that ends it."""
    is_ended = False
    for child in root.children:
        if child.type != "statement_list":
            yield child, None
            continue
        for statement in child.children:
            yield statement, "never" if is_ended else None
            if statement.type == "flow_control_statement" and statement.children[0].type in _ENDINGS:
                is_ended = True


def _list_children(node: Node, kind: str, execution: Execution) -> Iterator[tuple[Node, Execution | None]]:
    """Yield what's in a node, with how it runs; None: as the node does."""
    is_chained = False
    for child in node.children:
        if not child.is_named:
            continue
        is_branch = child.type in _BRANCHES and kind != "command_name_expr"  # `& { … }` runs where it's written
        is_body = child.type == "statement_block" and kind in _CONDITIONAL
        if execution == "always" and (is_branch or is_body or is_chained):
            yield child, "maybe"
        else:
            yield child, None
        is_chained = is_chained or child.type == "pipeline_chain_tail"


def _read_called_name(text: str) -> str:
    """Return the name of the program that a command starts; for one that starts another program, that program."""
    wrapper = _WRAPPED.match(text)
    named = _FILE_PATH.search(text) if text.lower().startswith("start-process") else None
    if named:
        return read_command_name(named[1])
    found = _NAME.match(text, wrapper.end() if wrapper else 0)
    return read_command_name(found[0]) if found else ""
