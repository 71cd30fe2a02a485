"""The sandbox's description of its cloud, which Azure CLI reads when the sandbox is registered as a cloud."""

from __future__ import annotations

from typing import Any

from knowledge.azure_clouds import AzureCloud

_FIRST_VERSION = "2015-01-01"


def build_cloud_metadata_json(cloud: AzureCloud, api_version: str) -> dict[str, Any]:
    """Build Resource Manager's answer to `/metadata/endpoints`, the only request without a token."""
    audience = cloud.resource_scope.removesuffix("/.default")
    if api_version == _FIRST_VERSION:
        return {
            "galleryEndpoint": "",
            "graphEndpoint": "",
            "portalEndpoint": cloud.portal,
            "authentication": {"loginEndpoint": f"{cloud.authority}/", "audiences": [audience]},
        }
    return {
        "portal": cloud.portal,
        "authentication": {
            "loginEndpoint": f"{cloud.authority}/",
            "audiences": [audience],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": cloud.resource_manager,
        "name": "Sandbox",
        "suffixes": {},
    }
