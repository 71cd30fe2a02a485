"""Read a shell script: its commands, whether they run and with `sudo`, and what makes it invalid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from knowledge.scripts.command_execution import OwnedCommand, ScriptFunction, resolve_execution
from knowledge.scripts.script_code import Execution, ScriptCode, ScriptCommand, blank_out, read_command_name
from knowledge.scripts.script_tree import parse_script
from knowledge.scripts.shell_delimiters import find_shell_fault

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_NESTED = 3
"""How deep scripts in arguments, as in `bash -c '…'`, are read."""
_MASKED = frozenset({"comment", "heredoc_body"})
_BRANCHES = frozenset({"elif_clause", "else_clause", "do_group", "case_item", "ERROR"})
_RESERVED = frozenset({"if", "then", "elif", "else", "fi", "do", "done", "esac", "}"})
"""Words that the parser takes for commands where they don't belong."""
_PREFIXES = frozenset({"time", "nohup", "exec", "eval", "command", "builtin", "env", "doas", "sudo", "nice", "timeout"})
_SHELLS = frozenset({"sh", "bash", "dash", "su", "eval"})
_VALUE_OPTIONS = frozenset({"-u", "-g", "-h", "-p", "-C", "-T", "-n", "-k", "-s"})


class _Part(NamedTuple):
    """A script, or one in an argument of another: the text, where it begins, and how it runs."""

    text: str
    start: int
    execution: Execution
    owner: int
    has_sudo: bool
    depth: int


def read_shell(text: str) -> ScriptCode:
    """Read a script for `sh` or `bash`."""
    root = parse_script(text, "shell")
    if root is None:
        return ScriptCode(blank_out(text), (), is_parsed=False)
    reader = _ScriptReader(text)
    reader.read(root)
    code = "".join(reader.masked)
    commands = resolve_execution(reader.commands, reader.functions, code, reader.has_dynamic_calls)
    fault = None if "\r" in text else find_shell_fault(text)
    is_refused = root.has_error or reader.has_reserved_name
    return ScriptCode(code, commands, fault if is_refused else None)


class _ScriptReader:
    """Collects the commands and the functions of a script, and of the scripts in its arguments."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.masked = list(text)
        self.commands: list[OwnedCommand] = []
        self.functions: list[ScriptFunction] = []
        self.has_dynamic_calls = self.has_reserved_name = False

    def read(self, root: Node) -> None:
        """Read everything, the scripts in arguments last."""
        parts = [_Part(self._text, 0, "always", -1, False, 0)]
        while parts:
            part = parts.pop()
            tree = root if part.depth == 0 else parse_script(part.text, "shell")
            if tree is not None:
                parts += self._read_part(part, tree)
        self.commands.sort(key=lambda owned: owned.command.start)

    def _read_part(self, part: _Part, root: Node) -> list[_Part]:
        nested: list[_Part] = []
        first: Execution = "maybe" if root.has_error else part.execution
        waiting: list[tuple[Node, Execution, int]] = [(root, first, part.owner)]
        ends: dict[int, int] = {}
        while waiting:
            node, execution, owner = waiting.pop()
            kind = node.type
            if kind in _MASKED and part.depth == 0:
                self.masked[node.start_byte : node.end_byte] = blank_out(self._text[node.start_byte : node.end_byte])
            elif kind in ("command", "declaration_command"):
                end = ends.pop(node.id, node.end_byte)
                nested += self._add_command(part, node, end, execution, owner)
            elif kind == "function_definition":
                owner, execution = self._add_function(part, node), "always"
            elif kind == "redirected_statement" and node.children[-1].type == "file_redirect":
                ends[node.children[0].id] = node.end_byte
            children = _list_statements(node, part.text) if kind == "program" else _list_children(node, execution)
            waiting += reversed([(child, found or execution, owner) for child, found in children])
        return nested

    def _add_function(self, part: _Part, node: Node) -> int:
        name = node.child_by_field_name("name")
        text = part.text[name.start_byte : name.end_byte].lower() if name is not None else ""
        self.functions.append(ScriptFunction(text, part.start + node.start_byte, part.start + node.end_byte))
        return len(self.functions) - 1

    def _add_command(self, part: _Part, node: Node, end: int, execution: Execution, owner: int) -> list[_Part]:
        words = [child for child in node.children if child.type not in ("variable_assignment", "file_redirect")]
        texts = [part.text[word.start_byte : word.end_byte] for word in words]
        index, has_sudo = _skip_prefixes(texts)
        has_sudo = has_sudo or part.has_sudo
        nested = _find_nested(part, words, texts, execution, owner, has_sudo) if part.depth < _MAX_NESTED else []
        is_evaluated = bool(nested) and index < len(words) and words[index].type in ("raw_string", "string")
        if index >= len(words) or is_evaluated:
            return nested
        start = words[index].start_byte
        name = read_command_name(texts[index])
        self.has_dynamic_calls = self.has_dynamic_calls or "$" in texts[index] or name == "eval"
        self.has_reserved_name = self.has_reserved_name or (part.depth == 0 and texts[index] in _RESERVED)
        command = ScriptCommand(part.start + start, name, part.text[start:end], has_sudo, execution)
        self.commands.append(OwnedCommand(command, owner))
        return nested


def _list_statements(root: Node, text: str) -> Iterator[tuple[Node, Execution | None]]:
    """Yield the statements of a script. None runs after `exit`."""
    is_ended = False
    for child in root.children:
        yield child, "never" if is_ended else None
        if child.type == "command" and text[child.start_byte : child.end_byte].split()[:1] == ["exit"]:
            is_ended = True


def _list_children(node: Node, execution: Execution) -> Iterator[tuple[Node, Execution | None]]:
    """Yield what's in a node, with how it runs; None: as the node does."""
    is_conditional = False
    for child in node.children:
        if child.is_named:
            is_maybe = execution == "always" and (is_conditional or child.type in _BRANCHES)
            yield child, "maybe" if is_maybe else None
        else:
            is_conditional = is_conditional or child.type in ("&&", "||", "then")


def _skip_prefixes(texts: Sequence[str]) -> tuple[int, bool]:
    """Return which word names the command, after what only starts another one, and whether `sudo` starts it."""
    index, has_sudo = 0, False
    while index < len(texts) and texts[index] in _PREFIXES:
        prefix = texts[index]
        if prefix == "command" and texts[index + 1 : index + 2] in (["-v"], ["-V"]):
            break
        has_sudo = has_sudo or prefix == "sudo"
        index += 1
        while index < len(texts) and texts[index].startswith("-"):
            index += 2 if texts[index] in _VALUE_OPTIONS else 1
        while index < len(texts) and _is_assignment(texts[index]):
            index += 1
        if prefix == "timeout":
            index += 1
    return index, has_sudo


def _is_assignment(word: str) -> bool:
    name, sign, _ = word.partition("=")
    return bool(sign) and name.isidentifier()


def _find_nested(
    part: _Part, words: Sequence[Node], texts: Sequence[str], execution: Execution, owner: int, has_sudo: bool
) -> list[_Part]:
    """Return the script in an argument of `bash -c`, if there is one."""
    names = [read_command_name(text) for text in texts]
    shell = next((index for index, name in enumerate(names) if name in _SHELLS), None)
    if shell is None or any(name not in _PREFIXES and not name.startswith("-") for name in names[:shell]):
        return []
    is_eval = names[shell] == "eval"
    for index in range(shell + 1, len(words)):
        is_script = is_eval or (texts[index - 1].startswith("-") and texts[index - 1].endswith("c"))
        if is_script and words[index].type in ("raw_string", "string"):
            start = words[index].start_byte + 1
            text = part.text[start : words[index].end_byte - 1]
            return [_Part(text, part.start + start, execution, owner, has_sudo, part.depth + 1)]
    return []
