"""Opens the look at Azure that the settings ask for. The SDKs are imported only where it is not off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.azure.arm.cloud import PUBLIC, US_GOVERNMENT, AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.azure.disabled import DisabledAzureReader
from bot.telemetry.observer import Observer
from dialogs.model.ports import AzureReader
from knowledge.diagnosis.diagnoser import Diagnoser

if TYPE_CHECKING:
    from bot.azure.credentials.credential_provider import CredentialProvider

CLOUDS = {"public": PUBLIC, "usgovernment": US_GOVERNMENT}


class CloseableAzureReader(AzureReader, Protocol):
    """The look at Azure, and the end of it."""

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
    """The look that `settings` ask for; whole logs are read with `diagnoser`. Close it at the end.

    The modes user and sandbox need `eyes`: those of `bot.sign_in` and `bot.sandbox`. `cloud`: another than the
    settings name, such as the sandbox's. `observer` is told of every look. Raises `ValueError` where the eyes are
    missing.
    """
    if settings.access_mode == "off":
        return DisabledAzureReader()
    from bot.azure.templates.template_reader import AzureTemplateReader

    place = cloud or CLOUDS[settings.cloud]
    own = credential_provider or build_credential_provider(settings, place)
    if own is None:
        raise ValueError(f"the mode {settings.access_mode} needs the eyes of another package")
    return AzureTemplateReader(settings.access_mode, place, own, diagnoser, observer=observer)


def build_credential_provider(settings: AzureSettings, cloud: AzureCloud) -> CredentialProvider | None:
    """The eyes of this program itself, in the modes that have them: local and bot."""
    if settings.access_mode not in ("local", "bot"):
        return None
    from bot.azure.credentials.own_credentials import LocalCredentials, ManagedIdentityCredentials

    return (
        LocalCredentials(cloud, settings.subscriptions)
        if settings.access_mode == "local"
        else ManagedIdentityCredentials(settings)
    )
