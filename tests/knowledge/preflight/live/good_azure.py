"""A template with every kind of reference, and an Azure in which nothing is wrong with any of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from knowledge.preflight.live.live_checking import LiveResult, check_live
from knowledge.preflight.live.live_rule_catalog import load_live_rules
from knowledge.preflight.live.lookup import LiveFacts, Lookup, LookupAnswer, Outcome
from knowledge.preflight.live.planning import plan_lookups
from knowledge.preflight.preflight_input import CheckedTemplate, read_checked_templates
from knowledge.preflight.source_text import SourceText

SUBSCRIPTION = "8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75"
PRINCIPAL = "5b0e7c4d-91a2-4f3b-8d65-2c17e09fab34"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
ROOT = f"/subscriptions/{SUBSCRIPTION}"
IMAGES, NETWORK, STAGING = (f"{ROOT}/resourceGroups/{name}" for name in ("rg-images", "rg-network", "rg-staging"))
GALLERY = f"{IMAGES}/providers/Microsoft.Compute/galleries/gal"
DEFINITION = f"{GALLERY}/images/golden"
SOURCE_DEFINITION = f"{GALLERY}/images/parent"
SOURCE_VERSION = f"{SOURCE_DEFINITION}/versions/1.0.0"
MANAGED = f"{IMAGES}/providers/Microsoft.Compute/images/parent"
IDENTITY = f"{IMAGES}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-builder"
VM_IDENTITY = f"{IMAGES}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-vm"
VNET = f"{NETWORK}/providers/Microsoft.Network/virtualNetworks/vnet"
SKU = (
    f"{ROOT}/providers/Microsoft.Compute/locations/northeurope/publishers/Canonical"
    "/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server"
)
IMAGE = f"{SKU}/versions/24.04.202602110"
ACCOUNTS = f"{ROOT}/providers/Microsoft.Storage/storageAccounts"
ACCOUNT = f"{IMAGES}/providers/Microsoft.Storage/storageAccounts/scripts"
LIVE_RULES = load_live_rules()
TRUSTED = [{"name": "SecurityType", "value": "TrustedLaunchSupported"}]
PLATFORM_SOURCE = {
    "type": "PlatformImage", "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest",
}  # fmt: skip
GALLERY_SOURCE = {"type": "SharedImageVersion", "imageVersionId": SOURCE_VERSION}
MANAGED_SOURCE = {"type": "ManagedImage", "imageId": MANAGED}

Azure = dict[str, Any]
"""What Azure has, by path. `None` means that it says 404; a text is another outcome, such as `denied`."""


def build_template(**properties: Any) -> dict[str, Any]:
    """A template as Azure returns it; arguments replace its properties, and None removes one."""
    own: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "source": PLATFORM_SOURCE,
        "customize": [
            {"type": "Shell", "name": "tools", "scriptUri": "https://scripts.blob.core.windows.net/build/tools.sh"}
        ],
        "distribute": [
            {"type": "SharedImage", "runOutputName": "gallery", "galleryImageId": DEFINITION},
            {
                "type": "ManagedImage", "runOutputName": "managed", "location": "northeurope",
                "imageId": f"{IMAGES}/providers/Microsoft.Compute/images/golden",
            },
        ],
        "vmProfile": {
            "userAssignedIdentities": [VM_IDENTITY],
            "vnetConfig": {
                "subnetId": f"{VNET}/subnets/snet-build", "containerInstanceSubnetId": f"{VNET}/subnets/snet-aci",
            },
        },
        "stagingResourceGroup": STAGING,
    }  # fmt: skip
    own = {name: value for name, value in (own | properties).items() if value is not None}
    return {
        "id": f"{IMAGES}/providers/Microsoft.VirtualMachineImages/imageTemplates/golden",
        "name": "golden",
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "location": "North Europe",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {"principalId": PRINCIPAL}}},
        "properties": own,
    }


def build_azure() -> Azure:
    """An Azure in which the template and its variants find everything they need."""
    definition = {
        "osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2", "features": TRUSTED,
    }  # fmt: skip
    disk = {"osDisk": {"osType": "Linux", "osState": "Generalized"}}
    roles = [
        build_assignment(OWNER, ROOT),
        build_assignment(BLOB_READER, f"{ACCOUNT}/blobServices/default/containers/build"),
    ]
    azure: Azure = {
        f"{SKU}/versions": [{"name": "24.04.202602110", "location": "northeurope"}],
        IMAGE: {
            "name": "24.04.202602110",
            "properties": {
                "hyperVGeneration": "V2", "osDiskImage": {"operatingSystem": "Linux"}, "features": TRUSTED,
                "imageDeprecationStatus": {"imageState": "Active"},
            },
        },
        GALLERY: {"id": GALLERY, "location": "northeurope", "properties": {}},
        DEFINITION: {"id": DEFINITION, "location": "northeurope", "properties": definition},
        SOURCE_DEFINITION: {"id": SOURCE_DEFINITION, "location": "northeurope", "properties": definition},
        SOURCE_VERSION: {
            "id": SOURCE_VERSION,
            "properties": {"publishingProfile": {"targetRegions": [{"name": "North Europe"}, {"name": "West US"}]}},
        },
        MANAGED: {"location": "northeurope", "properties": {"hyperVGeneration": "V2", "storageProfile": disk}},
        IMAGES: {"location": "westeurope"},
        IDENTITY: {"location": "northeurope", "properties": {"principalId": PRINCIPAL}},
        VM_IDENTITY: {"location": "northeurope", "properties": {"principalId": SUBSCRIPTION}},
        VNET: {
            "location": "northeurope",
            "properties": {
                "subnets": [
                    {"name": "snet-build", "properties": {"privateLinkServiceNetworkPolicies": "Disabled"}},
                    {
                        "name": "snet-aci",
                        "properties": {
                            "delegations": [
                                {"properties": {"serviceName": "Microsoft.ContainerInstance/containerGroups"}}
                            ]
                        },
                    },
                ]
            },
        },
        STAGING: {"location": "northeurope", "tags": {"imageTemplateName": "golden"}},
        f"{STAGING}/resources": {"value": [{"name": "account"}]},
        ACCOUNTS: {"value": [{"id": ACCOUNT, "name": "scripts"}]},
    }  # fmt: skip
    for group in (IMAGES, NETWORK, STAGING):
        azure[f"{group}/providers/Microsoft.Authorization/roleAssignments"] = {"value": roles}
        azure[build_role_path(group, OWNER)] = build_role(["*"])
        azure[build_role_path(group, BLOB_READER)] = build_role(
            [], ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]
        )
    copied: Azure = json.loads(json.dumps(azure))
    return copied


def build_assignment(role: str, scope: str, **properties: Any) -> dict[str, Any]:
    """A role assignment of the template's identity."""
    role_id = f"{ROOT}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {"properties": {"principalId": PRINCIPAL, "roleDefinitionId": role_id, "scope": scope, **properties}}


def build_role(actions: list[str], data_actions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A role definition."""
    permission = {"actions": actions, "notActions": [], "dataActions": data_actions or [], "notDataActions": []}
    return {"properties": {"roleName": "A role", "permissions": [permission | more]}}


def build_role_path(group: str, role: str) -> str:
    """The path at which a role is read."""
    return f"{group}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def read_template(template: dict[str, Any]) -> CheckedTemplate:
    """The template as preflight reads it."""
    (found,) = read_checked_templates(SourceText("golden", json.dumps(template, indent=2)))
    return found


def look_up(template: CheckedTemplate, azure: Azure, waves: int = 4) -> LiveFacts:
    """Look up everything that's planned, as the bot does. What Azure doesn't have at all is a mistake in the test."""
    facts = LiveFacts()
    for _ in range(waves):
        for lookup in plan_lookups(template, facts):
            facts.answers[lookup] = answer(lookup, azure)
    assert not plan_lookups(template, facts)
    return facts


def answer(lookup: Lookup, azure: Azure) -> LookupAnswer:
    """What Azure says about a lookup."""
    body = azure[lookup.path]
    if isinstance(body, str):
        outcome: Outcome = body  # type: ignore[assignment]
        return LookupAnswer(outcome)
    return LookupAnswer("missing") if body is None else LookupAnswer("found", body)


def check(template: dict[str, Any], azure: Azure) -> LiveResult:
    """Check a template with all live rules."""
    checked = read_template(template)
    return check_live(checked, look_up(checked, azure), LIVE_RULES)


def list_ids(template: dict[str, Any], change: Callable[[Azure], Any] = lambda azure: None) -> list[str]:
    """The rules that find something after Azure has changed."""
    azure = build_azure()
    change(azure)
    return [finding.rule.id for finding in check(template, azure).findings]
