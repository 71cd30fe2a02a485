"""Where a support request goes: product, topic, severities, and whose request it is when it is not Image Builder's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from knowledge.entry import Basis, LocalText, Reference
from knowledge.errors import Fault, KnowledgeError
from knowledge.reading import Section, Trail, YamlFile

SUPPORT = Path(__file__).parent / "support.yaml"

_KEYS = ("product_family", "products", "topic", "subtopic", "fallback", "sources", "severities", "owners")


class SupportInvalid(KnowledgeError):
    """The support routing breaks its rules; `faults` has every fault, with file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


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
    """The whole routing. `windows` and `linux` are the product names."""

    product_family: str
    windows: str
    linux: str
    path: CasePath
    fallback: CasePath
    sources: tuple[Reference, ...]
    severities: tuple[CaseSeverity, ...]
    owners: tuple[Owner, ...]

    def product(self, os: str) -> str | None:
        """The product for an operating system, `None` when it is neither `windows` nor `linux`."""
        return {"windows": self.windows, "linux": self.linux}.get(os)

    def owner_of(self, entry: str, area: str) -> Owner | None:
        """Whose request an entry is when it is not Image Builder's: named by entry first, then by area."""
        named = next((owner for owner in self.owners if entry in owner.entries), None)
        return named or next((owner for owner in self.owners if area in owner.areas), None)


def load_support(path: Path = SUPPORT) -> SupportRouting:
    """The routing in `path`. Raises `SupportInvalid` with every fault."""
    file = YamlFile(path, path.name)
    if file.value is None and file.faults():
        raise SupportInvalid(file.faults())
    section = Section(file, (), file.value, _KEYS)
    products = section.nested("products", lambda f, t, v: Section(f, t, v, ("windows", "linux")))
    routing = SupportRouting(
        product_family=section.text("product_family"),
        windows=products.text("windows"),
        linux=products.text("linux"),
        path=CasePath(section.text("topic"), section.text("subtopic")),
        fallback=section.nested("fallback", _path),
        sources=section.each("sources", _source),
        severities=section.each("severities", _severity),
        owners=section.each("owners", _owner),
    )
    if not routing.severities:
        section.fault("severities", "'severities' needs at least one severity")
    for kind in ("entries", "areas"):
        named: dict[str, str] = {}
        for index, owner in enumerate(routing.owners):
            for item in getattr(owner, kind):
                if item in named:
                    file.fault(("owners", index, kind), f"{item!r} stands with {named[item]!r} already; name it once")
                named.setdefault(item, owner.id)
    if faults := file.faults():
        raise SupportInvalid(faults)
    return routing


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
