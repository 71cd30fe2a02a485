"""The guided questions: pages of at most five choices, made from the entries, that lead to every one of them.

When did it fail (phase), with what has it to do (area, where there are many: a group of areas first), what do you see
(sign). No entry is more than `MOST_ANSWERS` answers away; turning a page ("none of these") counts as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from knowledge.model.entry import Area, Entry, Phase

PAGE_SIZE = 5
MAX_ANSWERS = 5
NONE_OF_THESE = "none"

PageQuestion = Literal["phase", "group", "area", "sign", "titles"]

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
    target: Page | str


@dataclass(frozen=True, slots=True)
class Page:
    """One question with its choices; `none` is the page that follows "none of these", if any."""

    question: PageQuestion
    choices: tuple[Choice, ...]
    next_page: Page | None = None


def build_questionnaire(entries: Iterable[Entry]) -> Page:
    """The first page of the questions over `entries`; common causes come first, wrappers and harmless messages last."""
    ordered = sorted(entries, key=_compute_sort_key)
    phases = _group_by(ordered, lambda entry: entry.phase)
    names = sorted(phases, key=lambda phase: (-len(phases[phase]), _find_position(get_args(Phase), phase)))
    pages = [names[at : at + PAGE_SIZE] for at in range(0, len(names), PAGE_SIZE)]
    page: Page | None = None
    for turned in reversed(range(len(pages))):
        # Every page that was turned on the way here has cost one answer, and choosing a phase costs one more.
        budget = MAX_ANSWERS - turned - 1
        choices = tuple(Choice(phase, _build_page(phases[phase], budget)) for phase in pages[turned])
        page = Page("phase", choices, page)
    return page or Page("phase", ())


def follow_path(first_page: Page, path: Sequence[str]) -> Page | str | None:
    """Where a path of choices leads: a page, an entry id, or `None` when there is no such way (any more)."""
    at: Page | str | None = first_page
    for key in path:
        if not isinstance(at, Page):
            return None
        at = (
            at.next_page
            if key == NONE_OF_THESE
            else next((choice.target for choice in at.choices if choice.key == key), None)
        )
    return at


def list_paths(first_page: Page) -> dict[str, tuple[str, ...]]:
    """The path to every entry, by id: what a person answers to arrive there."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(page: Page, path: tuple[str, ...]) -> None:
        for choice in page.choices:
            if isinstance(choice.target, Page):
                walk(choice.target, (*path, choice.key))
            else:
                found[choice.target] = (*path, choice.key)
        if page.next_page:
            walk(page.next_page, (*path, NONE_OF_THESE))

    walk(first_page, ())
    return found


def _build_page(entries: Sequence[Entry], budget: int) -> Page:
    """A page from which each of `entries` is at most `budget` answers away, by meaning where that fits."""
    if len(entries) <= PAGE_SIZE:
        return _build_symptom_page(entries)
    if budget > 1:
        for question, key in (("area", _get_area), ("group", _get_area_group)):
            parts = _group_by(entries, key)
            if 1 < len(parts) <= PAGE_SIZE and max(map(len, parts.values())) <= PAGE_SIZE ** (budget - 1):
                choices = tuple(Choice(name, _build_page(part, budget - 1)) for name, part in parts.items())
                return Page("area" if question == "area" else "group", choices)
    if len(entries) <= PAGE_SIZE * budget:
        return _build_symptom_page(entries)
    return _build_titles_page(entries, budget)


def _build_symptom_page(entries: Sequence[Entry]) -> Page:
    """The signs themselves, five a page."""
    rest = _build_symptom_page(entries[PAGE_SIZE:]) if len(entries) > PAGE_SIZE else None
    return Page("sign", tuple(Choice(entry.id, entry.id) for entry in entries[:PAGE_SIZE]), rest)


def _build_titles_page(entries: Sequence[Entry], budget: int) -> Page:
    """Too many alike to tell apart by meaning: ranges of an alphabetical index."""
    listed = sorted(entries, key=lambda entry: entry.id)
    size = -(-len(listed) // PAGE_SIZE)
    ranges = [listed[at : at + size] for at in range(0, len(listed), size)]
    return Page("titles", tuple(Choice(part[0].id, _build_page(part, budget - 1)) for part in ranges))


def _group_by(entries: Sequence[Entry], key: Callable[[Entry], str]) -> dict[str, list[Entry]]:
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(key(entry), []).append(entry)
    return parts


def _get_area(entry: Entry) -> str:
    return entry.area


def _get_area_group(entry: Entry) -> str:
    return _GROUP_OF[entry.area]


def _compute_sort_key(entry: Entry) -> tuple[bool, bool, int, str]:
    return (entry.severity == "info", entry.role == "wrapper", entry.priority, entry.id)


def _find_position(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)
