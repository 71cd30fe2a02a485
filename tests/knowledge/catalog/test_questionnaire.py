"""The guided questions reach every entry within five answers, whatever the entries are."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalog.questionnaire import (
    AREA_GROUPS,
    MAX_ANSWERS,
    NONE_OF_THESE,
    PAGE_SIZE,
    Page,
    build_questionnaire,
    follow_path,
    list_paths,
)
from knowledge.model.entry import Area, Entry, Phase
from tests.knowledge.made_entries import entry as made

PHASES: tuple[Phase, ...] = get_args(Phase)
AREAS: tuple[Area, ...] = get_args(Area)
PLAIN = made("plain")


def make_entries(*places: tuple[Phase, Area]) -> list[Entry]:
    return [PLAIN._replace(id=f"entry-{n:02}", phase=phase, area=area) for n, (phase, area) in enumerate(places)]


def list_pages(page: Page) -> list[Page]:
    children = [choice.target for choice in page.choices if isinstance(choice.target, Page)]
    if page.next_page:
        children.append(page.next_page)
    return [page, *(descendant for child in children for descendant in list_pages(child))]


def assert_reachable(entries: list[Entry]) -> None:
    first = build_questionnaire(entries)
    paths = list_paths(first)
    assert set(paths) == {entry.id for entry in entries}
    for entry, path in paths.items():
        assert len(path) <= MAX_ANSWERS, path
        assert follow_path(first, path) == entry
    for page in list_pages(first):
        assert len(page.choices) <= PAGE_SIZE
        assert len({choice.key for choice in page.choices}) == len(page.choices)
        assert NONE_OF_THESE not in {choice.key for choice in page.choices}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PHASES), st.sampled_from(AREAS)), max_size=80))
def test_every_entry_is_at_most_five_answers_away(places: list[tuple[Phase, Area]]) -> None:
    assert_reachable(make_entries(*places))


@pytest.mark.parametrize("phase", PHASES)
def test_eighty_entries_of_one_area_stay_reachable(phase: Phase) -> None:
    assert_reachable(make_entries(*[(phase, "scripts")] * 80))


def test_six_phases_stay_reachable() -> None:
    assert_reachable(make_entries(*[(PHASES[n % 6], AREAS[n % 16]) for n in range(80)]))
    assert_reachable(make_entries(*[(PHASES[n % 6], "scripts") for n in range(80)]))


def test_few_entries_of_a_phase_are_listed_by_symptom_at_once() -> None:
    first = build_questionnaire(make_entries(("build", "scripts"), ("build", "network"), ("devops", "pipeline")))
    assert [choice.key for choice in first.choices] == ["build", "devops"]
    page = follow_path(first, ("build",))
    assert isinstance(page, Page)
    assert page.question == "sign"


def test_many_entries_are_divided_by_area() -> None:
    first = build_questionnaire(make_entries(*[("build", "scripts")] * 4, *[("build", "network")] * 4))
    page = follow_path(first, ("build",))
    assert isinstance(page, Page)
    assert page.question == "area"
    assert {choice.key for choice in page.choices} == {"scripts", "network"}


def test_more_than_five_areas_are_grouped_first() -> None:
    first = build_questionnaire(make_entries(*[("build", area) for area in AREAS for _ in range(2)]))
    page = follow_path(first, ("build",))
    assert isinstance(page, Page)
    assert page.question == "group"


def test_wrappers_and_harmless_messages_come_last() -> None:
    entries = [
        PLAIN._replace(id="a-harmless", severity="info"),
        PLAIN._replace(id="b-wrapper", role="wrapper"),
        PLAIN._replace(id="c-rare", priority=3),
        PLAIN._replace(id="d-common", priority=1),
    ]
    page = follow_path(build_questionnaire(entries), ("build",))
    assert isinstance(page, Page)
    assert [choice.key for choice in page.choices] == ["d-common", "c-rare", "b-wrapper", "a-harmless"]


@pytest.mark.parametrize(
    "path", [("nowhere",), ("build", NONE_OF_THESE), ("build", "entry-00", "further"), (NONE_OF_THESE,)]
)
def test_a_path_that_does_not_exist_leads_nowhere(path: tuple[str, ...]) -> None:
    assert follow_path(build_questionnaire(make_entries(("build", "scripts"))), path) is None


def test_no_entries_give_an_empty_page() -> None:
    assert build_questionnaire([]) == Page("phase", ())


def test_every_area_belongs_to_one_group() -> None:
    listed = [area for areas in AREA_GROUPS.values() for area in areas]
    assert sorted(listed) == sorted(AREAS)
    assert len(AREA_GROUPS) <= PAGE_SIZE
