"""Every live rule: what makes it find something, and that nothing is found where all is well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from knowledge.preflight.live.live_rule_catalog import load_live_rules
from tests.knowledge.preflight.live.good_azure import (
    ACCOUNT,
    BLOB_READER,
    DEFINITION,
    GALLERY,
    GALLERY_SOURCE,
    IDENTITY,
    IMAGE,
    IMAGES,
    MANAGED,
    MANAGED_SOURCE,
    NETWORK,
    OWNER,
    PLATFORM_SOURCE,
    ROOT,
    SKU,
    SOURCE_DEFINITION,
    SOURCE_VERSION,
    STAGING,
    SUBSCRIPTION,
    VM_IDENTITY,
    VNET,
    Azure,
    build_assignment,
    build_azure,
    build_role,
    build_role_path,
    build_template,
    check,
    list_ids,
)

OTHER = "c4b7d912-0e5a-4f68-8a23-71d9e5f0b46c"
ONE_SUBNET = {"vnetConfig": {"subnetId": f"{VNET}/subnets/snet-build"}}
FIXED = [{"type": "SharedImage", "runOutputName": "g", "galleryImageId": f"{DEFINITION}/versions/1.0.0"}]
PLAN = {"name": "server-pro", "product": "ubuntu-pro", "publisher": "canonical"}
PLAN_INFO = {"planName": "server-pro", "planProduct": "Ubuntu-Pro", "planPublisher": "canonical"}
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"


def put(path: str, *keys: str | int, value: Any) -> Callable[[Azure], None]:
    """Change one value of what Azure says about a path; without keys, all of it."""

    def change(azure: Azure) -> None:
        if not keys:
            azure[path] = value
            return
        place = azure[path]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def limit_role(group: str, *actions: str, data: tuple[str, ...] = ()) -> Callable[[Azure], None]:
    """Let the identity do only this in a resource group."""
    return put(build_role_path(group, OWNER), value=build_role(list(actions), list(data)))


def assign(group: str, *assignments: dict[str, Any]) -> Callable[[Azure], None]:
    """Give the identity these roles in a resource group."""
    path = f"{group}/providers/Microsoft.Authorization/roleAssignments"
    return put(path, value={"value": list(assignments)})


SECURITY = ("properties", "features", 0, "value")
CASES: dict[str, list[tuple[dict[str, Any], Callable[[Azure], Any]]]] = {
    "source-image-gone": [
        ({}, put(f"{SKU}/versions", value=None)),
        ({}, put(f"{SKU}/versions", value=[])),
        ({"source": PLATFORM_SOURCE | {"version": "24.04.202602110"}}, put(IMAGE, value=None)),
    ],
    "source-image-deprecated": [
        ({}, put(IMAGE, "properties", "imageDeprecationStatus", value={"imageState": "ScheduledForDeprecation"}))
    ],
    "source-plan-missing": [
        ({}, put(IMAGE, "properties", "plan", value=PLAN)),
        (
            {"source": PLATFORM_SOURCE | {"planInfo": PLAN_INFO | {"planName": "server"}}},
            put(IMAGE, "properties", "plan", value=PLAN),
        ),
    ],
    "source-version-gone": [
        ({"source": GALLERY_SOURCE}, put(SOURCE_VERSION, value=None)),
        (
            {"source": {"imageVersionId": f"{SOURCE_DEFINITION}/versions/latest"}},
            put(f"{SOURCE_DEFINITION}/versions", value={"value": []}),
        ),
    ],
    "source-version-elsewhere": [
        (
            {"source": GALLERY_SOURCE},
            put(SOURCE_VERSION, "properties", "publishingProfile", "targetRegions", value=[{"name": "West US"}]),
        )
    ],
    "source-managed-image-gone": [({"source": MANAGED_SOURCE}, put(MANAGED, value=None))],
    "source-managed-image-elsewhere": [
        ({"source": MANAGED_SOURCE, "distribute": []}, put(MANAGED, "location", value="westeurope"))
    ],
    "source-security-unsupported": [({}, put(IMAGE, *SECURITY, value="TrustedLaunch"))],
    "source-specialized": [
        ({"source": GALLERY_SOURCE}, put(SOURCE_DEFINITION, "properties", "osState", value="Specialized"))
    ],
    "target-gallery-gone": [({}, lambda azure: azure.update({DEFINITION: None, GALLERY: None}))],
    "target-definition-gone": [({}, put(DEFINITION, value=None))],
    "target-os-differs": [({}, put(DEFINITION, "properties", "osType", value="Windows"))],
    "target-generation-differs": [
        ({}, put(DEFINITION, "properties", "hyperVGeneration", value="V1")),
        ({}, lambda azure: azure[DEFINITION]["properties"].pop("hyperVGeneration")),
        ({"source": GALLERY_SOURCE}, put(SOURCE_DEFINITION, "properties", "hyperVGeneration", value="V1")),
    ],
    "target-security-differs": [({}, put(DEFINITION, "properties", "features", value=[]))],
    "target-specialized": [({}, put(DEFINITION, "properties", "osState", value="Specialized"))],
    "target-version-exists": [({"distribute": FIXED}, put(f"{DEFINITION}/versions/1.0.0", value={"name": "1.0.0"}))],
    "target-group-gone": [({}, put(IMAGES, value=None))],
    "identity-gone": [({}, put(IDENTITY, value=None))],
    "vm-identity-gone": [({}, put(VM_IDENTITY, value=None))],
    "identity-cannot-read-source": [
        (
            {"source": GALLERY_SOURCE, "distribute": [], "customize": [], "vmProfile": None},
            limit_role(IMAGES, "Microsoft.Compute/galleries/read"),
        )
    ],
    "identity-cannot-read-managed-image": [
        (
            {"source": MANAGED_SOURCE, "distribute": [], "customize": [], "vmProfile": None},
            limit_role(IMAGES, "Microsoft.Compute/galleries/*"),
        )
    ],
    "identity-cannot-write-version": [
        ({"vmProfile": None}, limit_role(IMAGES, "Microsoft.Compute/*/read", "Microsoft.Compute/images/*"))
    ],
    "identity-cannot-write-image": [({"vmProfile": None}, limit_role(IMAGES, "Microsoft.Compute/galleries/*", "*/read"))],
    "identity-cannot-join-subnet": [
        ({"vmProfile": ONE_SUBNET}, limit_role(NETWORK, "*/read")),
        ({"vmProfile": ONE_SUBNET}, assign(NETWORK)),
        ({"vmProfile": ONE_SUBNET}, assign(NETWORK, build_assignment(OWNER, f"{VNET}/subnets/other"))),
    ],
    "identity-cannot-use-staging-group": [({}, limit_role(STAGING, "*/read"))],
    "identity-cannot-assign-vm-identity": [({}, limit_role(IMAGES, "Microsoft.Compute/*"))],
    "identity-cannot-read-scripts": [
        ({}, put(build_role_path(IMAGES, BLOB_READER), value=build_role(["*"]))),
        ({}, assign(IMAGES, build_assignment(OWNER, ROOT))),
        (
            {},
            assign(
                IMAGES,
                build_assignment(OWNER, ROOT),
                build_assignment(BLOB_READER, f"{ACCOUNT}/blobServices/default/containers/other"),
            ),
        ),
    ],
    "subnet-gone": [
        ({"vmProfile": ONE_SUBNET}, put(VNET, value=None)),
        ({"vmProfile": ONE_SUBNET}, put(VNET, "properties", "subnets", value=[])),
    ],
    "subnet-elsewhere": [({"vmProfile": ONE_SUBNET}, put(VNET, "location", value="westeurope"))],
    "subnet-private-link-policy": [
        (
            {"vmProfile": ONE_SUBNET},
            put(VNET, "properties", "subnets", 0, "properties", "privateLinkServiceNetworkPolicies", value="Enabled"),
        ),
        ({"vmProfile": ONE_SUBNET}, put(VNET, "properties", "subnets", 0, "properties", value={})),
    ],
    "subnet-no-outbound": [
        ({}, put(VNET, "properties", "subnets", 0, "properties", "defaultOutboundAccess", value=False)),
    ],
    "subnet-reserved": [
        (
            {},
            put(
                VNET, "properties", "subnets", 0, "properties", "delegations",
                value=[{"properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
            ),
        )
    ],
    "container-subnet-not-delegated": [({}, put(VNET, "properties", "subnets", 1, "properties", value={}))],
    "staging-group-elsewhere": [({}, put(STAGING, "location", value="westeurope"))],
    "staging-group-taken": [
        ({}, put(STAGING, "tags", "imageTemplateName", value="another")),
        ({}, put(STAGING, "tags", "ImageTemplateResourceGroupName", value="rg-other")),
    ],
    "staging-group-not-empty": [({"provisioningState": "Failed"}, put(STAGING, "tags", value={}))],
}  # fmt: skip
ELSEWHERE = {"source-managed-image-subscription", "staging-group-subscription"}
"""What needs another subscription, and so has its own test."""
GOOD: list[tuple[dict[str, Any], Callable[[Azure], Any]]] = [
    ({}, lambda azure: None),
    ({"source": GALLERY_SOURCE}, lambda azure: None),
    ({"source": MANAGED_SOURCE, "distribute": []}, lambda azure: None),
    ({"vmProfile": ONE_SUBNET}, lambda azure: None),
    (
        {"source": {"imageVersionId": f"{SOURCE_DEFINITION}/versions/latest"}},
        put(f"{SOURCE_DEFINITION}/versions", value={"value": [{"name": "1.0.0"}]}),
    ),
    (
        {},
        lambda azure: azure[VNET]["properties"]["subnets"][0]["properties"].update(
            defaultOutboundAccess=False, natGateway={"id": "x"}
        ),
    ),
    # with a subnet for containers, no private link is needed
    ({}, put(VNET, "properties", "subnets", 0, "properties", value={})),
    ({"source": PLATFORM_SOURCE | {"planInfo": PLAN_INFO}}, put(IMAGE, "properties", "plan", value=PLAN)),
    ({"distribute": FIXED}, put(f"{DEFINITION}/versions/1.0.0", value=None)),
    # Image Builder creates a group that doesn't exist
    ({}, lambda azure: azure.update({STAGING: None, f"{STAGING}/resources": None})),
    ({"provisioningState": "Failed"}, lambda azure: azure.update({f"{STAGING}/resources": {"value": []}})),
    ({}, put(STAGING, "tags", value={})),
    ({}, put(STAGING, "tags", value={"imageTemplateName": "GOLDEN", "imageTemplateResourceGroupName": "RG-Images"})),
    # a role that only holds under a condition could be enough
    ({}, assign(STAGING, build_assignment(OWNER, ROOT, condition="@Resource[x]"))),
    ({}, assign(STAGING, build_assignment(OWNER, "/providers/Microsoft.Management/managementGroups/all"))),
    ({}, assign(STAGING, build_assignment(OWNER, STAGING.upper()))),
    ({}, put(build_role_path(STAGING, OWNER), value="denied")),
    ({}, put(IMAGE, *SECURITY, value="")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "properties", "change"), [(rule, *case) for rule, cases in CASES.items() for case in cases]
)
def test_a_rule_finds_its_mistake_and_only_that(
    rule: str, properties: dict[str, Any], change: Callable[[Azure], Any]
) -> None:
    assert list_ids(build_template(**properties), change) == [rule]


@pytest.mark.parametrize(("properties", "change"), GOOD)
def test_nothing_is_found_where_all_is_well(properties: dict[str, Any], change: Callable[[Azure], Any]) -> None:
    found = list_ids(build_template(**properties), change)
    assert [rule for rule in found if rule != "target-security-differs"] == []


def test_every_rule_has_a_case() -> None:
    assert {rule.rule.id for rule in load_live_rules()} == set(CASES) | ELSEWHERE


def test_what_must_be_in_the_templates_subscription_is_not_elsewhere() -> None:
    image, group = MANAGED.replace(SUBSCRIPTION, OTHER), STAGING.replace(SUBSCRIPTION, OTHER)
    azure = build_azure()
    for path in (MANAGED, STAGING, f"{STAGING}/resources"):
        azure[path.replace(SUBSCRIPTION, OTHER)] = azure[path]
    for place in (IMAGES, STAGING):
        azure[f"{place.replace(SUBSCRIPTION, OTHER)}/providers/Microsoft.Authorization/roleAssignments"] = "denied"
    template = build_template(
        source={"type": "ManagedImage", "imageId": image}, stagingResourceGroup=group, distribute=[]
    )
    assert {finding.rule.id for finding in check(template, azure).findings} == ELSEWHERE


def test_a_finding_names_the_place_and_the_values() -> None:
    azure = build_azure()
    limit_role(NETWORK, "*/read")(azure)
    (finding,) = check(build_template(vmProfile=ONE_SUBNET), azure).findings
    assert finding.path == "$.properties.vmProfile.vnetConfig.subnetId"
    assert finding.source.text[finding.position.column :].strip()
    assert finding.values["action"] == "Microsoft.Network/virtualNetworks/subnets/join/action"
    assert (finding.values["name"], finding.values["identity"]) == ("snet-build", "id-builder")
