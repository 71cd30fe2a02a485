"""The requests that may be sent to Azure, as one table for each client. Nothing else is sent."""

from __future__ import annotations

from dataclasses import dataclass

READ_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class AllowRule:
    """Requests that may be sent: their methods, and their path below the client's address.

    In `path`, `{guid}` matches a GUID, `{name}` one segment, and `/**` anything below. Case doesn't matter.
    """

    methods: tuple[str, ...]
    path: str


_SUBSCRIPTION = "/subscriptions/{guid}"
_GROUP = "/subscriptions/{guid}/resourceGroups/{name}"

LOOKUP_RULES = (
    AllowRule(READ_METHODS, "/subscriptions"),
    AllowRule(READ_METHODS, _GROUP),
    AllowRule(READ_METHODS, f"{_SUBSCRIPTION}/providers/Microsoft.Storage/storageAccounts"),
    AllowRule(READ_METHODS, f"{_GROUP}/providers/Microsoft.Storage/storageAccounts"),
    AllowRule(READ_METHODS, f"{_SUBSCRIPTION}/providers/Microsoft.VirtualMachineImages/imageTemplates"),
    AllowRule(READ_METHODS, f"{_GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/{{name}}"),
    AllowRule(READ_METHODS, f"{_GROUP}/providers/Microsoft.VirtualMachineImages/imageTemplates/{{name}}/runOutputs"),
)
"""Looking up templates, at Resource Manager."""

_GALLERY = f"{_GROUP}/providers/Microsoft.Compute/galleries/{{name}}"
_PLATFORM_SKU = (
    f"{_SUBSCRIPTION}/providers/Microsoft.Compute/locations/{{name}}/publishers/{{name}}"
    "/artifacttypes/vmimage/offers/{name}/skus/{name}"
)
_ROLES = f"{_GROUP}/providers/Microsoft.Authorization"

PREFLIGHT_RULES = (
    AllowRule(("GET",), f"{_PLATFORM_SKU}/versions"),
    AllowRule(("GET",), f"{_PLATFORM_SKU}/versions/{{name}}"),
    AllowRule(("GET",), f"{_GROUP}/providers/Microsoft.Compute/images/{{name}}"),
    AllowRule(("GET",), _GALLERY),
    AllowRule(("GET",), f"{_GALLERY}/images/{{name}}"),
    AllowRule(("GET",), f"{_GALLERY}/images/{{name}}/versions"),
    AllowRule(("GET",), f"{_GALLERY}/images/{{name}}/versions/{{name}}"),
    AllowRule(("GET",), f"{_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{name}}"),
    AllowRule(("GET",), f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/{{name}}"),
    AllowRule(("GET",), _GROUP),
    AllowRule(("GET",), f"{_GROUP}/resources"),
    AllowRule(("GET",), f"{_SUBSCRIPTION}/providers/Microsoft.Storage/storageAccounts"),
    AllowRule(("GET",), f"{_ROLES}/roleAssignments"),
    AllowRule(("GET",), f"{_ROLES}/roleDefinitions/{{guid}}"),
)
"""Looking up what a template refers to, at Resource Manager."""

LOG_RULES = (AllowRule(READ_METHODS, ""), AllowRule(READ_METHODS, "/**"))
"""Reading build logs, in one container of one storage account."""


def build_support_rules(subscription: str) -> tuple[AllowRule, ...]:
    """Build the rules for filing tickets in `subscription`, at Resource Manager."""
    support = f"/subscriptions/{subscription}/providers/Microsoft.Support"
    return (
        AllowRule(READ_METHODS, "/providers/Microsoft.Support/services"),
        AllowRule(READ_METHODS, "/providers/Microsoft.Support/services/{name}/problemClassifications"),
        # Azure itself decides where it reports on an operation
        AllowRule(READ_METHODS, f"{support}/**"),
        AllowRule(("POST",), f"{support}/checkNameAvailability"),
        AllowRule(("PUT",), f"{support}/supportTickets/{{name}}"),
        AllowRule(("PUT",), f"{support}/fileWorkspaces/{{name}}"),
        AllowRule(("PUT",), f"{support}/fileWorkspaces/{{name}}/files/{{name}}"),
        AllowRule(("POST",), f"{support}/fileWorkspaces/{{name}}/files/{{name}}/upload"),
    )
