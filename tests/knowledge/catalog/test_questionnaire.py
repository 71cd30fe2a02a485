"""The guided questions reach every entry within five answers, whatever the entries are."""

from __future__ import annotations

from dataclasses import replace
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


def entries_of(*places: tuple[Phase, Area]) -> list[Entry]:
    return [replace(PLAIN, id=f"entry-{n:02}", phase=phase, area=area) for n, (phase, area) in enumerate(places)]


def pages_of(page: Page) -> list[Page]:
    below = [choice.target for choice in page.choices if isinstance(choice.target, Page)]
    return [
        page,
        *(found for part in [*below, *([page.next_page] if page.next_page else [])] for found in pages_of(part)),
    ]


def assert_reachable(entries: list[Entry]) -> None:
    first = build_questionnaire(entries)
    found = list_paths(first)
    assert set(found) == {entry.id for entry in entries}
    for entry, path in found.items():
        assert len(path) <= MAX_ANSWERS, path
        assert follow_path(first, path) == entry
    for page in pages_of(first):
        assert len(page.choices) <= PAGE_SIZE
        assert len({choice.key for choice in page.choices}) == len(page.choices)
        assert NONE_OF_THESE not in {choice.key for choice in page.choices}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PHASES), st.sampled_from(AREAS)), max_size=80))
def test_every_entry_is_at_most_five_answers_away(places: list[tuple[Phase, Area]]) -> None:
    assert_reachable(entries_of(*places))


@pytest.mark.parametrize("phase", PHASES)
def test_eighty_entries_of_one_kind_stay_reachable(phase: Phase) -> None:
    assert_reachable(entries_of(*[(phase, "scripts")] * 80))


def test_sixth_phase_with_its_share_stays_reachable() -> None:
    assert_reachable(entries_of(*[(PHASES[n % 6], AREAS[n % 16]) for n in range(80)]))
    assert_reachable(entries_of(*[(PHASES[n % 6], "scripts") for n in range(80)]))


def test_few_entries_of_a_phase_are_asked_for_by_sign_at_once() -> None:
    first = build_questionnaire(entries_of(("build", "scripts"), ("build", "network"), ("devops", "pipeline")))
    assert [choice.key for choice in first.choices] == ["build", "devops"]
    below = follow_path(first, ("build",))
    assert isinstance(below, Page)
    assert below.question == "sign"


def test_many_entries_are_asked_for_by_area_then_sign() -> None:
    first = build_questionnaire(entries_of(*[("build", "scripts")] * 4, *[("build", "network")] * 4))
    below = follow_path(first, ("build",))
    assert isinstance(below, Page)
    assert below.question == "area"
    assert {choice.key for choice in below.choices} == {"scripts", "network"}


def test_more_than_five_areas_are_grouped_first() -> None:
    first = build_questionnaire(entries_of(*[("build", area) for area in AREAS for _ in range(2)]))
    below = follow_path(first, ("build",))
    assert isinstance(below, Page)
    assert below.question == "group"


def test_wrappers_and_harmless_messages_come_last() -> None:
    entries = [
        replace(PLAIN, id="a-harmless", severity="info"),
        replace(PLAIN, id="b-wrapper", role="wrapper"),
        replace(PLAIN, id="c-rare", priority=3),
        replace(PLAIN, id="d-common", priority=1),
    ]
    below = follow_path(build_questionnaire(entries), ("build",))
    assert isinstance(below, Page)
    assert [choice.key for choice in below.choices] == ["d-common", "c-rare", "b-wrapper", "a-harmless"]


@pytest.mark.parametrize(
    "path", [("nowhere",), ("build", NONE_OF_THESE), ("build", "entry-00", "further"), (NONE_OF_THESE,)]
)
def test_a_way_that_does_not_exist_leads_nowhere(path: tuple[str, ...]) -> None:
    assert follow_path(build_questionnaire(entries_of(("build", "scripts"))), path) is None


def test_no_entries_give_an_empty_page() -> None:
    assert build_questionnaire([]) == Page("phase", ())


def test_every_area_belongs_to_one_group() -> None:
    listed = [area for areas in AREA_GROUPS.values() for area in areas]
    assert sorted(listed) == sorted(AREAS)
    assert len(AREA_GROUPS) <= PAGE_SIZE
