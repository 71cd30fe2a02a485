"""The checks of an image template against the triggers and image definitions in the same file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.preflight.place import Place, list_places
from knowledge.preflight.positioned_json import JsonNode
from knowledge.preflight.preflight_input import DEFINITION_TYPE, TRIGGER_TYPE, CheckedTemplate, FileResource
from knowledge.preflight.property_checks import PropertyFault

_GENERATION_2 = re.compile(r"(?:^|[-_.])(?:g2|gen2|gensecond)(?:[-_.]|$)|^win11-", re.IGNORECASE)
_VERSION = re.compile(r"/versions/([^/]*)/?$", re.IGNORECASE)
_SOLE_SECURITY_TYPES = frozenset({"trustedlaunch", "confidentialvm"})


def find_trigger_with_fixed_source(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find a source without new versions in a template that has a trigger."""
    if not _list_triggers(template):
        return
    for place in list_places(template, "properties.source.{imageId,version,imageVersionId}"):
        text = place.node.text if place.node else ""
        match = _VERSION.search(text)
        version = match[1] if match else text if place.key == "version" else ""
        if place.node is not None and (place.key == "imageId" or version.lower() not in ("", "latest")):
            yield PropertyFault(place, {"value": version or text})


def find_trigger_with_fixed_target(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find a target with a version of its own in a template that has a trigger."""
    if _list_triggers(template):
        for place in list_places(template, "properties.distribute[*].galleryImageId"):
            if place.node is not None and _VERSION.search(place.node.text):
                yield PropertyFault(place)


def find_trigger_elsewhere(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find a trigger in another region than its template."""
    location = template.resource.get("location")
    wanted = _fold_region(location)
    for trigger in _list_triggers(template):
        node = trigger.node.get("location")
        if node is not None and wanted and _fold_region(node) not in ("", wanted):
            yield PropertyFault(_name_place(trigger, "location", node), {"value": node.text})


def find_looping_trigger(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find a target that's the definition of the source, in a template that has a trigger."""
    if not _list_triggers(template):
        return
    start = next(list_places(template, "properties.source.imageVersionId"), None)
    source = _read_definition(start.node) if start else ""
    for place in list_places(template, "properties.distribute[*].galleryImageId"):
        if source and _read_definition(place.node) == source:
            yield PropertyFault(place)


def find_unsuitable_security_type(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find an image definition that accepts only VMs of a security type that no source has."""
    for definition in _list_target_definitions(template):
        features = _find_member(definition.node, "features")
        for feature in features.items if features else ():
            name, value = feature.get("name"), feature.get("value")
            is_security_type = name is not None and name.text.lower() == "securitytype"
            if is_security_type and value is not None and value.text.lower() in _SOLE_SECURITY_TYPES:
                yield PropertyFault(_name_place(definition, "properties.features", value), {"value": value.text})


def find_early_definition(template: CheckedTemplate) -> Iterator[PropertyFault]:
    """Find an image definition of generation 1 for a source of generation 2."""
    source = template.properties.get("source")
    sku = source.get("sku") if source else None
    if sku is None or not _GENERATION_2.search(sku.text):
        return
    for definition in _list_target_definitions(template):
        properties = definition.node.get("properties")
        generation = properties.get("hyperVGeneration") if properties else None
        if properties is not None and not properties.is_unevaluated and (generation is None or generation.text == "V1"):
            node = generation or properties
            yield PropertyFault(_name_place(definition, "properties.hyperVGeneration", node))


def _list_triggers(template: CheckedTemplate) -> Sequence[FileResource]:
    """Return the triggers of a template: those with its name, or all if it's the file's only template."""
    triggers = [resource for resource in template.neighbors if resource.kind == TRIGGER_TYPE]
    if template.is_alone:
        return triggers
    return [trigger for trigger in triggers if _read_owner(trigger.node) == template.name.casefold() != ""]


def _read_owner(trigger: JsonNode) -> str:
    name = trigger.get("name")
    return name.text.partition("/")[0].casefold() if name else ""


def _list_target_definitions(template: CheckedTemplate) -> Iterator[FileResource]:
    """Yield the file's only definition if it's certainly the target of the file's only template."""
    targets = list(list_places(template, "properties.distribute[*].galleryImageId"))
    definitions = [resource for resource in template.neighbors if resource.kind == DEFINITION_TYPE]
    is_certain = template.is_alone and len(definitions) == 1 and len(targets) == 1 and targets[0].node is not None
    if is_certain:
        yield definitions[0]


def _find_member(resource: JsonNode, name: str) -> JsonNode | None:
    properties = resource.get("properties")
    return properties.get(name) if properties else None


def _name_place(resource: FileResource, path: str, node: JsonNode) -> Place:
    return Place(f"{resource.path}.{path}", path.rpartition(".")[2], node, resource.node, resource.node)


def _read_definition(node: JsonNode | None) -> str:
    text = node.text.strip("/").lower() if node else ""
    return text.partition("/versions/")[0] if "/images/" in text else ""


def _fold_region(node: JsonNode | None) -> str:
    return node.text.replace(" ", "").lower() if node else ""
