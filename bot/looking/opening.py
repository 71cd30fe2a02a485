"""Opens the look at Azure that the settings ask for. The SDKs are imported only where it is not off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.looking.cloud import PUBLIC, US_GOVERNMENT, AzureCloud
from bot.looking.off import NoLooks
from bot.looking.settings import AzureSettings
from bot.observing import Observer
from dialogs.ports import Azure
from knowledge.diagnosing import Diagnoser

if TYPE_CHECKING:
    from bot.looking.eyes import Eyes

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

    The modes user and sandbox need `eyes`: those of `bot.signing` and `bot.sandbox`. `cloud`: another than the
    settings name, such as the sandbox's. `observer` is told of every look. Raises `ValueError` where the eyes are
    missing.
    """
    if settings.look == "off":
        return NoLooks()
    from bot.looking.azure import AzureLooks

    place = cloud or CLOUDS[settings.cloud]
    own = eyes or own_eyes(settings, place)
    if own is None:
        raise ValueError(f"the mode {settings.look} needs the eyes of another package")
    return AzureLooks(settings.look, place, own, diagnoser, observer=observer)


def own_eyes(settings: AzureSettings, cloud: AzureCloud) -> Eyes | None:
    """The eyes of this program itself, in the modes that have them: local and bot."""
    if settings.look not in ("local", "bot"):
        return None
    from bot.looking.own_eyes import IdentityEyes, LocalEyes

    return LocalEyes(cloud, settings.subscriptions) if settings.look == "local" else IdentityEyes(settings)
