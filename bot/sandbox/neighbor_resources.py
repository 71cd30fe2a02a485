"""The sandbox's resources around its templates, in Resource Manager's JSON: images, galleries, networks, roles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.azure_errors import (
    FakeAzureError,
    build_group_not_found_error,
    build_not_authorized_error,
    build_resource_not_found_error,
)
from bot.sandbox.azure_state import FakeAzureState
from bot.sandbox.neighbor_catalog import NeighborCatalog, NeighborGroup, NeighborImage

READER_ROLE = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BUILDER_ROLE = "c3a9e5d7-1f42-4b86-a0c3-59d7e2f8b610"
_ROLES: Mapping[str, Mapping[str, Any]] = {
    READER_ROLE: {"roleName": "Reader", "type": "BuiltInRole", "actions": ["*/read"], "dataActions": []},
    BUILDER_ROLE: {
        "roleName": "Image builds",
        "type": "CustomRole",
        "actions": [
            "*/read", "Microsoft.Compute/*", "Microsoft.Network/*", "Microsoft.Storage/*",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ],
        "dataActions": ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
    },
}  # fmt: skip
"""The roles that identities have here: the second one everywhere, the first one in locked groups."""
_PRINCIPAL = re.compile(r"assignedTo\('([0-9a-f-]{36})'\)|principalId eq '([0-9a-f-]{36})'", re.IGNORECASE)
_SPELLINGS = {
    "microsoft.compute": "Microsoft.Compute",
    "microsoft.managedidentity": "Microsoft.ManagedIdentity",
    "microsoft.network": "Microsoft.Network",
    "userassignedidentities": "userAssignedIdentities",
    "virtualnetworks": "virtualNetworks",
}
_KINDS = ("microsoft.compute", "microsoft.managedidentity", "microsoft.network", "microsoft.authorization")


class NeighborResources:
    """Answers requests for what surrounds the templates of `state`."""

    def __init__(self, catalog: NeighborCatalog, state: FakeAzureState) -> None:
        self._catalog, self._state = catalog, state

    def find_group(self, name: str) -> NeighborGroup | None:
        """Return a resource group without templates; None for any other. Raise `FakeAzureError` if it's denied."""
        return self._catalog.groups.get(name.lower())

    def read_platform_image(self, subscription: str, path: Sequence[str]) -> Any:
        """Read the versions of a Marketplace image, or one of them; `path` is what follows `locations`.

        Raises:
            FakeAzureError: There's no such image (404).
        """
        match path:
            case [
                location,
                "publishers",
                publisher,
                "artifacttypes",
                "vmimage",
                "offers",
                offer,
                "skus",
                sku,
                "versions",
                *rest,
            ]:
                image = self._catalog.find_image(f"{publisher}:{offer}:{sku}")
                if image is None or (rest and rest != [image.version]):
                    raise FakeAzureError(404, "NotFound", "Artifact: VMImage was not found.")
                entry = _build_image_entry(subscription, location, image)
                return {**entry, "properties": _build_image_properties(image)} if rest else [entry]
        raise FakeAzureError(404, "InvalidResourceType", "The sandbox has no such list of Marketplace images.")

    def read(self, subscription: str, group: str, path: Sequence[str], query: Mapping[str, str]) -> Any | None:
        """Read a resource in a group, or the group itself; None if it isn't one of these.

        Raises:
            FakeAzureError: It doesn't exist (404), or the caller has no role for it (403).
        """
        own = self.find_group(group)
        if own is None and (len(path) < 2 or path[1].lower() not in _KINDS):
            return None
        self._check_group(subscription, group, own)
        if own is not None and not path:
            return _build_group_json(subscription, own)
        if own is not None and list(path) == ["resources"]:
            return {"value": [_build_listed_json(subscription, own, name) for name in own.resources]}
        match path:
            case ["providers", "microsoft.authorization", "roleassignments"]:
                return {"value": self._list_assignments(subscription, group, query.get("$filter", ""))}
            case ["providers", "microsoft.authorization", "roledefinitions", role] if role.lower() in _ROLES:
                return _build_role_json(subscription, role.lower())
            case ["providers", namespace, kind, *names]:
                parts = [_SPELLINGS.get(namespace, namespace), _SPELLINGS.get(kind, kind), *names]
                return self._read_resource(subscription, group, parts)
        raise build_group_not_found_error(group)

    def _check_group(self, subscription: str, group: str, own: NeighborGroup | None) -> None:
        if own is None:
            self._state.check_group(subscription, group, "Microsoft.Resources/subscriptions/resourceGroups/read")
        elif own.denied:
            scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
            raise build_not_authorized_error("Microsoft.Resources/subscriptions/resourceGroups/read", scope)

    def _read_resource(self, subscription: str, group: str, parts: list[str]) -> dict[str, Any]:
        resource_type = "/".join([parts[0], *parts[1::2]])
        if resource_type.lower() == "microsoft.managedidentity/userassignedidentities":
            identity = self._find_identity(subscription, group, parts[-1])
            if identity is not None:
                return identity
        found = self._catalog.find_resource("/".join([group, *parts]))
        if found is None or len(parts) % 2 == 0:
            raise build_resource_not_found_error(resource_type, parts[-1], group)
        return {
            "id": _build_id(subscription, group, parts),
            "name": parts[-1],
            "type": resource_type,
            "location": found.location,
            "properties": {"provisioningState": "Succeeded", **found.properties},
        }

    def _find_identity(self, subscription: str, group: str, name: str) -> dict[str, Any] | None:
        """Return the identity of one of the templates, unless the catalog says that it's gone."""
        parts = ["Microsoft.ManagedIdentity", "userAssignedIdentities", name]
        is_gone = any(
            resource.gone and resource.fits("/".join([group, *parts])) for resource in self._catalog.resources
        )
        for template in self._state.list_templates(subscription, group) if not is_gone else ():
            if f"id-{template.name}".lower() == name.lower() and template.identity == "assigned":
                ids = {"principalId": template.derive_guid("principal"), "clientId": template.derive_guid("client")}
                return {
                    "id": _build_id(subscription, group, parts),
                    "name": name,
                    "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                    "location": template.location,
                    "properties": ids,
                }
        return None

    def _list_assignments(self, subscription: str, group: str, query: str) -> list[dict[str, Any]]:
        match = _PRINCIPAL.fullmatch(query)
        if match is None:
            raise FakeAzureError(400, "BadRequestFormat", f"The filter '{query}' is not supported.")
        if self._catalog.is_unassigned(group):
            return []
        role = READER_ROLE if self._catalog.is_locked(group) else BUILDER_ROLE
        scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
        name = f"{role[:8]}-0000-4000-8000-{(match[1] or match[2])[-12:]}"
        return [
            {
                "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
                "name": name,
                "type": "Microsoft.Authorization/roleAssignments",
                "properties": {
                    "principalId": match[1] or match[2],
                    "principalType": "ServicePrincipal",
                    "roleDefinitionId": _build_role_id(subscription, role),
                    "scope": scope,
                },
            }
        ]


def _build_id(subscription: str, group: str, parts: Sequence[str]) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{'/'.join(parts)}"


def _build_role_id(subscription: str, role: str) -> str:
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def _build_role_json(subscription: str, role: str) -> dict[str, Any]:
    values = _ROLES[role]
    permission = {
        "actions": values["actions"], "notActions": [], "dataActions": values["dataActions"], "notDataActions": [],
    }  # fmt: skip
    return {
        "id": _build_role_id(subscription, role),
        "name": role,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {"roleName": values["roleName"], "type": values["type"], "permissions": [permission]},
    }


def _build_group_json(subscription: str, group: NeighborGroup) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group.name}",
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": dict(group.tags),
        "properties": {"provisioningState": "Succeeded"},
    }


def _build_listed_json(subscription: str, group: NeighborGroup, name: str) -> dict[str, Any]:
    parts = ("Microsoft.Compute", "virtualMachines", name)
    return {
        "id": _build_id(subscription, group.name, parts),
        "name": name,
        "type": "/".join(parts[:2]),
        "location": group.location,
    }


def _build_image_entry(subscription: str, location: str, image: NeighborImage) -> dict[str, Any]:
    publisher, offer, sku = image.urn.split(":")
    image_id = (
        f"/Subscriptions/{subscription}/Providers/Microsoft.Compute/Locations/{location}/Publishers/{publisher}"
        f"/ArtifactTypes/VMImage/Offers/{offer}/Skus/{sku}/Versions/{image.version}"
    )
    return {"location": location, "name": image.version, "id": image_id}


def _build_image_properties(image: NeighborImage) -> dict[str, Any]:
    security = [{"name": "SecurityType", "value": image.security}] if image.security else []
    state = {"imageState": "Active"}
    if image.deprecated:
        state = {"imageState": "ScheduledForDeprecation", "scheduledDeprecationTime": image.deprecated}
    plan = {"plan": dict(image.plan)} if image.plan else {}
    return {
        "hyperVGeneration": image.generation,
        "architecture": image.architecture,
        "osDiskImage": {"operatingSystem": image.os, "sizeInGb": 127 if image.os == "Windows" else 30},
        "dataDiskImages": [],
        "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": False},
        "features": [*security, {"name": "IsAcceleratedNetworkSupported", "value": "True"}],
        "imageDeprecationStatus": state,
        **plan,
    }
