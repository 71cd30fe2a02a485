"""The sandbox's resources in the JSON of Resource Manager."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from bot.sandbox.runs import MadeRun
from bot.sandbox.scenario import TENANT, Template
from bot.sandbox.stage import fill

_RUN_OUTPUTS = "Microsoft.VirtualMachineImages/imageTemplates/runOutputs"


def subscription_json(subscription: str, name: str) -> dict[str, Any]:
    """A subscription, as the list and the single one show it."""
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": TENANT,
        "displayName": name,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "spendingLimit": "Off"},
    }


def template_json(template: Template, runs: list[MadeRun], now: datetime) -> dict[str, Any]:
    """An image template with the status of its last run. `runs`: the newest first."""
    group = f"/subscriptions/{template.subscription}/resourceGroups"
    identity = f"{group}/{template.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{template.name}"
    properties = _filled(copy.deepcopy(dict(template.properties)), template)
    properties.setdefault("buildTimeoutInMinutes", 0)
    properties.setdefault("vmProfile", {})
    properties["provisioningState"] = template.provisioning["state"]
    if "code" in template.provisioning:
        properties["provisioningError"] = {
            "provisioningErrorCode": template.provisioning["code"],
            "message": fill(template.provisioning["message"], template, 0),
        }
    properties.setdefault("stagingResourceGroup", "")
    properties["exactStagingResourceGroup"] = f"{group}/{template.staging}"
    if runs:
        properties["lastRunStatus"] = runs[0].status(now)
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
                    "principalId": template.made_id("principal"),
                    "clientId": template.made_id("client"),
                }
            },
        },
        "properties": properties,
    }


def outputs_json(template: Template, runs: list[MadeRun], now: datetime) -> list[dict[str, Any]]:
    """What the last run produced; nothing while it goes on."""
    if not runs or now < runs[0].ended:
        return []
    return [
        {
            "id": f"{template.id}/runOutputs/{output.name}",
            "name": output.name,
            "type": _RUN_OUTPUTS,
            "properties": {
                "artifactId": fill(output.artifact, template, runs[0].cycle),
                "provisioningState": output.state,
            },
        }
        for output in runs[0].run.outputs
    ]


def group_json(subscription: str, name: str, template: Template | None, location: str) -> dict[str, Any]:
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


def account_json(template: Template, base: str) -> dict[str, Any]:
    """The storage account of a staging group; `base` is where the sandbox serves blobs."""
    group = f"/subscriptions/{template.subscription}/resourceGroups/{template.staging}"
    closed = template.storage == "firewall"
    return {
        "id": f"{group}/providers/Microsoft.Storage/storageAccounts/{template.account}",
        "name": template.account,
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
            "primaryEndpoints": {"blob": f"{base}/{template.account}/"},
            "primaryLocation": template.location,
            "statusOfPrimary": "available",
        },
    }


def _filled(value: Any, template: Template) -> Any:
    if isinstance(value, str):
        return fill(value, template, 0)
    if isinstance(value, dict):
        return {key: _filled(item, template) for key, item in value.items()}
    return [_filled(item, template) for item in value] if isinstance(value, list) else value
