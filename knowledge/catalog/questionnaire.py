"""The guided questions: pages of at most five choices, made from the entries, that lead to every one of them.

When did it fail (phase), with what has it to do (area, where there are many: a group of areas first), what do you see
(sign). No entry is more than `MOST_ANSWERS` answers away; turning a page ("none of these") counts as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from knowledge.model.entry import Area, Entry, Phase

PAGE = 5
MOST_ANSWERS = 5
NONE = "none"

Question = Literal["phase", "group", "area", "sign", "titles"]

AREA_GROUPS: Mapping[str, tuple[Area, ...]] = {
    "scripts-and-windows": ("scripts", "windows-update", "sysprep"),
    "rights-and-limits": ("permissions", "policy-and-quota", "containers"),
    "template-and-images": ("template", "source-image", "gallery", "image-in-use"),
    "network-and-time": ("network", "time", "service"),
    "around-the-build": ("pipeline", "logs", "cleanup"),
}
_GROUP_OF = {area: group for group, areas in AREA_GROUPS.items() for area in areas}


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a page. `leads` is the next page, or the id of the entry whose sign was chosen.

    `key` names the choice in a path: a phase, a group, an area or an entry id (on a `titles` page, the first of those
    behind the choice).
    """

    key: str
    leads: Page | str


@dataclass(frozen=True, slots=True)
class Page:
    """One question with its choices; `none` is the page that follows "none of these", if any."""

    question: Question
    choices: tuple[Choice, ...]
    none: Page | None = None


def guide(entries: Iterable[Entry]) -> Page:
    """The first page of the questions over `entries`; common causes come first, wrappers and harmless messages last."""
    ordered = sorted(entries, key=_prominence)
    phases = _split(ordered, lambda entry: entry.phase)
    names = sorted(phases, key=lambda phase: (-len(phases[phase]), _order(get_args(Phase), phase)))
    pages = [names[at : at + PAGE] for at in range(0, len(names), PAGE)]
    page: Page | None = None
    for turned in reversed(range(len(pages))):
        # Every page that was turned on the way here has cost one answer, and choosing a phase costs one more.
        budget = MOST_ANSWERS - turned - 1
        choices = tuple(Choice(phase, _below(phases[phase], budget)) for phase in pages[turned])
        page = Page("phase", choices, page)
    return page or Page("phase", ())


def find(first: Page, path: Sequence[str]) -> Page | str | None:
    """Where a path of choices leads: a page, an entry id, or `None` when there is no such way (any more)."""
    at: Page | str | None = first
    for key in path:
        if not isinstance(at, Page):
            return None
        at = at.none if key == NONE else next((choice.leads for choice in at.choices if choice.key == key), None)
    return at


def ways(first: Page) -> dict[str, tuple[str, ...]]:
    """The path to every entry, by id: what a person answers to arrive there."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(page: Page, path: tuple[str, ...]) -> None:
        for choice in page.choices:
            if isinstance(choice.leads, Page):
                walk(choice.leads, (*path, choice.key))
            else:
                found[choice.leads] = (*path, choice.key)
        if page.none:
            walk(page.none, (*path, NONE))

    walk(first, ())
    return found


def _below(entries: Sequence[Entry], budget: int) -> Page:
    """A page from which each of `entries` is at most `budget` answers away, by meaning where that fits."""
    if len(entries) <= PAGE:
        return _signs(entries)
    if budget > 1:
        for question, key in (("area", _area), ("group", _group)):
            parts = _split(entries, key)
            if 1 < len(parts) <= PAGE and max(map(len, parts.values())) <= PAGE ** (budget - 1):
                choices = tuple(Choice(name, _below(part, budget - 1)) for name, part in parts.items())
                return Page("area" if question == "area" else "group", choices)
    if len(entries) <= PAGE * budget:
        return _signs(entries)
    return _titles(entries, budget)


def _signs(entries: Sequence[Entry]) -> Page:
    """The signs themselves, five a page."""
    rest = _signs(entries[PAGE:]) if len(entries) > PAGE else None
    return Page("sign", tuple(Choice(entry.id, entry.id) for entry in entries[:PAGE]), rest)


def _titles(entries: Sequence[Entry], budget: int) -> Page:
    """Too many alike to tell apart by meaning: ranges of an alphabetical index."""
    listed = sorted(entries, key=lambda entry: entry.id)
    size = -(-len(listed) // PAGE)
    ranges = [listed[at : at + size] for at in range(0, len(listed), size)]
    return Page("titles", tuple(Choice(part[0].id, _below(part, budget - 1)) for part in ranges))


def _split(entries: Sequence[Entry], key: Callable[[Entry], str]) -> dict[str, list[Entry]]:
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(key(entry), []).append(entry)
    return parts


def _area(entry: Entry) -> str:
    return entry.area


def _group(entry: Entry) -> str:
    return _GROUP_OF[entry.area]


def _prominence(entry: Entry) -> tuple[bool, bool, int, str]:
    return (entry.severity == "info", entry.role == "wrapper", entry.tier, entry.id)


def _order(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)
