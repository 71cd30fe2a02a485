"""Opens the look at Azure that the settings ask for. The SDKs are imported only where it is not off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.azure.arm.cloud import PUBLIC, US_GOVERNMENT, AzureCloud
from bot.azure.arm.settings import AzureSettings
from bot.azure.disabled import NoLooks
from bot.telemetry.observer import Observer
from dialogs.model.ports import Azure
from knowledge.diagnosis.diagnoser import Diagnoser

if TYPE_CHECKING:
    from bot.azure.credentials.credential_provider import Eyes

CLOUDS = {"public": PUBLIC, "usgovernment": US_GOVERNMENT}


class OpenAzure(Azure, Protocol):
    """The look at Azure, and the end of it."""

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        ...


def open_azure(
    settings: AzureSettings,
    diagnoser: Diagnoser,
    eyes: Eyes | None = None,
    cloud: AzureCloud | None = None,
    observer: Observer | None = None,
) -> OpenAzure:
    """The look that `settings` ask for; whole logs are read with `diagnoser`. Close it at the end.

    The modes user and sandbox need `eyes`: those of `bot.sign_in` and `bot.sandbox`. `cloud`: another than the
    settings name, such as the sandbox's. `observer` is told of every look. Raises `ValueError` where the eyes are
    missing.
    """
    if settings.look == "off":
        return NoLooks()
    from bot.azure.templates.template_reader import AzureLooks

    place = cloud or CLOUDS[settings.cloud]
    own = eyes or own_eyes(settings, place)
    if own is None:
        raise ValueError(f"the mode {settings.look} needs the eyes of another package")
    return AzureLooks(settings.look, place, own, diagnoser, observer=observer)


def own_eyes(settings: AzureSettings, cloud: AzureCloud) -> Eyes | None:
    """The eyes of this program itself, in the modes that have them: local and bot."""
    if settings.look not in ("local", "bot"):
        return None
    from bot.azure.credentials.own_credentials import IdentityEyes, LocalEyes

    return LocalEyes(cloud, settings.subscriptions) if settings.look == "local" else IdentityEyes(settings)
