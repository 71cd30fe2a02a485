"""The sandbox's resources in Resource Manager's JSON."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.builds.log_context import fill_placeholders
from bot.sandbox.builds.run_history import TemplateRun
from bot.sandbox.builds.scenario import TENANT_ID, TemplateSpec

_RUN_OUTPUT_TYPE = "Microsoft.VirtualMachineImages/imageTemplates/runOutputs"


def build_subscription_json(subscription: str, name: str) -> dict[str, Any]:
    """Build the JSON of a subscription, which is the same in a list and for a single one."""
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": TENANT_ID,
        "displayName": name,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "spendingLimit": "Off"},
    }


def build_template_json(template: TemplateSpec, runs: Sequence[TemplateRun], now: datetime) -> dict[str, Any]:
    """Build the JSON of an image template at `now`, with the status of the first (newest) of `runs`."""
    groups_path = f"/subscriptions/{template.subscription}/resourceGroups"
    identity = (
        f"{groups_path}/{template.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{template.name}"
    )
    properties = _fill_placeholders_in(copy.deepcopy(dict(template.properties)), template)
    # Resource Manager returns these properties even if the template does not set them
    properties.setdefault("buildTimeoutInMinutes", 0)
    properties.setdefault("vmProfile", {})
    properties["provisioningState"] = template.provisioning["state"]
    if "code" in template.provisioning:
        properties["provisioningError"] = {
            "provisioningErrorCode": template.provisioning["code"],
            "message": fill_placeholders(template.provisioning["message"], template, 0),
        }
    properties.setdefault("stagingResourceGroup", "")
    properties["exactStagingResourceGroup"] = f"{groups_path}/{template.staging_group}"
    if runs:
        properties["lastRunStatus"] = runs[0].build_status(now)
    return {
        "id": template.id,
        "name": template.name,
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "location": template.location,
        "tags": {"purpose": "sandbox"},
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {
                identity: {
                    "principalId": template.derive_guid("principal"),
                    "clientId": template.derive_guid("client"),
                }
            },
        },
        "properties": properties,
    }


def build_run_outputs_json(template: TemplateSpec, runs: Sequence[TemplateRun], now: datetime) -> list[dict[str, Any]]:
    """Build the JSON of what the first (newest) of `runs` produced: an empty list until it has ended."""
    if not runs or now < runs[0].ended_at:
        return []
    return [
        {
            "id": f"{template.id}/runOutputs/{output.name}",
            "name": output.name,
            "type": _RUN_OUTPUT_TYPE,
            "properties": {
                "artifactId": fill_placeholders(output.artifact, template, runs[0].cycle),
                "provisioningState": "Succeeded",
            },
        }
        for output in runs[0].spec.outputs
    ]


def build_resource_group_json(
    subscription: str, name: str, staging_owner: TemplateSpec | None, location: str
) -> dict[str, Any]:
    """Build the JSON of a resource group. `staging_owner` is the template whose staging group it is, if any."""
    # Image Builder tags its staging groups with the template that they belong to
    tags = (
        {
            "createdBy": "AzureVMImageBuilder",
            "imageTemplateName": staging_owner.name,
            "imageTemplateResourceGroupName": staging_owner.group,
        }
        if staging_owner
        else {}
    )
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "tags": tags,
        "properties": {"provisioningState": "Succeeded"},
    }


def build_storage_account_json(template: TemplateSpec, base_url: str) -> dict[str, Any]:
    """Build the JSON of the storage account in a template's staging group; `base_url` is where blobs are served."""
    group_path = f"/subscriptions/{template.subscription}/resourceGroups/{template.staging_group}"
    has_firewall = template.storage_access == "firewall"
    return {
        "id": f"{group_path}/providers/Microsoft.Storage/storageAccounts/{template.storage_account}",
        "name": template.storage_account,
        "type": "Microsoft.Storage/storageAccounts",
        "location": template.location,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS", "tier": "Standard"},
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "allowBlobPublicAccess": False,
            "supportsHttpsTrafficOnly": True,
            "minimumTlsVersion": "TLS1_2",
            "networkAcls": {
                "bypass": "AzureServices",
                "defaultAction": "Deny" if has_firewall else "Allow",
                "ipRules": [],
            },
            "primaryEndpoints": {"blob": f"{base_url}/{template.storage_account}/"},
            "primaryLocation": template.location,
            "statusOfPrimary": "available",
        },
    }


def _fill_placeholders_in(value: Any, template: TemplateSpec) -> Any:
    if isinstance(value, str):
        return fill_placeholders(value, template, 0)
    if isinstance(value, dict):
        return {key: _fill_placeholders_in(item, template) for key, item in value.items()}
    return [_fill_placeholders_in(item, template) for item in value] if isinstance(value, list) else value
