"""Which of the services and classifications that Azure lists a case about Image Builder belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from dialogs.model.support import ClassificationChoice, ServiceChoice
from knowledge.catalog.support import SupportRouting

IMAGE_BUILDER = "image builder"
MOST = 5
"""Classifications that a person is asked to choose from."""


def service_of(name: str, listed: Iterable[ServiceChoice]) -> ServiceChoice | None:
    """The service that is called `name`, in whatever case; None when there is none."""
    wanted = _plain(name)
    return next((service for service in listed if _plain(service.name) == wanted), None)


def classifications_of(
    routing: SupportRouting, listed: Iterable[ClassificationChoice]
) -> tuple[ClassificationChoice, ...]:
    """The one that the routing names; else those that speak of Image Builder, under the routing's topic if any do."""
    known = list(listed)
    wanted = _plain(f"{routing.path.topic} / {routing.path.subtopic}")
    exact = [one for one in known if _plain(one.name) == wanted]
    if exact:
        return (exact[0],)
    named = [one for one in known if IMAGE_BUILDER in _plain(one.name)]
    topic = _plain(routing.path.topic)
    preferred = [one for one in named if _plain(one.name).startswith(topic)]
    return tuple((preferred or named)[:MOST])


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
