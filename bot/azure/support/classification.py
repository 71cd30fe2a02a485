"""Which of the services and classifications that Azure lists a case about Image Builder belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from dialogs.model.support import ClassificationChoice, ServiceChoice
from knowledge.catalog.support import SupportRouting

IMAGE_BUILDER = "image builder"
MAX_CLASSIFICATIONS = 5
"""Classifications that a person is asked to choose from."""


def find_service(name: str, services: Iterable[ServiceChoice]) -> ServiceChoice | None:
    """The service that is called `name`, in whatever case; None when there is none."""
    wanted = _normalize(name)
    return next((service for service in services if _normalize(service.name) == wanted), None)


def find_classifications(
    routing: SupportRouting, classifications: Iterable[ClassificationChoice]
) -> tuple[ClassificationChoice, ...]:
    """The one that the routing names; else those that speak of Image Builder, under the routing's topic if any do."""
    known = list(classifications)
    wanted = _normalize(f"{routing.topic_path.topic} / {routing.topic_path.subtopic}")
    exact = [one for one in known if _normalize(one.name) == wanted]
    if exact:
        return (exact[0],)
    named = [one for one in known if IMAGE_BUILDER in _normalize(one.name)]
    topic = _normalize(routing.topic_path.topic)
    preferred = [one for one in named if _normalize(one.name).startswith(topic)]
    return tuple((preferred or named)[:MAX_CLASSIFICATIONS])


def _normalize(name: str) -> str:
    return " ".join(name.casefold().split())
