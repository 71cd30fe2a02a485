"""The places in a template that a rule looks at, and the values around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from knowledge.preflight.positioned_json import JsonNode
from knowledge.preflight.preflight_input import CheckedTemplate

PartKind = Literal["customizer", "validator", "distributor"]
MAX_LIST_ITEMS = 200
"""How many items of a list are checked; a template has at most a few dozen."""
_PART_BY_LIST: Mapping[str, PartKind] = {
    "customize": "customizer",
    "inVMValidations": "validator",
    "distribute": "distributor",
}
_ALTERNATIVES = re.compile(r"\{([\w,.\[\]*]+)\}")


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """Which customizer, validator, or distributor a place is in: its number, from 1, and its name, which may be ""."""

    kind: PartKind
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a template, or the lack of one.

    Attributes:
        path: Its JSON path in the file.
        node: The value; None if it's missing.
        parent: What it's in, or would be in.
        item: The item of the innermost list that it's in; the resource if it's in none.
        part: The customizer, validator, or distributor that it's in.
        is_cut_short: Whether it's an expression that has, or hasn't, the value that was looked for.
    """

    path: str
    key: str
    node: JsonNode | None
    parent: JsonNode
    item: JsonNode
    part: TemplatePart | None = None
    is_cut_short: bool = False

    @property
    def start(self) -> int:
        """The offset at which people should look: the value, or else what lacks it."""
        return self.parent.start if self.node is None else self.node.start


def list_places(template: CheckedTemplate, pattern: str) -> Iterator[Place]:
    """Yield the places that a pattern such as `properties.customize[*].inline` names.

    The last name may be missing in the template, the others must be there. `{a,b}` stands for either name. An
    unevaluated list, or object, is the last place on its path.
    """
    for alternative in _expand(pattern):
        start = Place(template.path, "", template.resource, template.resource, template.resource)
        yield from _follow(template, start, alternative.split("."))


def find_value(template: CheckedTemplate, place: Place, path: str) -> JsonNode | None:
    """Return the value at a path seen from a place; None if it's missing. See `Condition.path`."""
    if path == ".":
        return place.node
    node: JsonNode | None = template.resource if path.startswith("/") else place.item
    for name in path.removeprefix("/").split("."):
        if node is None or node.is_unevaluated:
            return node
        node = template.properties if name == "properties" and node is template.resource else node.get(name)
    return node


def _expand(pattern: str) -> Iterator[str]:
    match = _ALTERNATIVES.search(pattern)
    if match is None:
        yield pattern
        return
    for name in match[1].split(","):
        yield from _expand(f"{pattern[: match.start()]}{name}{pattern[match.end() :]}")


def _follow(template: CheckedTemplate, place: Place, names: list[str]) -> Iterator[Place]:
    if not names or names == [""]:
        yield place
        return
    node = place.node
    if node is None or not isinstance(node.value, dict):
        if node is not None and node.is_unevaluated:
            yield replace(place, is_cut_short=True)
        return
    name = names[0].removesuffix("[*]")
    if name == "properties" and node is template.resource:
        child = template.properties
        inner = replace(place, path=template.properties_path, key=name, node=child, parent=node)
    else:
        written = node.find_key(name) or name
        inner = replace(place, path=f"{place.path}.{written}", key=written, node=node.get(name), parent=node)
    if not names[0].endswith("[*]"):
        yield from _follow(template, inner, names[1:])
        return
    if inner.node is not None and inner.node.is_unevaluated:
        yield replace(inner, is_cut_short=True)
        return
    for index, item in enumerate(inner.node.items[:MAX_LIST_ITEMS] if inner.node else ()):
        part = _name_part(name, index, item) or inner.part
        at = Place(f"{inner.path}[{index}]", name, item, inner.node or item, item, part)
        yield from _follow(template, at, names[1:])


def _name_part(list_name: str, index: int, item: JsonNode) -> TemplatePart | None:
    kind = _PART_BY_LIST.get(list_name)
    if kind is None:
        return None
    name = item.get("runOutputName" if kind == "distributor" else "name")
    return TemplatePart(kind, index + 1, name.text if name else "")


def list_unevaluated(node: JsonNode, path: str) -> Iterator[str]:
    """Yield the paths of the values in `node` that only the deployment knows."""
    if node.is_unevaluated:
        yield path
    elif isinstance(node.value, dict):
        for key, member in node.value.items():
            yield from list_unevaluated(member, f"{path}.{key}")
    elif isinstance(node.value, list):
        for index, item in enumerate(node.value):
            yield from list_unevaluated(item, f"{path}[{index}]")
