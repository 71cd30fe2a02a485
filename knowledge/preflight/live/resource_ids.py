"""The IDs of the kinds of resources that a template names, checked and in one spelling.

Whoever wrote the template chose these names, and a request goes to a path made of them. So only names that Azure
allows, of known kinds, become one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from knowledge.azure_names import GUID, is_resource_group_name

ResourceKind = Literal["managed-image", "definition", "version", "identity", "subnet", "group", "storage-account"]

_TYPES: Mapping[ResourceKind, tuple[str, ...]] = {
    "managed-image": ("Microsoft.Compute", "images"),
    "definition": ("Microsoft.Compute", "galleries", "images"),
    "version": ("Microsoft.Compute", "galleries", "images", "versions"),
    "identity": ("Microsoft.ManagedIdentity", "userAssignedIdentities"),
    "subnet": ("Microsoft.Network", "virtualNetworks", "subnets"),
    "group": (),
    "storage-account": ("Microsoft.Storage", "storageAccounts"),
}
_START = re.compile(rf"/?subscriptions/({GUID})/resourceGroups/([^/]+)", re.IGNORECASE | re.ASCII)
_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}")


def normalize_id(text: str, kind: ResourceKind) -> str | None:
    """Return the ID of a resource of this kind in Azure's spelling; None if `text` is anything else."""
    match = _START.match(text.strip())
    if match is None or not is_resource_group_name(match[2]):
        return None
    group = f"/subscriptions/{match[1].lower()}/resourceGroups/{match[2]}"
    rest = [part for part in text.strip()[match.end() :].rstrip("/").split("/") if part]
    types = _TYPES[kind]
    if not types:
        return group if not rest else None
    namespace, *kinds = types
    names = rest[3::2]
    if len(rest) != 2 + 2 * len(kinds) or not all(map(_is_name, names)):
        return None
    expected = ["providers", namespace, *(part for pair in zip(kinds, names, strict=True) for part in pair)]
    if [part.lower() for part in rest] != [part.lower() for part in expected]:
        return None
    return f"{group}/{'/'.join(expected)}"


def get_parent(resource_id: str) -> str:
    """Return the ID of what a resource is in: a version's definition, a definition's gallery, a subnet's network."""
    return resource_id.rsplit("/", 2)[0]


def get_group(resource_id: str) -> str:
    """Return the ID of a resource's group."""
    return "/".join(resource_id.split("/")[:5])


def get_group_name(resource_id: str) -> str:
    """Return the name of a resource's group; the subscription's ID for what's in none."""
    parts = resource_id.split("/")
    return parts[4] if len(parts) > 4 and parts[3].lower() == "resourcegroups" else parts[2]


def get_subscription(resource_id: str) -> str:
    """Return the ID of the subscription of a resource."""
    return resource_id.split("/")[2].lower()


def get_name(resource_id: str) -> str:
    """Return the last name in an ID."""
    return resource_id.rpartition("/")[2]


def normalize_region(text: str) -> str:
    """Return a region's short name: `northeurope` for `North Europe`."""
    return text.lower().replace(" ", "")


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and ".." not in text
