"""Choose the Azure Support service and problem classification for a case about Image Builder."""

from __future__ import annotations

from collections.abc import Iterable

from dialogs.model.support import ClassificationChoice, ServiceChoice
from knowledge.model.support_routing import SupportRouting

IMAGE_BUILDER = "image builder"
MAX_CLASSIFICATIONS = 5
"""The most classifications that a person is asked to choose from."""


def find_service(name: str, services: Iterable[ServiceChoice]) -> ServiceChoice | None:
    """Return the service called `name`, ignoring case and spacing, or None."""
    wanted = _normalize(name)
    return next((service for service in services if _normalize(service.name) == wanted), None)


def find_classifications(
    routing: SupportRouting, classifications: Iterable[ClassificationChoice]
) -> tuple[ClassificationChoice, ...]:
    """Return the classification that the routing data names, or else those whose names mention Image Builder.

    If some of those that mention Image Builder belong to the topic of the routing data, only they are returned.
    """
    available = list(classifications)
    wanted = _normalize(f"{routing.topic_path.topic} / {routing.topic_path.subtopic}")
    exact = [choice for choice in available if _normalize(choice.name) == wanted]
    if exact:
        return (exact[0],)
    related = [choice for choice in available if IMAGE_BUILDER in _normalize(choice.name)]
    topic = _normalize(routing.topic_path.topic)
    preferred = [choice for choice in related if _normalize(choice.name).startswith(topic)]
    return tuple((preferred or related)[:MAX_CLASSIFICATIONS])


def find_own_classifications(
    routing: SupportRouting, classifications: Iterable[ClassificationChoice]
) -> tuple[ClassificationChoice, ...]:
    """Return all classifications of Image Builder's own service, those that the routing data prefers first."""
    return tuple(sorted(classifications, key=lambda choice: routing.own_product.prefers not in choice.name.casefold()))


def _normalize(name: str) -> str:
    return " ".join(name.casefold().split())
