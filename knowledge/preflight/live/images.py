"""What Azure says about the source image and the definitions of the targets, in the same terms for every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.preflight.live.lookup import LiveFacts, read_objects, read_properties, read_text
from knowledge.preflight.live.planning import find_platform_image
from knowledge.preflight.live.references import TemplateReference, read_gallery_definition
from knowledge.preflight.preflight_input import CheckedTemplate

STANDARD = "Standard"
"""How Azure calls an image without a security type."""
_DEFAULT_GENERATION = "V1"


@dataclass(frozen=True, slots=True)
class ImageTraits:
    """What has to agree between a source and a target. A field is "" if it isn't known.

    Attributes:
        security: The security type, `Standard` if there's none.
        state: `Generalized` or `Specialized`.
    """

    os: str = ""
    generation: str = ""
    security: str = ""
    state: str = ""


def read_source_traits(
    template: CheckedTemplate, references: Sequence[TemplateReference], facts: LiveFacts
) -> ImageTraits | None:
    """Return the traits of the source; None if it couldn't be read."""
    for reference in references:
        if reference.subject == "platform-image":
            body = facts.get_body(find_platform_image(template, reference, facts))
            return _read_platform_traits(body) if body else None
        if reference.subject == "source-version":
            return read_definition_traits(reference, facts)
        if reference.subject == "source-image":
            body = facts.get_body(reference.resource_id)
            return _read_managed_traits(body) if body else None
    return None


def read_definition_traits(reference: TemplateReference, facts: LiveFacts) -> ImageTraits | None:
    """Return the traits of a gallery's definition; None if it couldn't be read."""
    body = facts.get_body(read_gallery_definition(reference)) if reference.resource_id else None
    if body is None:
        return None
    properties = read_properties(body)
    return ImageTraits(
        read_text(properties, "osType"),
        read_text(properties, "hyperVGeneration") or _DEFAULT_GENERATION,
        _read_security(properties),
        read_text(properties, "osState"),
    )


def _read_platform_traits(body: Mapping[str, Any]) -> ImageTraits:
    properties = read_properties(body)
    disk = properties.get("osDiskImage")
    return ImageTraits(
        read_text(disk if isinstance(disk, dict) else {}, "operatingSystem"),
        read_text(properties, "hyperVGeneration"),
        _read_security(properties),
    )


def _read_managed_traits(body: Mapping[str, Any]) -> ImageTraits:
    properties = read_properties(body)
    storage = properties.get("storageProfile")
    disk = storage.get("osDisk") if isinstance(storage, dict) else None
    values = disk if isinstance(disk, dict) else {}
    return ImageTraits(
        read_text(values, "osType"), read_text(properties, "hyperVGeneration"), STANDARD, read_text(values, "osState")
    )


def _read_security(properties: Mapping[str, Any]) -> str:
    for feature in read_objects(properties, "features"):
        if read_text(feature, "name").lower() == "securitytype":
            return read_text(feature, "value") or STANDARD
    return STANDARD
