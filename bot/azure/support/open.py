"""Opens the filing that the settings allow. The SDK is imported only where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.azure.arm.cloud import AzureCloud
from dialogs.model.ports import TicketFiler
from knowledge.catalog.support import SupportRouting

if TYPE_CHECKING:
    from bot.azure.credentials.credential_provider import CredentialProvider


def open_ticket_filer(
    is_allowed: bool, credential_provider: CredentialProvider | None, cloud: AzureCloud, routing: SupportRouting
) -> TicketFiler | None:
    """The filing with the person's own `eyes`; None where the operator has not allowed it, or nobody looks."""
    if not is_allowed or credential_provider is None:
        return None
    from bot.azure.support.ticket_filer import SupportTicketFiler

    return SupportTicketFiler(credential_provider, cloud, routing)
