"""The services and problem classifications of the sandbox's support API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

SUPPORT_PROVIDER_PATH = "/providers/Microsoft.Support"

_UUID_NAMESPACE = uuid.UUID("2f0c1a77-6d43-4b0e-9c58-1be90d7a4e31")
_IMAGE_BUILDER_CLASSIFICATIONS = (
    "Azure Features / Azure Image Builder",
    "Management / Issues with Azure Image Builder",
)
_OTHER_CLASSIFICATIONS = (
    "Connectivity / Cannot connect to virtual machine by using RDP or SSH",
    "Azure Features / Azure Backup",
)
SERVICES: Mapping[str, tuple[str, ...]] = {
    "Azure VM Image Builder": ("Image build failure", "Other"),  # made up: no recording has this service's
    "Billing": ("Other General Billing Questions",),
    "Service and subscription limits (quotas)": ("Compute-VM (cores-vCPUs) subscription limit increases",),
    "Virtual Machine running Linux": (*_OTHER_CLASSIFICATIONS, *_IMAGE_BUILDER_CLASSIFICATIONS),
    "Virtual Machine running Ubuntu": _OTHER_CLASSIFICATIONS,
    "Virtual Machine running Windows": (*_OTHER_CLASSIFICATIONS, *_IMAGE_BUILDER_CLASSIFICATIONS),
}
"""The problem classifications of each service."""
_VM_TYPES = ("MICROSOFT.CLASSICCOMPUTE/VIRTUALMACHINES", "MICROSOFT.COMPUTE/VIRTUALMACHINES")
_AZURE_SERVICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Azure VM Image Builder": ("8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab", ("Microsoft.VirtualMachineImages",)),
    "Billing": ("517f2da6-78fd-0498-4e22-ad26996b1dfc", ()),
    "Service and subscription limits (quotas)": ("06bfd9d3-516b-d5c6-5802-169c800dec89", ()),
    "Virtual Machine running Linux": ("cddd3eb5-1830-b494-44fd-782f691479dc", _VM_TYPES),
    "Virtual Machine running Ubuntu": ("2340ae8b-c745-572f-6ea8-661d68c08bd7", _VM_TYPES),
    "Virtual Machine running Windows": ("6f16735c-b0ae-b275-ad3a-03479cfa1396", _VM_TYPES),
}
"""The ids that these services have in Azure (May 2024), and the types of resources that they're about."""


def build_service_json(service: str) -> dict[str, Any]:
    """Build the JSON of a service."""
    service_id = get_service_id(service)
    _, resource_types = _AZURE_SERVICES.get(service, ("", ()))
    return {
        "id": f"{SUPPORT_PROVIDER_PATH}/services/{service_id}",
        "name": service_id,
        "type": "Microsoft.Support/services",
        "properties": {"displayName": service, "resourceTypes": list(resource_types)},
    }


def build_classification_json(service: str, classification: str) -> dict[str, Any]:
    """Build the JSON of a problem classification of a service."""
    service_id = get_service_id(service)
    name = _derive_guid(service_id + classification)
    return {
        "id": f"{SUPPORT_PROVIDER_PATH}/services/{service_id}/problemClassifications/{name}",
        "name": name,
        "type": "Microsoft.Support/problemClassifications",
        "properties": {"displayName": classification},
    }


def get_service_id(service: str) -> str:
    """Return the id of a service; a made-up service always gets the same id too."""
    return _AZURE_SERVICES[service][0] if service in _AZURE_SERVICES else _derive_guid(service)


def find_display_names(
    services: Mapping[str, Sequence[str]], service_id: str, classification_id: str
) -> tuple[str, str]:
    """Return the names of a service and of one of its classifications by their resource ids; "" for unknown ones."""
    for service, classifications in services.items():
        if service_id.lower().endswith(f"/{get_service_id(service)}"):
            ids = {build_classification_json(service, name)["id"].lower(): name for name in classifications}
            return service, ids.get(classification_id.lower(), "")
    return "", ""


def _derive_guid(name: str) -> str:
    return str(uuid.uuid5(_UUID_NAMESPACE, name))
