"""Correct a template's text by a rule's instructions, without touching anything else in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from knowledge.preflight.finding import TextEdit
from knowledge.preflight.place import Place
from knowledge.preflight.positioned_json import JsonNode, find_string_offset
from knowledge.preflight.rule import Correction

_AFTER = re.compile(r"\s*,")
_BEFORE = re.compile(r",\s*$")


def build_edits(text: str, place: Place, correction: Correction) -> tuple[TextEdit, ...]:
    """Return the edits that correct a place; none if it's written elsewhere, or in a form that they don't fit."""
    node = place.node
    if correction.operation == "remove":
        return remove_member(text, node) if node is not None else ()
    if correction.operation == "replace":
        return replace_text(text, node, 0, correction) if node is not None else ()
    if correction.member:
        holder = node if node is not None and isinstance(node.value, dict) else place.item
        return _set_member(text, holder, correction.member, correction.value)
    if node is not None:
        return replace_value(node, correction.value)
    return _set_member(text, place.parent, place.key, correction.value)


def replace_value(node: JsonNode, value: object) -> tuple[TextEdit, ...]:
    """Return the edit that gives a node another value."""
    if node.is_elsewhere or node.is_unevaluated:
        return ()
    return (TextEdit(node.start, node.end, json.dumps(value, ensure_ascii=False)),)


def rename_key(text: str, node: JsonNode, name: str) -> tuple[TextEdit, ...]:
    """Return the edit that gives a member another name."""
    end = text.find(":", node.key_start)
    if node.is_elsewhere or node.key_start < 0 or end < 0:
        return ()
    return (TextEdit(node.key_start, len(text[:end].rstrip()), json.dumps(name)),)


def remove_member(text: str, node: JsonNode) -> tuple[TextEdit, ...]:
    """Return the edit that removes a member of an object, with one of the commas around it."""
    if node.is_elsewhere or node.key_start < 0 or not node.key_start < node.start:
        return ()
    start, end = node.key_start, node.end
    if match := _AFTER.match(text, end):
        end = match.end()
        return (TextEdit(start - _count_indent(text, start), end, ""),)
    if match := _BEFORE.search(text, 0, start):
        start = match.start()
    return (TextEdit(start, end, ""),)


def replace_text(text: str, node: JsonNode, offset: int, correction: Correction) -> tuple[TextEdit, ...]:
    """Return the edit that replaces the first `find` from `offset` of a string with the value."""
    if node.is_elsewhere or node.is_unevaluated or not isinstance(node.value, str):
        return ()
    match = re.compile(correction.find, re.IGNORECASE).search(node.value, offset)
    if match is None:
        return ()
    start = find_string_offset(text, node, match.start())
    end = find_string_offset(text, node, match.end())
    return (TextEdit(start, end, json.dumps(match.expand(correction.value), ensure_ascii=False)[1:-1]),)


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Return `text` with the edits applied. Of edits that overlap, the first one counts."""
    parts: list[str] = []
    position = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end)):
        if edit.start >= position:
            parts += [text[position : edit.start], edit.text]
            position = edit.end
    return "".join([*parts, text[position:]])


def _set_member(text: str, node: JsonNode, name: str, value: object) -> tuple[TextEdit, ...]:
    """Return the edit that sets a member of an object: it's added after the opening bracket, on its own line."""
    existing = node.get(name)
    if existing is not None:
        return replace_value(existing, value)
    if node.is_elsewhere or not isinstance(node.value, dict):
        return ()
    written = f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
    first: Sequence[JsonNode] = [item for item in node.members.values() if item.key_start > node.start]
    at = min((item.key_start for item in first), default=node.start + 1)
    if not first:
        return (TextEdit(at, at, written),)
    between = text[node.start + 1 : at]
    separator = between[between.rfind("\n") :] if "\n" in between and not between.strip() else " "
    return (TextEdit(at, at, f"{written},{separator}"),)


def _count_indent(text: str, start: int) -> int:
    """Return how much blank space, and the line break before it, comes before an offset."""
    head = text[:start].rstrip(" \t")
    return start - len(head) + (1 if head.endswith("\n") else 0)
