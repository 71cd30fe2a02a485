"""The sandbox's resources in Resource Manager's JSON."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.builds.log_context import fill_placeholders
from bot.sandbox.builds.run_history import TemplateRun, format_nanoseconds
from bot.sandbox.builds.scenario import TENANT_ID, TemplateSpec

_TEMPLATE_TYPE = "Microsoft.VirtualMachineImages/imageTemplates"
NEWEST_API_VERSION = "2025-10-01"
_SINCE_VERSION = {
    "vmProfile": "2020-02-14",
    "stagingResourceGroup": "2022-02-14",
    "exactStagingResourceGroup": "2022-02-14",
}
"""The first API versions in which a template has these properties."""


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


def build_template_json(
    template: TemplateSpec, runs: Sequence[TemplateRun], now: datetime, api_version: str = NEWEST_API_VERSION
) -> dict[str, Any]:
    """Build the JSON of an image template at `now`, with the status of the first (newest) of `runs`."""
    groups_path = f"/subscriptions/{template.subscription}/resourceGroups"
    properties = _fill_placeholders_in(copy.deepcopy(dict(template.properties)), template)
    # Resource Manager returns these properties even if the template doesn't set them
    properties.setdefault("buildTimeoutInMinutes", 0)
    properties.setdefault("vmProfile", {"vmSize": "", "osDiskSizeGB": 0})
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
    for key, since in _SINCE_VERSION.items():
        if api_version < since:
            del properties[key]
    return {
        "properties": properties,
        **_build_identity_json(template),
        "tags": dict(template.tags),
        "location": template.location,
        "id": _build_template_id(template),
        "name": template.name,
        "type": _TEMPLATE_TYPE,
    }


def build_run_outputs_json(template: TemplateSpec, runs: Sequence[TemplateRun], now: datetime) -> list[dict[str, Any]]:
    """Build the JSON of what the first (newest) of `runs` produced: an empty list until it ends."""
    if not runs or now < runs[0].ended_at:
        return []
    return [
        {
            "properties": {
                "artifactId": fill_placeholders(output.artifact, template, runs[0].cycle),
                "provisioningState": "Succeeded",
            },
            "id": f"{_build_template_id(template)}/runOutputs/{output.name}",
            "name": output.name,
            "type": f"{_TEMPLATE_TYPE}/runOutputs",
        }
        for output in runs[0].spec.outputs
    ]


def build_triggers_json(template: TemplateSpec, created_at: datetime) -> list[dict[str, Any]]:
    """Build the JSON of a template's triggers, which are all active."""
    return [
        {
            "properties": {
                "kind": "SourceImage",
                "provisioningState": "Succeeded",
                "status": {"code": "Healthy", "message": "Trigger is active", "time": format_nanoseconds(created_at)},
            },
            "id": f"{_build_template_id(template)}/triggers/{trigger.name}",
            "name": trigger.name,
            "type": f"{_TEMPLATE_TYPE}/triggers",
        }
        for trigger in template.triggers
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


def _build_template_id(template: TemplateSpec) -> str:
    """Build the id as Image Builder returns it; the ids within its answers have `resourceGroups`."""
    return template.id.replace("/resourceGroups/", "/resourcegroups/", 1)


def _build_identity_json(template: TemplateSpec) -> dict[str, Any]:
    if template.identity != "assigned":
        return {"identity": {"type": "None"}} if template.identity == "removed" else {}
    group_path = template.id.partition("/providers/")[0]
    identity = f"{group_path}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{template.name}"
    ids = {"principalId": template.derive_guid("principal"), "clientId": template.derive_guid("client")}
    return {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: ids}}}


def _fill_placeholders_in(value: Any, template: TemplateSpec) -> Any:
    if isinstance(value, str):
        return fill_placeholders(value, template, 0)
    if isinstance(value, dict):
        return {key: _fill_placeholders_in(item, template) for key, item in value.items()}
    return [_fill_placeholders_in(item, template) for item in value] if isinstance(value, list) else value
