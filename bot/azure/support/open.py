"""The ticket filer that the settings call for. The Azure SDK is imported only if tickets can be filed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialogs.model.ports import TicketFiler
from knowledge.azure_clouds import AzureCloud
from knowledge.model.support_routing import SupportRouting

if TYPE_CHECKING:
    from bot.azure.credentials.credential_provider import CredentialProvider


def open_ticket_filer(
    is_allowed: bool, credential_provider: CredentialProvider | None, cloud: AzureCloud, routing: SupportRouting
) -> TicketFiler | None:
    """Create the ticket filer, or return None if the operator has not allowed it or Azure access is off."""
    if not is_allowed or credential_provider is None:
        return None
    from bot.azure.support.ticket_filer import SupportTicketFiler

    return SupportTicketFiler(credential_provider, cloud, routing)
