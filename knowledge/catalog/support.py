"""Where a support request goes: product, topic, severities, and whose request it is when it is not Image Builder's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote

import re2

from knowledge.catalog.yaml_section import KeyPath, Section, YamlFile
from knowledge.model.entry import Basis, LocalizedText, Reference
from knowledge.model.errors import Fault, KnowledgeError

SUPPORT_PATH = Path(__file__).parents[1] / "support.yaml"

PortalCloud = Literal["public", "us-government"]
IdKind = Literal["service", "topic", "older_topic"]

_KEYS = ("product_family", "products", "topic", "subtopic", "fallback", "classification", "id_sources", "portal")
_LIST_KEYS = ("sources", "severities", "own_entries", "owners")
_SYSTEMS = ("windows", "linux")
_GUID = re2.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_DATE = re2.compile(r"^20\d\d-[01]\d$")


class InvalidSupportRoutingError(KnowledgeError):
    """The support routing breaks its rules; `faults` has every fault, with file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class SupportProduct:
    """A product of the request form, and the ids by which the API and the portal know it and its topics: hints."""

    name: str
    service: str
    topic: str
    older_topic: str


@dataclass(frozen=True, slots=True)
class IdSource:
    """Where the ids of one kind come from, when they were seen there (year and month), how far that can be trusted."""

    id_kind: IdKind
    basis: Basis
    seen: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Classification:
    """How the problem classification is recognised: its expected display name, and words that it must contain."""

    name: str
    contains: str


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's hosts by cloud, and the two forms of a link to a new request."""

    hosts: Mapping[PortalCloud, str]
    prefilled_url: str
    blank_url: str


@dataclass(frozen=True, slots=True)
class CasePath:
    """The last two choices of the request form: topic and subtopic."""

    topic: str
    subtopic: str


@dataclass(frozen=True, slots=True)
class CaseSeverity:
    """A severity: the word that the API takes, the letter that the portal shows, and when to choose it."""

    id: str
    letter: str
    meaning: LocalizedText


@dataclass(frozen=True, slots=True)
class Owner:
    """Someone else whose request it is, for the entries named or else for whole areas, and why."""

    id: str
    basis: Basis
    entries: tuple[str, ...]
    areas: tuple[str, ...]
    who: LocalizedText
    why: LocalizedText


@dataclass(frozen=True, slots=True)
class SupportRouting:
    """The whole routing. `products` by operating system: `windows` and `linux`."""

    product_family: str
    products: Mapping[str, SupportProduct]
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
        """The product's name for an operating system, `None` when it is neither `windows` nor `linux`."""
        return self.products[os].name if os in self.products else None

    def build_request_url(self, os: str, subscription: str = "", cloud: PortalCloud = "public") -> str:
        """The portal's page for a new request about an image of `os`, filled in as far as its ids are known.

        `subscription` goes into it only when it is a GUID.
        """
        product = self.products.get(os)
        if product is None:
            return self.build_blank_request_url(cloud)
        ids = {"subId": subscription.lower()} if _GUID.match(subscription.lower()) else {}
        parameters = json.dumps(
            {**ids, "pesId": product.service, "supportTopicId": product.topic}, separators=(",", ":")
        )
        return self.portal.prefilled_url.format(host=self.portal.hosts[cloud], parameters=quote(parameters, safe=""))

    def build_blank_request_url(self, cloud: PortalCloud = "public") -> str:
        """The portal's empty page for a new request."""
        return self.portal.blank_url.format(host=self.portal.hosts[cloud])

    def find_owner(self, entry: str, area: str) -> Owner | None:
        """Whose request an entry is when it is not Image Builder's: named by entry first, then by area."""
        if entry in self.own_entries:
            return None
        named = next((owner for owner in self.owners if entry in owner.entries), None)
        return named or next((owner for owner in self.owners if area in owner.areas), None)


def load_support(path: Path = SUPPORT_PATH) -> SupportRouting:
    """The routing in `path`. Raises `SupportInvalid` with every fault."""
    file = YamlFile(path, path.name)
    if file.value is None and file.list_faults():
        raise InvalidSupportRoutingError(file.list_faults())
    section = Section(file, (), file.value, (*_KEYS, *_LIST_KEYS))
    products = section.build_nested("products", lambda f, t, v: Section(f, t, v, _SYSTEMS))
    routing = SupportRouting(
        product_family=section.get_text("product_family"),
        products={os: products.build_nested(os, _parse_product) for os in _SYSTEMS},
        topic_path=CasePath(section.get_text("topic"), section.get_text("subtopic")),
        fallback=section.build_nested("fallback", _parse_case_path),
        classification=section.build_nested("classification", _parse_classification),
        id_sources=section.build_each("id_sources", _parse_id_source),
        portal=section.build_nested("portal", _parse_portal),
        sources=section.build_each("sources", _parse_source),
        severities=section.build_each("severities", _parse_severity),
        own_entries=section.get_texts("own_entries"),
        owners=section.build_each("owners", _parse_owner),
    )
    if not routing.severities:
        section.add_fault("severities", "'severities' needs at least one severity")
    if missing := sorted(set(get_args(IdKind)) - {source.id_kind for source in routing.id_sources}):
        section.add_fault("id_sources", f"'id_sources' says nothing of {', '.join(missing)}")
    for kind in ("entries", "areas"):
        named = dict.fromkeys(routing.own_entries if kind == "entries" else (), "own_entries")
        for index, owner in enumerate(routing.owners):
            for item in getattr(owner, kind):
                if item in named:
                    file.add_fault(
                        ("owners", index, kind), f"{item!r} stands with {named[item]!r} already; name it once"
                    )
                named.setdefault(item, owner.id)
    if faults := file.list_faults():
        raise InvalidSupportRoutingError(faults)
    return routing


def _parse_product(file: YamlFile, key_path: KeyPath, value: Any) -> SupportProduct:
    ids = get_args(IdKind)
    section = Section(file, key_path, value, ("name", *ids))
    for key in ids:
        if not _GUID.match(section.get_text(key, default="")):
            section.add_fault(key, f"{key!r} must be a GUID in lower case")
    return SupportProduct(
        section.get_text("name"),
        section.get_text("service"),
        section.get_text("topic"),
        section.get_text("older_topic"),
    )


def _parse_classification(file: YamlFile, key_path: KeyPath, value: Any) -> Classification:
    section = Section(file, key_path, value, ("name", "contains"))
    found = Classification(section.get_text("name"), section.get_text("contains"))
    if found.contains.lower() not in found.name.lower():
        section.add_fault("contains", f"{found.contains!r} is not in the name {found.name!r}")
    return found


def _parse_id_source(file: YamlFile, key_path: KeyPath, value: Any) -> IdSource:
    section = Section(file, key_path, value, ("ids", "basis", "seen", "title", "url"))
    if not _DATE.match(section.get_text("seen")):
        section.add_fault("seen", "'seen' must be a year and month, such as 2024-05")
    return IdSource(
        id_kind=section.get_choice("ids", get_args(IdKind)),
        basis=section.get_choice("basis", get_args(Basis)),
        seen=section.get_text("seen"),
        title=section.get_text("title"),
        url=section.get_text("url"),
    )


def _parse_portal(file: YamlFile, key_path: KeyPath, value: Any) -> Portal:
    clouds: tuple[PortalCloud, ...] = get_args(PortalCloud)
    section = Section(file, key_path, value, ("hosts", "filled", "plain"))
    hosts = section.build_nested("hosts", lambda f, t, v: Section(f, t, v, clouds))
    for key, slots in (("filled", ("{host}", "{parameters}")), ("plain", ("{host}",))):
        form = section.get_text(key)
        if not form.startswith("https://{host}/") or any(form.count(slot) != 1 for slot in slots):
            section.add_fault(key, f"{key!r} must begin with https://{{host}}/ and hold {' and '.join(slots)} once")
    return Portal(
        {cloud: hosts.get_text(cloud) for cloud in clouds}, section.get_text("filled"), section.get_text("plain")
    )


def _parse_case_path(file: YamlFile, key_path: KeyPath, value: Any) -> CasePath:
    section = Section(file, key_path, value, ("topic", "subtopic"))
    return CasePath(section.get_text("topic"), section.get_text("subtopic"))


def _parse_source(file: YamlFile, key_path: KeyPath, value: Any) -> Reference:
    section = Section(file, key_path, value, ("title", "url"))
    return Reference(section.get_text("title"), section.get_text("url"))


def _parse_severity(file: YamlFile, key_path: KeyPath, value: Any) -> CaseSeverity:
    section = Section(file, key_path, value, ("id", "letter", "meaning"))
    return CaseSeverity(
        id=section.get_choice("id", ("minimal", "moderate", "critical")),
        letter=section.get_text("letter"),
        meaning=section.get_localized("meaning"),
    )


def _parse_owner(file: YamlFile, key_path: KeyPath, value: Any) -> Owner:
    section = Section(file, key_path, value, ("id", "basis", "entries", "areas", "who", "why"))
    return Owner(
        id=section.get_text("id"),
        basis=section.get_choice("basis", get_args(Basis)),
        entries=section.get_texts("entries"),
        areas=section.get_texts("areas"),
        who=section.get_localized("who"),
        why=section.get_localized("why"),
    )
