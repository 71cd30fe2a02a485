"""Where a support request goes: product, topic, severities, and whose request it is when it is not Image Builder's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote

import re2

from knowledge.catalog.yaml_section import Section, Trail, YamlFile
from knowledge.model.entry import Basis, LocalText, Reference
from knowledge.model.errors import Fault, KnowledgeError

SUPPORT = Path(__file__).parents[1] / "support.yaml"

Cloud = Literal["public", "us-government"]
IdKind = Literal["service", "topic", "older_topic"]

_KEYS = ("product_family", "products", "topic", "subtopic", "fallback", "classification", "id_sources", "portal")
_LISTS = ("sources", "severities", "own_entries", "owners")
_SYSTEMS = ("windows", "linux")
_GUID = re2.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_DATE = re2.compile(r"^20\d\d-[01]\d$")


class SupportInvalid(KnowledgeError):
    """The support routing breaks its rules; `faults` has every fault, with file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the request form, and the ids by which the API and the portal know it and its topics: hints."""

    name: str
    service: str
    topic: str
    older_topic: str


@dataclass(frozen=True, slots=True)
class IdSource:
    """Where the ids of one kind come from, when they were seen there (year and month), how far that can be trusted."""

    ids: IdKind
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

    hosts: Mapping[Cloud, str]
    filled: str
    plain: str


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
    meaning: LocalText


@dataclass(frozen=True, slots=True)
class Owner:
    """Someone else whose request it is, for the entries named or else for whole areas, and why."""

    id: str
    basis: Basis
    entries: tuple[str, ...]
    areas: tuple[str, ...]
    who: LocalText
    why: LocalText


@dataclass(frozen=True, slots=True)
class SupportRouting:
    """The whole routing. `products` by operating system: `windows` and `linux`."""

    product_family: str
    products: Mapping[str, Product]
    path: CasePath
    fallback: CasePath
    classification: Classification
    id_sources: tuple[IdSource, ...]
    portal: Portal
    sources: tuple[Reference, ...]
    severities: tuple[CaseSeverity, ...]
    own_entries: tuple[str, ...]
    owners: tuple[Owner, ...]

    def product(self, os: str) -> str | None:
        """The product's name for an operating system, `None` when it is neither `windows` nor `linux`."""
        return self.products[os].name if os in self.products else None

    def new_request(self, os: str, subscription: str = "", cloud: Cloud = "public") -> str:
        """The portal's page for a new request about an image of `os`, filled in as far as its ids are known.

        `subscription` goes into it only when it is a GUID.
        """
        product = self.products.get(os)
        if product is None:
            return self.plain_request(cloud)
        ids = {"subId": subscription.lower()} if _GUID.match(subscription.lower()) else {}
        parameters = json.dumps(
            {**ids, "pesId": product.service, "supportTopicId": product.topic}, separators=(",", ":")
        )
        return self.portal.filled.format(host=self.portal.hosts[cloud], parameters=quote(parameters, safe=""))

    def plain_request(self, cloud: Cloud = "public") -> str:
        """The portal's empty page for a new request."""
        return self.portal.plain.format(host=self.portal.hosts[cloud])

    def owner_of(self, entry: str, area: str) -> Owner | None:
        """Whose request an entry is when it is not Image Builder's: named by entry first, then by area."""
        if entry in self.own_entries:
            return None
        named = next((owner for owner in self.owners if entry in owner.entries), None)
        return named or next((owner for owner in self.owners if area in owner.areas), None)


def load_support(path: Path = SUPPORT) -> SupportRouting:
    """The routing in `path`. Raises `SupportInvalid` with every fault."""
    file = YamlFile(path, path.name)
    if file.value is None and file.faults():
        raise SupportInvalid(file.faults())
    section = Section(file, (), file.value, (*_KEYS, *_LISTS))
    products = section.nested("products", lambda f, t, v: Section(f, t, v, _SYSTEMS))
    routing = SupportRouting(
        product_family=section.text("product_family"),
        products={os: products.nested(os, _product) for os in _SYSTEMS},
        path=CasePath(section.text("topic"), section.text("subtopic")),
        fallback=section.nested("fallback", _path),
        classification=section.nested("classification", _classification),
        id_sources=section.each("id_sources", _id_source),
        portal=section.nested("portal", _portal),
        sources=section.each("sources", _source),
        severities=section.each("severities", _severity),
        own_entries=section.texts("own_entries"),
        owners=section.each("owners", _owner),
    )
    if not routing.severities:
        section.fault("severities", "'severities' needs at least one severity")
    if missing := sorted(set(get_args(IdKind)) - {source.ids for source in routing.id_sources}):
        section.fault("id_sources", f"'id_sources' says nothing of {', '.join(missing)}")
    for kind in ("entries", "areas"):
        named = dict.fromkeys(routing.own_entries if kind == "entries" else (), "own_entries")
        for index, owner in enumerate(routing.owners):
            for item in getattr(owner, kind):
                if item in named:
                    file.fault(("owners", index, kind), f"{item!r} stands with {named[item]!r} already; name it once")
                named.setdefault(item, owner.id)
    if faults := file.faults():
        raise SupportInvalid(faults)
    return routing


def _product(file: YamlFile, trail: Trail, value: Any) -> Product:
    ids = get_args(IdKind)
    section = Section(file, trail, value, ("name", *ids))
    for key in ids:
        if not _GUID.match(section.text(key, default="")):
            section.fault(key, f"{key!r} must be a GUID in lower case")
    return Product(section.text("name"), section.text("service"), section.text("topic"), section.text("older_topic"))


def _classification(file: YamlFile, trail: Trail, value: Any) -> Classification:
    section = Section(file, trail, value, ("name", "contains"))
    found = Classification(section.text("name"), section.text("contains"))
    if found.contains.lower() not in found.name.lower():
        section.fault("contains", f"{found.contains!r} is not in the name {found.name!r}")
    return found


def _id_source(file: YamlFile, trail: Trail, value: Any) -> IdSource:
    section = Section(file, trail, value, ("ids", "basis", "seen", "title", "url"))
    if not _DATE.match(section.text("seen")):
        section.fault("seen", "'seen' must be a year and month, such as 2024-05")
    return IdSource(
        ids=section.one_of("ids", get_args(IdKind)),
        basis=section.one_of("basis", get_args(Basis)),
        seen=section.text("seen"),
        title=section.text("title"),
        url=section.text("url"),
    )


def _portal(file: YamlFile, trail: Trail, value: Any) -> Portal:
    clouds: tuple[Cloud, ...] = get_args(Cloud)
    section = Section(file, trail, value, ("hosts", "filled", "plain"))
    hosts = section.nested("hosts", lambda f, t, v: Section(f, t, v, clouds))
    for key, slots in (("filled", ("{host}", "{parameters}")), ("plain", ("{host}",))):
        form = section.text(key)
        if not form.startswith("https://{host}/") or any(form.count(slot) != 1 for slot in slots):
            section.fault(key, f"{key!r} must begin with https://{{host}}/ and hold {' and '.join(slots)} once")
    return Portal({cloud: hosts.text(cloud) for cloud in clouds}, section.text("filled"), section.text("plain"))


def _path(file: YamlFile, trail: Trail, value: Any) -> CasePath:
    section = Section(file, trail, value, ("topic", "subtopic"))
    return CasePath(section.text("topic"), section.text("subtopic"))


def _source(file: YamlFile, trail: Trail, value: Any) -> Reference:
    section = Section(file, trail, value, ("title", "url"))
    return Reference(section.text("title"), section.text("url"))


def _severity(file: YamlFile, trail: Trail, value: Any) -> CaseSeverity:
    section = Section(file, trail, value, ("id", "letter", "meaning"))
    return CaseSeverity(
        id=section.one_of("id", ("minimal", "moderate", "critical")),
        letter=section.text("letter"),
        meaning=section.local("meaning"),
    )


def _owner(file: YamlFile, trail: Trail, value: Any) -> Owner:
    section = Section(file, trail, value, ("id", "basis", "entries", "areas", "who", "why"))
    return Owner(
        id=section.text("id"),
        basis=section.one_of("basis", get_args(Basis)),
        entries=section.texts("entries"),
        areas=section.texts("areas"),
        who=section.local("who"),
        why=section.local("why"),
    )
