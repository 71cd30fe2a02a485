"""Small templates for tests, and what the rules find in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from knowledge.preflight.checking import check_source
from knowledge.preflight.finding import PreflightResult
from knowledge.preflight.rule_catalog import load_rules
from knowledge.preflight.source_text import SourceText

TODAY = date(2026, 11, 29)
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
DEFINITION = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/c/images/d"


def build_resource(properties: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A template without mistakes, with other properties and members where they're given."""
    return {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2024-02-01",
        "name": "ubuntu-web",
        "location": "northeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "source": {
                "type": "PlatformImage",
                "publisher": "Canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
            },
            "customize": [{"type": "Shell", "name": "hello", "inline": ["echo hello"]}],
            "distribute": [{"type": "SharedImage", "galleryImageId": DEFINITION, "runOutputName": "web"}],
            "vmProfile": {"vmSize": "Standard_D2ds_v5"},
            **(properties or {}),
        },
        **members,
    }


def build_deployment(resources: Sequence[Any], **members: Any) -> dict[str, Any]:
    """A deployment template with these resources."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", **members, "resources": resources}


def check_text(text: str, **options: Any) -> PreflightResult:
    """Check a file's text against all the rules."""
    return check_source(SourceText("a.json", text), load_rules(), TODAY, **options)


def check(value: Any, **options: Any) -> PreflightResult:
    """Check a value, written as JSON."""
    return check_text(json.dumps(value, indent=2), **options)


def list_ids(result: PreflightResult) -> list[str]:
    """The rules that found something, in order."""
    return [finding.rule.id for finding in result.findings]
