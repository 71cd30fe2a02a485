"""Replace the expressions of a deployment template whose values are written down: parameters and variables.

What a function computes, or a deployment gets from outside, stays unevaluated: nothing is claimed about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from knowledge.preflight.positioned_json import MAX_DEPTH, MAX_VALUES, InvalidJsonError, JsonNode

_REFERENCE = re.compile(r"\[\s*(parameters|variables)\(\s*'([^']{1,200})'\s*\)\s*\]", re.IGNORECASE)
_NAMES = re.compile(r"(?<![\w.'])(parameters|variables)\(\s*'([^']{1,200})'\s*\)", re.IGNORECASE)
_COPY = "copy"


class ExpressionScope:
    """The parameters and variables that expressions of a template, or of a deployment within it, can name."""

    def __init__(self, template: JsonNode, values: Mapping[str, JsonNode]) -> None:
        """Take the template, and its parameters' values by their names in lower case."""
        self._nodes: dict[tuple[str, str], JsonNode] = {}
        self._budget = MAX_VALUES
        for name, declared in _iterate_members(template.get("parameters")):
            if (default := declared.get("defaultValue")) is not None:
                self._nodes["parameters", name.lower()] = default
        for name, node in _iterate_members(template.get("variables")):
            self._nodes["variables", name.lower()] = node
        self._nodes |= {("parameters", name): value for name, value in values.items()}
        self._declared = {
            (kind, name.lower())
            for kind in ("parameters", "variables")
            for name in [*_list_names(template.get(kind)), *_list_copied_names(template.get(kind))]
        }
        self._is_deployment = template.get("resources") is not None

    def evaluate(self, node: JsonNode, depth: int = 0) -> JsonNode:
        """Return `node` with its values filled in. Raise `InvalidJsonError` if they refer to each other endlessly."""
        self._budget -= 1
        if self._budget < 0 or depth > MAX_DEPTH:
            raise InvalidJsonError("its parameters and variables refer to each other too often")
        if isinstance(node.value, dict):
            members = {key: self._evaluate_member(item, depth) for key, item in node.value.items()}
            return replace(node, value=members | _list_copied(node))
        if isinstance(node.value, list):
            return replace(node, value=[self.evaluate(item, depth + 1) for item in node.value])
        if not isinstance(node.value, str) or not is_expression(node.value):
            return _unescape(node)
        if any((kind.lower(), name.lower()) not in self._declared for kind, name in _NAMES.findall(node.value)):
            return replace(node, is_unevaluated=True, is_undeclared=self._is_deployment)
        match = _REFERENCE.fullmatch(node.value.strip())
        target = self._nodes.get((match[1].lower(), match[2].lower())) if match else None
        if target is None:
            return replace(node, is_unevaluated=True)
        found = self.evaluate(target, depth + 1)
        return _move(found, node.start, node.end) if found.is_elsewhere else found

    def _evaluate_member(self, node: JsonNode, depth: int) -> JsonNode:
        # where the value is used tells how its key is written
        return replace(self.evaluate(node, depth + 1), key_start=node.key_start)


def is_expression(text: str) -> bool:
    """Tell whether Resource Manager would evaluate `text`."""
    stripped = text.strip()
    return stripped.startswith("[") and stripped.endswith("]") and not stripped.startswith("[[")


def read_parameter_values(node: JsonNode | None) -> dict[str, JsonNode]:
    """Return the values in a `parameters` object, by name in lower case; those in a key vault aren't there."""
    found = {name.lower(): item.get("value") for name, item in _iterate_members(node)}
    return {name: value for name, value in found.items() if value is not None}


def mark_elsewhere(node: JsonNode) -> JsonNode:
    """Return `node` marked as written in another file."""
    return _move(node, node.start, node.end)


def _iterate_members(node: JsonNode | None) -> list[tuple[str, JsonNode]]:
    return list(node.members.items()) if node is not None else []


def _list_names(node: JsonNode | None) -> list[str]:
    return list(node.members) if node is not None else []


def _list_copied_names(node: JsonNode | None) -> list[str]:
    return list(_list_copied(node)) if node is not None else []


def _list_copied(node: JsonNode) -> dict[str, JsonNode]:
    """Return the members that a `copy` loop adds to an object: it has them, but their values aren't known."""
    loop = node.get(_COPY)
    copied = {}
    for item in loop.items if loop else []:
        name = item.get("name")
        if name is not None and name.text:
            copied[name.text] = replace(item, is_unevaluated=True, value="[copy]", key_start=item.start)
    return copied


def _unescape(node: JsonNode) -> JsonNode:
    is_escaped = isinstance(node.value, str) and node.value.startswith("[[") and node.value.endswith("]")
    return replace(node, value=node.value[1:]) if is_escaped else node


def _move(node: JsonNode, start: int, end: int) -> JsonNode:
    value = node.value
    if isinstance(value, dict):
        value = {key: _move(item, start, end) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_move(item, start, end) for item in value]
    return replace(node, value=value, start=start, end=end, is_elsewhere=True)
