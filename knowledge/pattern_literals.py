"""Tell from a pattern which literal texts every match has: most patterns needn't be compiled or searched for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.model.errors import KnowledgeError

_MIN_CHARS = 3
"""A shorter text is in nearly every line."""
_MAX_LITERALS = 40
_MAX_GROUPS = 2
# The pattern is ours, not from a log: the standard library's expressions are good enough to read it.
_TOKEN = re.compile(
    r"(?P<flags>\(\?[is-]+\))|(?P<group>\((?:\?(?:P?<\w+>|[is-]*:))?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<class>\[\^?\]?(?:\\.|[^\]\\\[]|\[(?!:))*\])|\\x(?:[0-9a-fA-F]{2}|\{[0-9a-fA-F]+\})|\\(?P<escaped>[^\w\s])|\\[A-OR-Za-oq-z]"
    r"|(?P<wildcard>[.^$])|(?P<literal>[^\\()\[\]|.^$*+?]|\])",
    re.DOTALL,
)
_QUANTIFIER = re.compile(r"(?P<optional>[*?]|\{0(?:,\d*)?\})\??|(?:\+|\{\d+(?:,\d*)?\})\??")
_Literals = tuple[str, ...]


def find_required_literals(pattern: str) -> tuple[_Literals, ...]:
    """Return groups of lowercase texts, the most telling group first; none if they're unknown.

    Each match of `pattern` has at least one text of each group, whatever its case.
    """
    try:
        groups, end = _read_branch(pattern, 0)
        if end < len(pattern):
            literals, end = _read_alternatives(pattern, 0)
            groups = [literals] if literals else []
    except _UnknownSyntaxError:
        return ()
    return tuple(groups[:_MAX_GROUPS]) if end == len(pattern) else ()


class _UnknownSyntaxError(KnowledgeError):
    """The pattern has something that isn't understood here."""


def _read_alternatives(pattern: str, position: int) -> tuple[_Literals, int]:
    """Read up to the end of a group or of the pattern. Return the literals, and where it ends."""
    branches: list[_Literals] = []
    while True:
        groups, position = _read_branch(pattern, position)
        branches.append(groups[0] if groups else ())
        if pattern[position : position + 1] != "|":
            break
        position += 1
    merged = tuple(dict.fromkeys(literal for literals in branches for literal in literals))
    return (merged if all(branches) and len(merged) <= _MAX_LITERALS else ()), position


def _read_branch(pattern: str, position: int) -> tuple[list[_Literals], int]:
    """Read one alternative. Return the groups of literals that it requires, the most telling first, and its end."""
    found: list[_Literals] = []
    run = ""
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise _UnknownSyntaxError
        if token["close"] or token["bar"]:
            break
        position = token.end()
        literals: _Literals = ()
        if token["group"]:
            literals, position = _read_alternatives(pattern, position)
            if pattern[position : position + 1] != ")":
                raise _UnknownSyntaxError
            position += 1
        character = token["literal"] or token["escaped"] or ""
        quantifier = _QUANTIFIER.match(pattern, position)
        if quantifier:
            position = quantifier.end()
        is_required = quantifier is None or not quantifier["optional"]
        if is_required and character.isascii():
            run += character
        if not character or not character.isascii() or quantifier:
            found.append((run.lower(),))
            run = ""
        if literals and is_required:
            found.append(literals)
    found.append((run.lower(),))
    telling = {literals for literals in found if _rate(literals)[0] >= _MIN_CHARS}
    return sorted(telling, key=lambda literals: (_rate(literals), literals), reverse=True), position


def _rate(literals: Sequence[str]) -> tuple[int, int]:
    """Return how telling literals are: by the shortest one's length, then by how few they are."""
    return min(map(len, literals), default=0), -len(literals)
