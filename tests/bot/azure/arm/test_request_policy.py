"""Which requests can be sent to Azure for a lookup. The other policy tests run the SDK's clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.rest import HttpRequest

from bot.azure.arm.allowed_requests import LOG_RULES, LOOKUP_RULES, PREFLIGHT_RULES, AllowRule
from bot.azure.arm.request_policy import ForeignAddressError, RequestPolicy, RetryRule

ARM = "https://management.azure.com"
BLOBS = "https://acct.blob.core.windows.net/packerlogs"
SUBSCRIPTION = f"{ARM}/subscriptions/8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
SKU = (
    f"{SUBSCRIPTION}/providers/Microsoft.Compute/locations/northeurope/publishers/Canonical/artifacttypes/vmimage"
    "/offers/ubuntu/skus/server"
)
TEMPLATE = f"{GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/t"


async def is_sent(base: str, rules: Sequence[AllowRule], method: str, url: str) -> bool:
    async def send(request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        class Ok:
            status_code = 200

        return PipelineResponse(request.http_request, Ok(), request.context)

    policy = RequestPolicy(base, rules, RetryRule(1, 0, lambda: 0))
    try:
        await policy.send(PipelineRequest(HttpRequest(method, url), PipelineContext(None)), send)
    except ForeignAddressError:
        return False
    return True


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        (f"{ARM}/subscriptions?api-version=2022-12-01&%24skiptoken=x", True),
        (f"{GROUP}?api-version=2022-09-01", True),
        (f"{SUBSCRIPTION}/resourcegroups/rg%20%28%C3%A9%29", True),
        (f"{SUBSCRIPTION}/providers/Microsoft.Storage/storageAccounts", True),
        (f"{GROUP}/providers/microsoft.storage/storageaccounts", True),
        (f"{SUBSCRIPTION}/providers/Microsoft.VirtualMachineImages/imageTemplates", True),
        (TEMPLATE, True),
        (TEMPLATE.replace(".com", ".com:443"), True),
        (f"{TEMPLATE}/runOutputs", True),
        (ARM, False),
        (f"{ARM}/subscriptions/", False),
        (f"{ARM}/subscriptions/x/resourceGroups/rg", False),
        (f"{ARM}/\u017fubscriptions", False),
        (f"{GROUP}/resources", False),
        (f"{GROUP}/providers/Microsoft.KeyVault/vaults", False),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a/listKeys", False),
        (f"{TEMPLATE}/../../../Microsoft.KeyVault/vaults", False),
        (f"{TEMPLATE}%2F..%2Fx", False),
        (f"{TEMPLATE}%0A", False),
        (f"{TEMPLATE}/runOutputs/one/two", False),
        (TEMPLATE.replace(".com", ".com.evil.example"), False),
    ],
)
async def test_a_lookup_reads_what_it_needs_and_nothing_else(url: str, is_allowed: bool) -> None:
    for method in ("GET", "HEAD"):
        assert await is_sent(ARM, LOOKUP_RULES, method, url) is is_allowed
    for method in ("POST", "PUT", "PATCH", "DELETE", "get"):
        assert not await is_sent(ARM, LOOKUP_RULES, method, url)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        (f"{COMPUTE}/galleries/gal", True),
        (f"{COMPUTE}/galleries/gal/images/golden/versions/1.0.0?api-version=2024-03-03", True),
        (f"{COMPUTE}/images/golden", True),
        (f"{SKU}/versions?$top=1", True),
        (f"{SKU}/versions/latest", True),
        (f"{GROUP}/resources?$top=1", True),
        (f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet", True),
        (f"{GROUP}/providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('x')", True),
        (f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75", True),
        (f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id", True),
        (TEMPLATE, False),
        (f"{ARM}/subscriptions", False),
        (f"{SUBSCRIPTION}/resources", False),
        (f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments", False),
        (f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions", False),
        (f"{GROUP}/providers/Microsoft.Authorization/locks", False),
        (f"{COMPUTE}/virtualMachines/vm", False),
        (f"{COMPUTE}/galleries/gal/share", False),
        (f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id/federatedIdentityCredentials", False),
        (f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet/providers/x", False),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a/listKeys", False),
        (f"{GROUP}/providers/Microsoft.KeyVault/vaults/v", False),
        (f"{COMPUTE}/images/../virtualMachines/vm", False),
        (f"{COMPUTE}/images/x%2Fy", False),
    ],
)
async def test_a_preflight_check_reads_what_a_template_can_refer_to_and_nothing_else(
    url: str, is_allowed: bool
) -> None:
    assert await is_sent(ARM, PREFLIGHT_RULES, "GET", url) is is_allowed
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "get"):
        assert not await is_sent(ARM, PREFLIGHT_RULES, method, url)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        (f"{BLOBS}?restype=container&comp=list", True),
        (f"{BLOBS}/4f1c0a52/customization.log", True),
        (f"{BLOBS}X/customization.log", False),
        (BLOBS.replace("packerlogs", "Packerlogs"), False),
        (BLOBS.replace("/packerlogs", "/vhds/x"), False),
        (f"{BLOBS}/../vhds/x", False),
    ],
)
async def test_a_log_is_read_in_its_container(url: str, is_allowed: bool) -> None:
    assert await is_sent(BLOBS, LOG_RULES, "GET", url) is is_allowed
    assert not await is_sent(BLOBS, LOG_RULES, "PUT", url)
