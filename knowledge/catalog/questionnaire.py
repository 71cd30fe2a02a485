"""The guided questions: a tree of pages, built from the entries, that leads a person without an error text to an entry.

The pages ask when the build failed (phase), then what the failure is about (area, after a group of areas if there are
many), and finally what the person sees (symptom). A page has at most `PAGE_SIZE` choices. No entry is more than
`MAX_ANSWERS` answers away, and choosing "none of these" counts as an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from knowledge.model.entry import Area, Entry, Phase

PAGE_SIZE = 5
MAX_ANSWERS = 5
NONE_OF_THESE = "none"
"""The step of a path that means "none of these"."""

PageQuestion = Literal["phase", "group", "area", "sign", "titles"]

AREA_GROUPS: Mapping[str, tuple[Area, ...]] = {
    "scripts-and-windows": ("scripts", "windows-update", "sysprep"),
    "rights-and-limits": ("permissions", "policy-and-quota", "containers"),
    "template-and-images": ("template", "source-image", "gallery", "image-in-use"),
    "network-and-time": ("network", "time", "service"),
    "around-the-build": ("pipeline", "logs", "cleanup"),
}
_GROUPS_BY_AREA = {area: group for group, areas in AREA_GROUPS.items() for area in areas}


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice on a page. `target` is the next page, or the id of the entry whose symptom was chosen.

    `key` names the choice in a path: a phase, a group, an area, or an entry id. On a `titles` page, where a choice
    covers a range of entries, it is the id of the first one.
    """

    key: str
    target: Page | str


@dataclass(frozen=True, slots=True)
class Page:
    """One question with its choices. `next_page` follows the answer "none of these"; `None` if nothing is left."""

    question: PageQuestion
    choices: tuple[Choice, ...]
    next_page: Page | None = None


def build_questionnaire(entries: Iterable[Entry]) -> Page:
    """Build the pages over `entries` and return the first one.

    Common causes come first, wrappers and harmless messages last.
    """
    ordered = sorted(entries, key=_compute_sort_key)
    entries_by_phase = _group_by(ordered, lambda entry: entry.phase)
    phases = sorted(
        entries_by_phase, key=lambda phase: (-len(entries_by_phase[phase]), _find_position(get_args(Phase), phase))
    )
    phase_pages = [phases[start : start + PAGE_SIZE] for start in range(0, len(phases), PAGE_SIZE)]
    page: Page | None = None
    for page_number in reversed(range(len(phase_pages))):
        # Each page before this one took one answer; choosing a phase here takes one more.
        budget = MAX_ANSWERS - page_number - 1
        choices = tuple(
            Choice(phase, _build_page(entries_by_phase[phase], budget)) for phase in phase_pages[page_number]
        )
        page = Page("phase", choices, page)
    return page or Page("phase", ())


def follow_path(first_page: Page, path: Sequence[str]) -> Page | str | None:
    """Return what a path of choices leads to: a page, an entry id, or `None` if the path does not exist.

    Paths are stored in the buttons of old messages, so one may lead to an entry that has since been removed.
    """
    target: Page | str | None = first_page
    for key in path:
        if not isinstance(target, Page):
            return None
        if key == NONE_OF_THESE:
            target = target.next_page
        else:
            target = next((choice.target for choice in target.choices if choice.key == key), None)
    return target


def list_paths(first_page: Page) -> dict[str, tuple[str, ...]]:
    """Return the path to every entry, by entry id."""
    paths: dict[str, tuple[str, ...]] = {}

    def visit(page: Page, path: tuple[str, ...]) -> None:
        for choice in page.choices:
            if isinstance(choice.target, Page):
                visit(choice.target, (*path, choice.key))
            else:
                paths[choice.target] = (*path, choice.key)
        if page.next_page:
            visit(page.next_page, (*path, NONE_OF_THESE))

    visit(first_page, ())
    return paths


def _build_page(entries: Sequence[Entry], budget: int) -> Page:
    """Build a page from which each of `entries` is at most `budget` answers away, divided by meaning if possible."""
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
    """Build pages that list the entries by symptom, `PAGE_SIZE` on each."""
    next_page = _build_symptom_page(entries[PAGE_SIZE:]) if len(entries) > PAGE_SIZE else None
    return Page("sign", tuple(Choice(entry.id, entry.id) for entry in entries[:PAGE_SIZE]), next_page)


def _build_titles_page(entries: Sequence[Entry], budget: int) -> Page:
    """Build an alphabetical index by ranges, for more entries than meaning can divide within the budget."""
    ordered = sorted(entries, key=lambda entry: entry.id)
    size = -(-len(ordered) // PAGE_SIZE)  # rounded up
    ranges = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return Page("titles", tuple(Choice(part[0].id, _build_page(part, budget - 1)) for part in ranges))


def _group_by(entries: Sequence[Entry], key: Callable[[Entry], str]) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _get_area(entry: Entry) -> str:
    return entry.area


def _get_area_group(entry: Entry) -> str:
    return _GROUPS_BY_AREA[entry.area]


def _compute_sort_key(entry: Entry) -> tuple[bool, bool, int, str]:
    return (entry.severity == "info", entry.role == "wrapper", entry.priority, entry.id)


def _find_position(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)
