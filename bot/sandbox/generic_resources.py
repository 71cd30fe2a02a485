"""The sandbox's lists of resources of any kind, with their filters, and its resource providers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.azure_errors import FakeAzureError

_CLAUSE = r"(resourceType|resourceGroup|name|tagName|tagValue) eq '([^']*)'"
_KEPT_KEYS = ("id", "name", "type", "location", "kind", "sku", "tags", "identity")
_PROVIDERS: Mapping[str, tuple[str, ...]] = {
    "Microsoft.Compute": ("galleries", "images", "virtualMachines"),
    "Microsoft.ContainerInstance": ("containerGroups",),
    "Microsoft.KeyVault": ("vaults",),
    "Microsoft.ManagedIdentity": ("userAssignedIdentities",),
    "Microsoft.Network": ("virtualNetworks",),
    "Microsoft.Storage": ("storageAccounts",),
    "Microsoft.Support": ("supportTickets",),
    "Microsoft.VirtualMachineImages": ("imageTemplates", "locations", "locations/operations", "operations"),
}
"""The providers that a build needs, all of them registered, with some of their resource types."""
_API_VERSIONS = ("2024-02-01", "2023-07-01", "2022-07-01")
_REGIONS = ("North Europe", "West Europe")


def build_generic_resource_json(resource: Mapping[str, Any], expand: str) -> dict[str, Any]:
    """Build the entry of a resource in a list of all kinds, which has no `properties`."""
    entry = {key: resource[key] for key in _KEPT_KEYS if key in resource}
    if "provisioningState" in expand:
        entry["provisioningState"] = resource["properties"]["provisioningState"]
    return entry


def filter_resources(resources: Iterable[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    """Return the resources that the `$filter` of a request selects.

    Raises:
        FakeAzureError: The sandbox doesn't understand the filter (400).
    """
    conditions = []
    for clause in filter(None, re.split(r"\s+and\s+", query.strip())):
        match = re.fullmatch(_CLAUSE, clause, re.IGNORECASE)
        if match is None:
            raise FakeAzureError(400, "InvalidFilterInQueryString", f"Invalid $filter '{query}' specified.")
        conditions.append((match[1].lower(), match[2].lower()))
    return [resource for resource in resources if all(_is_met(resource, *condition) for condition in conditions)]


def build_provider_json(subscription: str, namespace: str) -> dict[str, Any]:
    """Build the JSON of a registered resource provider.

    Raises:
        FakeAzureError: The sandbox has none of this name (404).
    """
    name = next((name for name in _PROVIDERS if name.lower() == namespace.lower()), None)
    if name is None:
        raise FakeAzureError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    return {
        "id": f"/subscriptions/{subscription}/providers/{name}",
        "namespace": name,
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": list(_REGIONS),
                "apiVersions": list(_API_VERSIONS),
                "capabilities": "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags",
            }
            for kind in _PROVIDERS[name]
        ],
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    }


def list_providers_json(subscription: str) -> list[dict[str, Any]]:
    """Build the JSON of all the sandbox's resource providers."""
    return [build_provider_json(subscription, name) for name in _PROVIDERS]


def _is_met(resource: Mapping[str, Any], key: str, value: str) -> bool:
    tags = {str(name).lower(): str(tag).lower() for name, tag in resource["tags"].items()}
    values = {
        "resourcetype": {resource["type"].lower()},
        "resourcegroup": {resource["id"].split("/")[4].lower()},
        "name": {resource["name"].lower()},
        "tagname": set(tags),
        "tagvalue": set(tags.values()),
    }
    return value in values[key]
