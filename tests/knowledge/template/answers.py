"""What Azure really answered for image templates, and the forms in which people have a template as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures" / "answers.json").read_text(encoding="utf-8"))
"""Resource Manager's answers, of 2020 and 2023."""


def flatten(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as Azure CLI prints it: without the level of `properties`, and with null for what is missing."""
    properties = json.loads(json.dumps(answer["properties"]))
    vm = properties.get("vmProfile")
    if vm and "osDiskSizeGB" in vm:
        vm["osDiskSizeGb"] = vm.pop("osDiskSizeGB")
    unset = dict.fromkeys(("customize", "errorHandling", "lastRunStatus", "optimize", "provisioningError", "validate"))
    others = {key: value for key, value in answer.items() if key != "properties"}
    return {**unset, **properties, **others, "resourceGroup": "img", "systemData": None}


STEPS = [
    {"type": "PowerShell", "name": "tools", "inline": ["Install-Module Az", "exit 0"], "runElevated": True},
    {"type": "File", "sourceUri": "https://example.com/a.zip", "destination": "c:\\a.zip", "sha256Checksum": "ab12"},
    {"type": "Shell", "scriptUri": "https://example.com/s.sh"},
]
DEPLOYMENT: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"name": {"type": "string", "defaultValue": "win11"}},
    "variables": {"steps": []},
    "resources": [
        {"type": "Microsoft.Compute/galleries", "apiVersion": "2023-07-03", "name": "gallery", "properties": {}},
        {
            "type": "Microsoft.VirtualMachineImages/imageTemplates",
            "apiVersion": "2024-02-01",
            "name": "[parameters('name')]",
            "location": "[resourceGroup().location]",
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {"[parameters('identity')]": {}}},
            "properties": {
                "buildTimeoutInMinutes": "[parameters('timeout')]",
                "vmProfile": {
                    "vmSize": "[parameters('size')]",
                    "osDiskSizeGB": "127",
                    "vnetConfig": "[if(empty(parameters('subnet')), null(), createObject('subnetId', parameters('subnet')))]",
                },
                "source": {
                    "type": "PlatformImage",
                    "publisher": "MicrosoftWindowsDesktop",
                    "offer": "windows-11",
                    "sku": "[parameters('sku')]",
                    "version": "latest",
                },
                "customize": STEPS,
                "validate": {"inVMValidations": [{"type": "PowerShell", "name": "check", "inline": ["exit 0"]}]},
                "distribute": [
                    {
                        "type": "SharedImage",
                        "galleryImageId": "[variables('image')]",
                        "runOutputName": "out",
                        "replicationRegions": ["northeurope"],
                    },
                    {"type": "VHD", "runOutputName": "disk", "uri": "https://example.com/d.vhd"},
                ],
                "autoRun": {"state": "Enabled"},
                "errorHandling": {"onCustomizerError": "abort", "onValidationError": "cleanup"},
            },
        },
    ],
}
