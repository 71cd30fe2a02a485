"""Reads `neighbors.yaml`: what surrounds the sandbox's templates in Azure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.errors import StartError

_FILE = Path(__file__).with_name("neighbors.yaml")


@dataclass(frozen=True, slots=True)
class NeighborImage:
    """A Marketplace image: `urn` is publisher, offer, and SKU."""

    urn: str
    version: str
    os: str
    generation: str = "V2"
    security: str = "TrustedLaunchSupported"
    architecture: str = "x64"
    plan: Mapping[str, str] | None = None
    deprecated: str = ""


@dataclass(frozen=True, slots=True)
class NeighborGroup:
    """A resource group without templates.

    Attributes:
        resources: The names of what's in it, as a list shows them.
        denied: Whether the caller has no role there.
    """

    name: str
    location: str
    tags: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    denied: bool = False


@dataclass(frozen=True, slots=True)
class NeighborResource:
    """A resource, or several whose IDs fit a pattern."""

    path: str
    gone: bool = False
    location: str = "westeurope"
    properties: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, path: str) -> bool:
        """Tell whether this is the resource at a path, which begins at the group's name."""
        return _fits(self.path, path)


@dataclass(frozen=True, slots=True)
class NeighborCatalog:
    """Everything in the file."""

    images: tuple[NeighborImage, ...]
    groups: Mapping[str, NeighborGroup]
    resources: tuple[NeighborResource, ...]
    locked: tuple[str, ...] = ()
    unassigned: tuple[str, ...] = ()

    def is_unassigned(self, group: str) -> bool:
        """Tell whether the templates' identities have no role in a resource group."""
        return group.lower() in self.unassigned

    def is_locked(self, group: str) -> bool:
        """Tell whether the templates' identities can only read in a resource group."""
        return any(_fits(pattern, group) for pattern in self.locked)

    def find_resource(self, path: str) -> NeighborResource | None:
        """Return the resource at a path, such as `rg-images/Microsoft.Compute/galleries/gal`; None if there's none."""
        found = next((resource for resource in self.resources if resource.fits(path)), None)
        return None if found is None or found.gone else found

    def find_image(self, urn: str) -> NeighborImage | None:
        """Return the Marketplace image with this publisher, offer, and SKU; None if there's none."""
        return next((image for image in self.images if image.urn.lower() == urn.lower()), None)


@cache
def read_neighbors(path: Path = _FILE) -> NeighborCatalog:
    """Read the file. Raise `StartError` if it can't be used."""
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
        groups = [
            NeighborGroup(**{**group, "resources": tuple(group.get("resources", ()))}) for group in values["groups"]
        ]
        return NeighborCatalog(
            tuple(NeighborImage(**image) for image in values["images"]),
            {group.name.lower(): group for group in groups},
            tuple(NeighborResource(**resource) for resource in values["resources"]),
            tuple(values["locked"]),
            tuple(values["unassigned"]),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise StartError(f"The sandbox's file {path} cannot be used: {error!r}") from error


def _fits(pattern: str, text: str) -> bool:
    parts = ("[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern))
    return re.fullmatch("".join(parts), text, re.IGNORECASE) is not None
