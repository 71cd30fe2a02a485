"""Compare a template's properties with those that the API versions know (`properties.yaml`)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from knowledge.preflight.corrections import rename_key
from knowledge.preflight.finding import TextEdit
from knowledge.preflight.place import Place, list_places
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.yaml_files.yaml_documents import load_yaml_documents

PROPERTIES_PATH = Path(__file__).with_name("properties.yaml")
_VERSION = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(?:-preview)?")
_MIN_SIMILARITY = 0.75
_NOT_OURS = frozenset({"copy", "condition", "comments", "metadata"})
"""What Resource Manager itself reads in any object, or people write as a comment."""


class KnownProperty(NamedTuple):
    """A property: the first API version that has it, and whether only Azure writes it."""

    since: str
    is_read_only: bool = False


@dataclass(frozen=True)
class PropertyFault:
    """What's wrong at a place of a template. `start` is the offset to show, if it isn't the place's own."""

    place: Place
    values: dict[str, str] = field(default_factory=dict)
    start: int | None = None
    edits: tuple[TextEdit, ...] = ()


class _CheckedObject(NamedTuple):
    place: Place
    known: Mapping[str, KnownProperty]


@cache
def load_properties(path: Path = PROPERTIES_PATH) -> Mapping[str, Mapping[str, KnownProperty]]:
    """Load the properties of each object, which has its path as the name, and its type after a colon."""
    (document,) = load_yaml_documents([path])
    return {
        name: {key: KnownProperty(*_split(text)) for key, text in members.items()}
        for name, members in document.value["objects"].items()
    }


def find_misspelled(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find properties that no API version knows, with the name that was probably meant."""
    for place, known in _list_objects(template):
        members = place.node.members if place.node else {}
        for key, node in members.items():
            if key in known or key in _NOT_OURS or key.startswith("[") or node.value is None:
                continue
            folded = {name.casefold(): name for name in known}
            close = difflib.get_close_matches(key.casefold(), folded, n=1, cutoff=_MIN_SIMILARITY)
            meant = folded[close[0]] if close else ""
            edits = rename_key(template.source.text, node, meant) if meant and meant not in members else ()
            yield _build_fault(place, key, {"value": key, "meant": meant}, edits)


def find_too_new(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find properties that the template's API version doesn't have yet."""
    version = template.api_version or ""
    if not _VERSION.fullmatch(version):
        return
    oldest = min(known.since for members in load_properties().values() for known in members.values())
    for place, known in _list_objects(template):
        for key, node in place.node.members.items() if place.node else ():
            since = known[key].since if key in known and node.value is not None else ""
            if since > max(version, oldest):
                yield _build_fault(place, key, {"value": key, "since": since, "api": version})


def find_read_only(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find properties that only Azure writes."""
    for place, known in _list_objects(template):
        for key, node in place.node.members.items() if place.node else ():
            if key in known and known[key].is_read_only and node.value is not None:
                yield _build_fault(place, key, {"value": key})


def _build_fault(place: Place, key: str, values: dict[str, str], edits: tuple[TextEdit, ...] = ()) -> PropertyFault:
    parent = place.node if place.node is not None else place.parent
    node = parent.members[key]
    start = node.key_start if node.key_start >= 0 and not node.is_elsewhere else node.start
    inner = Place(f"{place.path}.{key}", key, node, parent, place.item, place.part)
    return PropertyFault(inner, values, start, edits)


def _list_objects(template: CheckedTemplate) -> Iterator[_CheckedObject]:
    """Yield the template's objects whose properties are known. An unknown type says nothing about its properties."""
    for name, known in load_properties().items():
        path, _, kind = name.partition(":")
        if template.properties is template.resource and path in ("", "properties"):
            continue  # Azure CLI has joined these two, and added its own
        for place in list_places(template, path):
            node = place.node
            if node is None or node.is_unevaluated or (place.key == "" and path):
                continue
            if kind and not _has_type(place, kind):
                continue
            yield _CheckedObject(place, known)


def _has_type(place: Place, kind: str) -> bool:
    node = place.node
    written = (node.get("type") or node.get("scheme")) if node else None
    return written is not None and written.text == kind


def _split(text: str) -> tuple[str, bool]:
    since, _, note = text.partition(" ")
    return since, note == "read-only"
