"""Where a support request goes: product, topic, severity, and which team to ask if it isn't Image Builder's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from knowledge.azure_clouds import CLOUDS, DEFAULT_CLOUD
from knowledge.azure_names import is_guid
from knowledge.model.entry import Basis, LocalizedText, Reference

IdKind = Literal["service", "topic", "older_topic"]


@dataclass(frozen=True, slots=True)
class SupportProduct:
    """A product in the request form, with the ids that the API and the portal use for it and for its topics.

    The ids are hints only: Azure replaces them without notice.
    """

    name: str
    service: str
    topic: str
    older_topic: str


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """The product that Azure may list for Image Builder alone, with the id of its service, which is only a hint.

    No source lists its problem types. Those with `prefers` (lower case) in their names come first.
    """

    name: str
    service: str
    prefers: str


@dataclass(frozen=True, slots=True)
class IdSource:
    """Where the ids of one kind were found, in which month (`2024-05`), and how reliable that source is."""

    id_kind: IdKind
    basis: Basis
    seen: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Classification:
    """How to recognize the problem classification: the display name to expect, and words it must contain."""

    name: str
    contains: str


@dataclass(frozen=True, slots=True)
class Portal:
    """The formats of the two links to a new request, in any cloud's portal."""

    prefilled_url: str
    blank_url: str


@dataclass(frozen=True, slots=True)
class CasePath:
    """The last two choices of the request form: topic and subtopic."""

    topic: str
    subtopic: str


@dataclass(frozen=True, slots=True)
class CaseSeverity:
    """A severity: its name in the API, its letter in the portal, and when to choose it."""

    id: str
    letter: str
    meaning: LocalizedText


@dataclass(frozen=True, slots=True)
class Owner:
    """Another team that is responsible for some entries, or for whole areas, and why."""

    id: str
    basis: Basis
    entries: tuple[str, ...]
    areas: tuple[str, ...]
    who: LocalizedText
    why: LocalizedText


@dataclass(frozen=True, slots=True)
class SupportRouting:
    """All that is known about support requests. `products` is keyed by operating system: `windows` and `linux`."""

    product_family: str
    products: Mapping[str, SupportProduct]
    own_product: OwnProduct
    topic_path: CasePath
    fallback: CasePath
    classification: Classification
    id_sources: tuple[IdSource, ...]
    portal: Portal
    sources: tuple[Reference, ...]
    severities: tuple[CaseSeverity, ...]
    own_entries: tuple[str, ...]
    owners: tuple[Owner, ...]

    def get_product_name(self, os: str) -> str | None:
        """Return the name of the product for an operating system, or `None` for an unknown one."""
        return self.products[os].name if os in self.products else None

    def is_own_product(self, service_name: str) -> bool:
        """Return whether a service of this name is Image Builder's own product, ignoring case and spacing."""
        return service_name.casefold().split() == self.own_product.name.casefold().split()

    def build_request_url(self, os: str, subscription: str, cloud: str) -> str:
        """Build the link to a new request about an image of `os`, with the ids that are known filled in.

        `subscription` is left out unless it's a GUID, so that no other text gets into the link.
        """
        product = self.products.get(os)
        if product is None:
            return self.build_blank_request_url(cloud)
        ids = {"subId": subscription.lower()} if is_guid(subscription) else {}
        parameters = json.dumps(
            {**ids, "pesId": product.service, "supportTopicId": product.topic}, separators=(",", ":")
        )
        return self.portal.prefilled_url.format(portal=CLOUDS[cloud].portal, parameters=quote(parameters, safe=""))

    def build_blank_request_url(self, cloud: str = DEFAULT_CLOUD) -> str:
        """Build the link to an empty new request."""
        return self.portal.blank_url.format(portal=CLOUDS[cloud].portal)

    def find_owner(self, entry: str, area: str) -> Owner | None:
        """Find the team responsible for an entry, by entry id first, then by area; `None` for Image Builder's team."""
        if entry in self.own_entries:
            return None
        owner_by_entry = next((owner for owner in self.owners if entry in owner.entries), None)
        return owner_by_entry or next((owner for owner in self.owners if area in owner.areas), None)
