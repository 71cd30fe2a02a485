"""What's planned, and what a check says about what it couldn't look at."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.preflight.live.live_checking import UncheckedResource
from knowledge.preflight.live.lookup import MAX_LOOKUPS, LiveFacts
from knowledge.preflight.live.permissions import matches_action
from knowledge.preflight.live.planning import plan_lookups
from knowledge.preflight.live.references import MAX_REFERENCES, list_references
from knowledge.preflight.live.resource_ids import normalize_id
from tests.knowledge.preflight.live.good_azure import (
    ACCOUNTS,
    DEFINITION,
    IDENTITY,
    IMAGES,
    MANAGED,
    NETWORK,
    SKU,
    STAGING,
    SUBSCRIPTION,
    VM_IDENTITY,
    VNET,
    build_azure,
    build_template,
    check,
    look_up,
    read_template,
)

ROLES = "/providers/Microsoft.Authorization/roleAssignments"


def test_everything_fits_into_one_check() -> None:
    template = read_template(build_template())
    facts = look_up(template, build_azure())
    assert 12 < len(facts.answers) <= MAX_LOOKUPS


@pytest.mark.parametrize(
    ("path", "outcome", "expected"),
    [
        (f"{NETWORK}{ROLES}", "denied", UncheckedResource("roles", "denied", group="rg-network")),
        (VNET, "denied", UncheckedResource("network", "denied", "vnet", "rg-network")),
        (IDENTITY, "hidden", UncheckedResource("identity", "hidden", "id-builder", "rg-images")),
        (STAGING, "too-slow", UncheckedResource("staging", "too-slow", "rg-staging", "rg-staging")),
        (f"{STAGING}/resources", "busy", UncheckedResource("staging", "busy", "rg-staging", "rg-staging")),
        (f"{SKU}/versions", "trouble", UncheckedResource("source", "trouble", group=SUBSCRIPTION)),
        (DEFINITION, "denied", UncheckedResource("target", "denied", "golden", "rg-images")),
        (ACCOUNTS, "denied", UncheckedResource("storage", "denied", group=SUBSCRIPTION)),
    ],
)
def test_what_could_not_be_read_is_named_and_nothing_is_claimed_about_it(
    path: str, outcome: str, expected: UncheckedResource
) -> None:
    azure = build_azure()
    azure[path] = outcome
    result = check(build_template(), azure)
    assert result.findings == ()
    assert result.unchecked == (expected,)


def test_what_was_looked_up_settles_what_a_file_leaves_open() -> None:
    azure = build_azure()
    assert check(build_template(), azure).settled == {"vm-identities-need-operator", "subnet-needs-outbound"}
    azure[VNET] = "denied"
    assert check(build_template(), azure).settled == {"vm-identities-need-operator"}
    azure[f"{IMAGES}{ROLES}"] = "denied"
    assert check(build_template(), azure).settled == set()


def test_an_account_elsewhere_is_named() -> None:
    azure = build_azure()
    azure[ACCOUNTS] = {"value": []}
    assert check(build_template(), azure).unchecked == (UncheckedResource("storage", "hidden", "scripts"),)


@pytest.mark.parametrize(
    "address",
    ["https://example.com/a.sh", "https://scripts.blob.core.windows.net/build/a.sh?sv=1&sig=x", "https://blob.core.windows.net/a/b"],
)  # fmt: skip
def test_scripts_that_need_no_role_need_no_lookup(address: str) -> None:
    template = read_template(build_template(customize=[{"type": "Shell", "scriptUri": address}]))
    assert all(lookup.topic != "storage" for lookup in plan_lookups(template, LiveFacts()))


@pytest.mark.parametrize(
    "properties",
    [
        {"vmProfile": {"vnetConfig": {"subnetId": "[parameters('subnet')]"}}},
        {"vmProfile": {"vnetConfig": {"subnetId": f"{VNET}/subnets/a/../../b"}}},
        {"stagingResourceGroup": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/a b?x=1"},
        {"source": {"type": "SharedImageVersion", "imageVersionId": "/communityGalleries/x/images/y/versions/1.0.0"}},
        {"source": {"publisher": "a/../b", "offer": "c", "sku": "d"}},
        {"distribute": [{"type": "SharedImage", "galleryImageId": "/subscriptions/x/galleries/y"}]},
    ],
)
def test_an_id_that_cannot_be_read_is_not_looked_up(properties: dict[str, Any]) -> None:
    azure = build_azure()
    result = check(build_template(**properties), azure)
    assert [unchecked.reason for unchecked in result.unchecked] == ["unnamed"]


@pytest.mark.parametrize(
    "body", [None, [], "text", 1, {"value": 3}, {"properties": []}, {"value": [None, 1, {}]}, {"tags": [1]}]
)
def test_odd_answers_prove_nothing(body: Any) -> None:
    azure = build_azure()
    template = read_template(build_template())
    for path in azure:
        odd = azure | {path: {} if body is None or isinstance(body, str) else body}
        check_it = check(build_template(), odd)
        assert all(finding.rule.id for finding in check_it.findings)
    assert plan_lookups(template, LiveFacts())


def test_a_hostile_template_refers_to_no_more_than_the_limit() -> None:
    many = [f"{VM_IDENTITY}{number}" for number in range(50_000)]
    template = read_template(build_template(vmProfile={"userAssignedIdentities": many}))
    assert len(list_references(template)) == MAX_REFERENCES


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (DEFINITION.lower(), "definition", DEFINITION.lower().replace("resourcegroups", "resourceGroups").replace("microsoft.compute", "Microsoft.Compute")),
        (f"{DEFINITION}/", "definition", DEFINITION),
        (DEFINITION[1:], "definition", DEFINITION),
        (f"{DEFINITION}/versions/1.0.0", "definition", None),
        (IMAGES, "group", IMAGES),
        (f"{IMAGES}/providers", "group", None),
        (MANAGED, "managed-image", MANAGED),
        (MANAGED, "definition", None),
        (f"{MANAGED}%2F..", "managed-image", None),
        (f"{MANAGED}?x", "managed-image", None),
        ("", "identity", None),
    ],
)  # fmt: skip
def test_an_id_has_one_spelling(text: str, kind: Any, expected: str | None) -> None:
    assert normalize_id(text, kind) == expected


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "Microsoft.Compute/images/read", True),
        ("*/read", "Microsoft.Compute/images/read", True),
        ("*/read", "Microsoft.Compute/images/write", False),
        ("microsoft.compute/*", "Microsoft.Compute/images/write", True),
        ("Microsoft.Compute/*/read", "Microsoft.Compute/images/read", True),
        ("Microsoft.Compute/images/read", "Microsoft.Compute/images/read", True),
        ("Microsoft.Compute/images/re", "Microsoft.Compute/images/read", False),
        ("a*a", "a", False),
        (
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            True,
        ),
        ("*" * 400, "Microsoft.Compute/images/read", False),
    ],
)
def test_what_a_role_includes(pattern: str, action: str, expected: bool) -> None:
    assert matches_action(pattern, action) is expected
