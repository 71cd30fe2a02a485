"""Loads the routing of support requests (`support.yaml`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import re2

from knowledge.azure_names import is_guid
from knowledge.catalog.entry_parsing import read_reference
from knowledge.model.entry import Basis
from knowledge.model.errors import Fault, KnowledgeError
from knowledge.model.support_routing import (
    CasePath,
    CaseSeverity,
    Classification,
    IdKind,
    IdSource,
    Owner,
    OwnProduct,
    Portal,
    SupportProduct,
    SupportRouting,
)
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile, read_yaml_file

SUPPORT_PATH = Path(__file__).parents[1] / "support.yaml"

_KEYS = (
    "product_family",
    "products",
    "own_product",
    "topic",
    "subtopic",
    "fallback",
    "classification",
    "id_sources",
    "portal",
)
_LIST_KEYS = ("sources", "severities", "own_entries", "owners")
_SYSTEMS = ("windows", "linux")
_DATE = re2.compile(r"^20\d\d-[01]\d$")


class InvalidSupportRoutingError(KnowledgeError):
    """The support routing is invalid. `faults` lists every mistake, sorted by line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def load_support(path: Path = SUPPORT_PATH) -> SupportRouting:
    """Load the routing in `path`. Raise `InvalidSupportRoutingError` with every fault of the file."""
    file = read_yaml_file(path)
    if file.value is None and file.list_faults():
        raise InvalidSupportRoutingError(file.list_faults())
    section = Section(file, (), file.value, (*_KEYS, *_LIST_KEYS))
    products = section.build_nested("products", lambda file, key_path, value: Section(file, key_path, value, _SYSTEMS))
    routing = SupportRouting(
        product_family=section.get_text("product_family"),
        products={os: products.build_nested(os, _parse_product) for os in _SYSTEMS},
        own_product=section.build_nested("own_product", _parse_own_product),
        topic_path=CasePath(section.get_text("topic"), section.get_text("subtopic")),
        fallback=section.build_nested("fallback", _parse_case_path),
        classification=section.build_nested("classification", _parse_classification),
        id_sources=section.build_each("id_sources", _parse_id_source),
        portal=section.build_nested("portal", _parse_portal),
        sources=section.build_each("sources", read_reference),
        severities=section.build_each("severities", _parse_severity),
        own_entries=section.get_texts("own_entries"),
        owners=section.build_each("owners", _parse_owner),
    )
    if not routing.severities:
        section.add_fault("severities", "'severities' needs at least one severity")
    if missing := sorted(set(get_args(IdKind)) - {source.id_kind for source in routing.id_sources}):
        section.add_fault("id_sources", f"'id_sources' says nothing about {', '.join(missing)}")
    _check_owners(file, routing)
    if faults := file.list_faults():
        raise InvalidSupportRoutingError(faults)
    return routing


def _check_owners(file: YamlFile, routing: SupportRouting) -> None:
    """Record a fault for each entry or area with more than one owner."""
    owners_by_entry = dict.fromkeys(routing.own_entries, "own_entries")
    owners_by_area: dict[str, str] = {}
    for index, owner in enumerate(routing.owners):
        for key, names, owners_by_name in (
            ("entries", owner.entries, owners_by_entry),
            ("areas", owner.areas, owners_by_area),
        ):
            for name in names:
                if name in owners_by_name:
                    message = f"{name!r} is already under {owners_by_name[name]!r}; name it once"
                    file.add_fault(("owners", index, key), message)
                owners_by_name.setdefault(name, owner.id)


def _parse_product(file: YamlFile, key_path: KeyPath, value: Any) -> SupportProduct:
    id_kinds = get_args(IdKind)
    section = Section(file, key_path, value, ("name", *id_kinds))
    for key in id_kinds:
        value = section.get_text(key, default="")
        if not is_guid(value) or value != value.lower():
            section.add_fault(key, f"{key!r} must be a GUID in lower case")
    return SupportProduct(
        section.get_text("name"),
        section.get_text("service"),
        section.get_text("topic"),
        section.get_text("older_topic"),
    )


def _parse_own_product(file: YamlFile, key_path: KeyPath, value: Any) -> OwnProduct:
    section = Section(file, key_path, value, ("name", "service", "prefers"))
    own = OwnProduct(section.get_text("name"), section.get_text("service"), section.get_text("prefers"))
    if not is_guid(own.service) or own.service != own.service.lower():
        section.add_fault("service", "'service' must be a GUID in lower case")
    if own.prefers != own.prefers.lower():
        section.add_fault("prefers", "'prefers' must be in lower case")
    return own


def _parse_classification(file: YamlFile, key_path: KeyPath, value: Any) -> Classification:
    section = Section(file, key_path, value, ("name", "contains"))
    classification = Classification(section.get_text("name"), section.get_text("contains"))
    if classification.contains.lower() not in classification.name.lower():
        section.add_fault("contains", f"{classification.contains!r} isn't part of the name {classification.name!r}")
    return classification


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
    section = Section(file, key_path, value, ("filled", "plain"))
    for key, slots in (("filled", ("{portal}", "{parameters}")), ("plain", ("{portal}",))):
        url = section.get_text(key)
        if not url.startswith("{portal}/") or any(url.count(slot) != 1 for slot in slots):
            section.add_fault(key, f"{key!r} must begin with {{portal}}/ and hold {' and '.join(slots)} once")
    return Portal(section.get_text("filled"), section.get_text("plain"))


def _parse_case_path(file: YamlFile, key_path: KeyPath, value: Any) -> CasePath:
    section = Section(file, key_path, value, ("topic", "subtopic"))
    return CasePath(section.get_text("topic"), section.get_text("subtopic"))


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
