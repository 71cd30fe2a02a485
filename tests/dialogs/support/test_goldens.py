"""The cases of twenty entries and six logs are as they were proofread, with the right product and owner."""

from __future__ import annotations

import pytest

from knowledge.catalog.support import load_support
from knowledge.model.entry import COMPLETE_LANGUAGES, Language
from tests.dialogs.support.golden_cases import CASES, GOLDENS, drafted, golden

HINT = "python -m tests.dialogs.support.golden_cases rewrites the files; read what changed"


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
@pytest.mark.parametrize("name", CASES)
async def test_the_case_is_as_it_was_read(name: str, language: Language) -> None:
    kept = (GOLDENS / f"{name}.{language}.txt").read_text(encoding="utf-8")
    assert await golden(name, language) == kept, HINT


@pytest.mark.parametrize("name", CASES)
async def test_product_and_owner_are_right_and_the_english_is_the_same_from_both_sides(name: str) -> None:
    case, routing = CASES[name], load_support()
    product, owner, (english,) = await drafted(case, "en")
    assert (product, owner) == (case.product, case.owner)
    chosen = routing.get_product_name(case.product or "linux")
    assert english.split("\n")[:5] == [
        "Product family: Azure",
        f"Product: {chosen}",
        "Support topic: Azure Features",
        "Support subtopic: Azure Image Builder",
        "Product to choose first, if Azure lists it: Azure VM Image Builder",
    ]
    product, owner, (italian, twin) = await drafted(case, "it")
    assert (product, owner) == (case.product, case.owner)
    assert twin == english
    assert len(italian.split("\n")) == len(english.split("\n"))


def test_no_golden_is_left_of_a_case_that_is_gone() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == {
        f"{name}.{one}.txt" for name in CASES for one in COMPLETE_LANGUAGES
    }
