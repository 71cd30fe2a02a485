"""Open the Azure reader that the settings ask for. The Azure SDKs are imported only if lookups are on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.azure.arm.settings import AzureSettings
from bot.azure.disabled import DisabledAzureReader
from bot.telemetry.observer import Observer
from dialogs.model.ports import AzureReader
from knowledge.azure_clouds import CLOUDS, AzureCloud
from knowledge.diagnosis.diagnoser import Diagnoser

if TYPE_CHECKING:
    from bot.azure.credentials.credential_provider import CredentialProvider


class CloseableAzureReader(AzureReader, Protocol):
    """An Azure reader that holds connections."""

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        ...


def open_azure_reader(
    settings: AzureSettings,
    diagnoser: Diagnoser,
    credential_provider: CredentialProvider | None = None,
    cloud: AzureCloud | None = None,
    observer: Observer | None = None,
) -> CloseableAzureReader:
    """Open the Azure reader for `settings`. The caller must close it.

    Args:
        settings: Says whether lookups are on, and with whose credentials.
        diagnoser: Diagnoses whole logs.
        credential_provider: Required in the modes user (from `bot.sign_in`) and sandbox (from `bot.sandbox`).
        cloud: Replaces the cloud that `settings` names; the sandbox has its own.
        observer: Is notified of every lookup.

    Raises:
        ValueError: The mode needs a credential provider, and none was given.
    """
    if settings.access_mode == "off":
        return DisabledAzureReader()
    from bot.azure.templates.template_reader import AzureTemplateReader

    azure_cloud = cloud or CLOUDS[settings.cloud]
    provider = credential_provider or build_credential_provider(settings, azure_cloud)
    if provider is None:
        raise ValueError(f"the mode {settings.access_mode} needs a credential provider")
    return AzureTemplateReader(settings.access_mode, azure_cloud, provider, diagnoser, observer=observer)


def build_credential_provider(settings: AzureSettings, cloud: AzureCloud) -> CredentialProvider | None:
    """Build the credential provider for the modes local and bot; return None for the others."""
    if settings.access_mode not in ("local", "bot"):
        return None
    from bot.azure.credentials.own_credentials import LocalCredentials, ManagedIdentityCredentials

    return (
        LocalCredentials(cloud, settings.subscriptions)
        if settings.access_mode == "local"
        else ManagedIdentityCredentials(settings)
    )
