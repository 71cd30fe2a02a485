"""The resources that a template refers to, and where in the template it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal

from knowledge.preflight.live.lookup import Topic
from knowledge.preflight.live.resource_ids import ResourceKind, get_name, get_parent, normalize_id
from knowledge.preflight.place import Place, list_places
from knowledge.preflight.positioned_json import JsonNode
from knowledge.preflight.preflight_input import CheckedTemplate

Subject = Literal[
    "platform-image",
    "source-version",
    "source-image",
    "target-definition",
    "target-version",
    "target-image",
    "identity",
    "vm-identity",
    "subnet",
    "container-subnet",
    "staging-group",
    "script",
]
"""What a template refers to, as rules name it."""
SUBJECTS: tuple[Subject, ...] = Subject.__args__  # type: ignore[attr-defined]
_TOPICS: Mapping[Subject, Topic] = {
    "platform-image": "source",
    "source-version": "source",
    "source-image": "source",
    "target-definition": "target",
    "target-version": "target",
    "target-image": "target",
    "identity": "identity",
    "vm-identity": "identity",
    "subnet": "network",
    "container-subnet": "network",
    "staging-group": "staging",
    "script": "storage",
}
_BLOB = re.compile(
    r"https://([a-z0-9]{3,24})\.blob\.(?:core|storage)\.[a-z0-9.]{3,60}/([a-z0-9$][a-z0-9-]{1,62})/[^?#]+",
    re.IGNORECASE,
)
_VERSION = re.compile(r"/versions/[^/]+/?$", re.IGNORECASE)
MAX_REFERENCES = 60
"""Three times as many as are looked up, so that the answer says that there are more."""
_PLACES: Sequence[tuple[Subject, ResourceKind, str]] = (
    ("source-version", "version", "properties.source.imageVersionId"),
    ("source-image", "managed-image", "properties.source.imageId"),
    ("target-image", "managed-image", "properties.distribute[*].imageId"),
    ("vm-identity", "identity", "properties.vmProfile.userAssignedIdentities[*]"),
    ("subnet", "subnet", "properties.vmProfile.vnetConfig.subnetId"),
    ("container-subnet", "subnet", "properties.vmProfile.vnetConfig.containerInstanceSubnetId"),
    ("staging-group", "group", "properties.stagingResourceGroup"),
)


@dataclass(frozen=True, slots=True)
class TemplateReference:
    """A resource that a template refers to.

    Attributes:
        resource_id: Its ID; "" if what the template says isn't one. For a script, it's `account/container`, since the
            address doesn't say in which resource group the account is. For a Marketplace image, it's the URN.
        start: The offset at which people should look.
    """

    subject: Subject
    resource_id: str
    place: Place
    start: int

    @property
    def topic(self) -> Topic:
        """What it's about."""
        return _TOPICS[self.subject]

    @property
    def name(self) -> str:
        """Its name."""
        return get_name(self.resource_id)


def list_references(template: CheckedTemplate) -> list[TemplateReference]:
    """Return what a template refers to in Azure, without scripts whose address has its own permission (SAS)."""
    found = chain(
        _read_platform_image(template),
        _read_ids(template),
        _read_targets(template),
        _read_identities(template),
        _read_scripts(template),
    )
    return list(islice(found, MAX_REFERENCES))


def read_gallery_definition(reference: TemplateReference) -> str:
    """Return the ID of the definition that a gallery's version, or a target, belongs to."""
    has_version = reference.subject in ("source-version", "target-version")
    return get_parent(reference.resource_id) if has_version else reference.resource_id


def _read_platform_image(template: CheckedTemplate) -> Iterator[TemplateReference]:
    for place in list_places(template, "properties.source"):
        source = place.node
        if source is None or (source.get("publisher") is None and source.get("offer") is None):
            continue
        values = [node.text if (node := source.get(key)) else "" for key in ("publisher", "offer", "sku")]
        version = source.get("version")
        is_plain = all(re.fullmatch(r"[0-9A-Za-z_.-]{1,80}", value) and ".." not in value for value in values)
        text = version.text if version else "latest"
        if is_plain and re.fullmatch(r"[0-9.]{1,40}|latest", text, re.IGNORECASE):
            yield TemplateReference("platform-image", ":".join([*values, text.lower()]), place, place.start)
        else:
            yield TemplateReference("platform-image", "", place, place.start)


def _read_ids(template: CheckedTemplate) -> Iterator[TemplateReference]:
    for subject, kind, pattern in _PLACES:
        for place in _list_values(template, pattern):
            text = place.node.text if place.node else ""
            is_evaluated = place.node is not None and not place.node.is_unevaluated
            if is_evaluated and not text.strip():
                continue
            yield TemplateReference(subject, normalize_id(text, kind) or "", place, place.start)


def _read_targets(template: CheckedTemplate) -> Iterator[TemplateReference]:
    for place in _list_values(template, "properties.distribute[*].galleryImageId"):
        text = place.node.text if place.node else ""
        if _VERSION.search(text):
            version = normalize_id(text, "version")
            yield TemplateReference("target-version", version or "", place, place.start)
            if version:
                yield TemplateReference("target-definition", get_parent(version), place, place.start)
        else:
            yield TemplateReference("target-definition", normalize_id(text, "definition") or "", place, place.start)


def _read_identities(template: CheckedTemplate) -> Iterator[TemplateReference]:
    block = template.resource.get("identity")
    node = block.get("userAssignedIdentities") if block else None
    if block is None or node is None:
        return
    for name, member in node.members.items():
        path = f"{template.path}.identity.userAssignedIdentities['{name}']"
        place = Place(path, name, member, node, node)
        yield TemplateReference("identity", normalize_id(name, "identity") or "", place, max(member.key_start, 0))


def _read_scripts(template: CheckedTemplate) -> Iterator[TemplateReference]:
    for pattern in (
        "properties.customize[*].{scriptUri,sourceUri}",
        "properties.validate.inVMValidations[*].{scriptUri,sourceUri}",
    ):
        for place in _list_values(template, pattern):
            match = _BLOB.fullmatch(place.node.text.partition("?")[0]) if place.node else None
            if match and place.node and "sig=" not in place.node.text.lower():
                yield TemplateReference("script", f"{match[1].lower()}/{match[2].lower()}", place, place.start)


def _list_values(template: CheckedTemplate, pattern: str) -> Iterator[Place]:
    """Yield the places of a pattern that have a value; `name[*]` at its end stands for each text of a list."""
    for place in list_places(template, pattern.removesuffix("[*]")):
        if place.node is None or place.is_cut_short:
            continue
        if not pattern.endswith("[*]"):
            yield place
            continue
        for index, item in enumerate(place.node.items):
            yield _pick_item(place, index, item)


def _pick_item(place: Place, index: int, item: JsonNode) -> Place:
    return Place(f"{place.path}[{index}]", place.key, item, place.node or item, item, place.part)
