"""The sandbox's resources in the JSON of Resource Manager."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from bot.sandbox.builds.log_context import fill_placeholders
from bot.sandbox.builds.run_history import TemplateRun
from bot.sandbox.builds.scenario import TENANT_ID, TemplateSpec

_RUN_OUTPUT_TYPE = "Microsoft.VirtualMachineImages/imageTemplates/runOutputs"


def build_subscription_json(subscription: str, name: str) -> dict[str, Any]:
    """A subscription, as the list and the single one show it."""
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": TENANT_ID,
        "displayName": name,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "spendingLimit": "Off"},
    }


def build_template_json(template: TemplateSpec, runs: list[TemplateRun], now: datetime) -> dict[str, Any]:
    """An image template with the status of its last run. `runs`: the newest first."""
    group = f"/subscriptions/{template.subscription}/resourceGroups"
    identity = f"{group}/{template.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{template.name}"
    properties = _fill_placeholders_in(copy.deepcopy(dict(template.properties)), template)
    properties.setdefault("buildTimeoutInMinutes", 0)
    properties.setdefault("vmProfile", {})
    properties["provisioningState"] = template.provisioning["state"]
    if "code" in template.provisioning:
        properties["provisioningError"] = {
            "provisioningErrorCode": template.provisioning["code"],
            "message": fill_placeholders(template.provisioning["message"], template, 0),
        }
    properties.setdefault("stagingResourceGroup", "")
    properties["exactStagingResourceGroup"] = f"{group}/{template.staging_group}"
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


def build_run_outputs_json(template: TemplateSpec, runs: list[TemplateRun], now: datetime) -> list[dict[str, Any]]:
    """What the last run produced; nothing while it goes on."""
    if not runs or now < runs[0].ended_at:
        return []
    return [
        {
            "id": f"{template.id}/runOutputs/{output.name}",
            "name": output.name,
            "type": _RUN_OUTPUT_TYPE,
            "properties": {
                "artifactId": fill_placeholders(output.artifact, template, runs[0].cycle),
                "provisioningState": output.state,
            },
        }
        for output in runs[0].spec.outputs
    ]


def build_resource_group_json(
    subscription: str, name: str, template: TemplateSpec | None, location: str
) -> dict[str, Any]:
    """A resource group; `template` is the one that a staging group belongs to."""
    tags = (
        {
            "createdBy": "AzureVMImageBuilder",
            "imageTemplateName": template.name,
            "imageTemplateResourceGroupName": template.group,
        }
        if template
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
    """The storage account of a staging group; `base` is where the sandbox serves blobs."""
    group = f"/subscriptions/{template.subscription}/resourceGroups/{template.staging_group}"
    closed = template.storage_access == "firewall"
    return {
        "id": f"{group}/providers/Microsoft.Storage/storageAccounts/{template.storage_account}",
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
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny" if closed else "Allow", "ipRules": []},
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
