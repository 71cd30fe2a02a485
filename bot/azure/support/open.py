"""Opens the filing that the settings allow. The SDK is imported only where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.azure.arm.cloud import AzureCloud
from dialogs.model.ports import Filing
from knowledge.catalog.support import SupportRouting

if TYPE_CHECKING:
    from bot.azure.credentials.credential_provider import Eyes


def open_filing(allowed: bool, eyes: Eyes | None, cloud: AzureCloud, routing: SupportRouting) -> Filing | None:
    """The filing with the person's own `eyes`; None where the operator has not allowed it, or nobody looks."""
    if not allowed or eyes is None:
        return None
    from bot.azure.support.ticket_filer import SupportFiling

    return SupportFiling(eyes, cloud, routing)
