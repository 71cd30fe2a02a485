"""The first sentence of our texts, complete: its markup, its abbreviations, and the values that are put in."""

from __future__ import annotations

import pytest

from dialogs.replies.sentences import extract_first_sentence
from knowledge.model.entry import COMPLETE_LANGUAGES, LocalizedText
from tests.dialogs.fixtures import context
from tests.shipped_knowledge import ENTRIES, KNOWLEDGE_BASE

LONG = "The build subnet has no way out to the internet that anybody could use"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{LONG}. And more.", f"{LONG}."),
        (f"{LONG}? And more.", f"{LONG}?"),
        (f"Two things changed. {LONG}. And more.", f"Two things changed. {LONG}."),
        (f"{LONG}, e.g. Azure ones. And more.", f"{LONG}, e.g. Azure ones."),
        (f"{LONG}, p. es. Azure. E altro.", f"{LONG}, p. es. Azure."),
        (f"{LONG}, see `a. B`. And more.", f"{LONG}, see `a. B`."),
        (f"{LONG} of 1.5 GB. And more.", f"{LONG} of 1.5 GB."),
        (LONG, LONG),
    ],
)
def test_the_cause_in_one_sentence(text: str, first: str) -> None:
    assert extract_first_sentence(context(), LocalizedText({"en": text})) == first


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_every_cause_has_a_sentence_that_is_whole(language: str) -> None:
    for entry in ENTRIES.values():
        said = extract_first_sentence(context(language), entry.cause)
        assert said.count("`") % 2 == 0, entry.id
        assert said[-1] in ".!?:", entry.id


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Close the quote. The first message counts.", "Close the quote."),
        ("Open port {port|5986. Or 5985}. Then run it.", "Open port {port|5986. Or 5985}."),
        ("Run `a. B`. Then stop.", "Run `a. B`."),
    ],
)
def test_a_short_sentence_is_enough_where_it_may_be(text: str, first: str) -> None:
    assert extract_first_sentence(context(), LocalizedText({"en": text}), min_chars=0) == first


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_every_first_step_of_a_finding_has_a_sentence_that_is_whole(language: str) -> None:
    for rule in KNOWLEDGE_BASE.findings.rules.values():
        said = extract_first_sentence(context(language), rule.steps[0].do, min_chars=0)
        assert said.count("`") % 2 == 0, rule.id
        assert said.count("{") == said.count("}"), rule.id
        assert said[-1] in ".!?:", rule.id
