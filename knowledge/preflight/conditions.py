"""Decide whether a condition holds. A value that isn't known here decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from knowledge.preflight.place import Place, find_value, list_places
from knowledge.preflight.positioned_json import JsonNode
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.rule import Condition

KINDS = ("text", "number", "flag", "list", "object")


def hold_all(
    template: CheckedTemplate, place: Place, conditions: Sequence[Condition], pattern: str = ""
) -> bool | None:
    """Tell whether all conditions hold; None if that depends on a value that isn't known.

    `pattern` names the places among which `repeated` looks for the same value.
    """
    answers = [holds(template, place, condition, pattern) for condition in conditions]
    if False in answers:
        return False
    return None if None in answers or place.is_cut_short else True


def holds(template: CheckedTemplate, place: Place, condition: Condition, pattern: str = "") -> bool | None:
    """Tell whether a condition holds; None if its value isn't known."""
    node = find_value(template, place, condition.path)
    test = condition.test
    if test in ("missing", "present"):
        return (node is None) == (test == "missing")
    if node is None:
        return False
    if node.is_unevaluated:
        return None
    if test == "repeated":
        return _is_repeated(template, place, node, pattern)
    if test in ("refers_to", "not_refers_to"):
        other = find_value(template, place, condition.value)
        if other is None or other.is_unevaluated:
            return False if other is None else None
        return _is_same(node.value, other.value) == (test == "refers_to")
    if test in ("includes", "not_includes") and any(item.is_unevaluated for item in node.items):
        return None
    if test.startswith("not_"):
        opposite = test.removeprefix("not_")
        return not _compare(node, "is_a" if opposite == "a" else opposite, condition)
    return _compare(node, test, condition)


def describe_kind(value: Any) -> str:
    """Return what kind of value it is, one of `KINDS`; "" for null."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else ""


def _compare(node: JsonNode, test: str, condition: Condition) -> bool:
    value, wanted = node.value, condition.value
    if test == "empty":
        return value in ("", [], {}) if wanted else value not in ("", [], {})
    if test == "equals":
        return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)
    if test == "one_of":
        return isinstance(value, (str, int, float)) and bool(value in wanted)
    if test == "matches":
        text = value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
        return condition.pattern is not None and condition.pattern.search(text.encode()) is not None
    if test == "includes":
        return any(item.value == wanted for item in node.items)
    if test == "is_a":
        return bool(describe_kind(value) == wanted)
    if test == "items":
        return isinstance(value, (list, dict)) and wanted[0] <= len(value) <= wanted[1]
    return describe_kind(value) == "number" and bool(wanted[0] <= value <= wanted[1])


def _is_same(value: Any, other: Any) -> bool:
    if isinstance(value, str) and isinstance(other, str):
        return value.casefold() == other.casefold()  # names and IDs in Azure
    return bool(value == other)


def _is_repeated(template: CheckedTemplate, place: Place, node: JsonNode, pattern: str) -> bool:
    """Tell whether an earlier place has the same value."""
    for other in list_places(template, pattern):
        if other.path == place.path:
            return False
        if other.node and not other.node.is_unevaluated and _is_same(other.node.to_plain(), node.to_plain()):
            return True
    return False
