"""The lists of the lexicon that are patterns compile, and tell a person's words from a program's in both languages."""

from __future__ import annotations

import pytest

from knowledge.catalog.word_lexicon import join_alternatives, load_word_lexicon
from knowledge.input.input_kind import is_about_build, is_definition_question, is_program_output
from knowledge.patterns import compile_pattern
from knowledge.text.indexed_text import IndexedText, build_indexed_texts
from knowledge.text.lines import read_line
from knowledge.text.normalization import normalize_text
from tests.shipped_knowledge import ENTRIES


def index(text: str) -> IndexedText:
    return build_indexed_texts([read_line(*line) for line in normalize_text(text)])[0]


@pytest.mark.parametrize("name", ["personal", "definitions", "failures", "build_terms", "error_labels"])
def test_every_item_is_a_pattern(name: str) -> None:
    for item in load_word_lexicon()[name]:
        assert compile_pattern(str(item)).search(b"") is None, f"{item!r} matches anything"
    assert compile_pattern(join_alternatives(name))


def test_what_speaks_for_and_against_entries_names_entries_and_concepts() -> None:
    lexicon = load_word_lexicon()
    needed = {str(name) for groups in lexicon["needs"].values() for group in groups for name in group}
    opposed = {str(name) for key in ("against", "fallbacks") for names in lexicon[key].values() for name in names}
    words = {name for name in needed | opposed if name not in lexicon["concepts"]}
    assert all(word[0].isdigit() for word in words), words
    assert {*lexicon["needs"], *lexicon["against"], *lexicon["fallbacks"]} <= ENTRIES.keys()
    contexts = {*lexicon["context"], *lexicon["weak_context"], *lexicon["steps"], *lexicon["trouble"]}
    assert contexts <= lexicon["concepts"].keys()


@pytest.mark.parametrize(
    ("text", "is_output"),
    [
        ("The disk is full.", True),
        ("Why is the disk full.", False),
        ("Il disco è pieno.", False),
        ("Disco pieno, come ieri.", False),
        ("Disco pieno.", True),
    ],
)
def test_personal_words_make_it_no_output_of_a_program(text: str, is_output: bool) -> None:
    assert is_program_output(index(text)) == is_output


@pytest.mark.parametrize(
    ("text", "is_definition"),
    [
        ("what does sysprep do", True),
        ("cosa significa sysprep", True),
        ("what does it do when it hangs", False),
        ("che cos'è quando fallisce", False),
        ("sysprep", False),
    ],
)
def test_a_question_about_a_word_is_none_about_a_failure(text: str, is_definition: bool) -> None:
    assert is_definition_question(index(text)) == is_definition


@pytest.mark.parametrize(
    ("text", "is_about"),
    [
        ("a modello di immagine", True),
        ("the golden image", True),
        ("Immagine personalizzata", True),
        ("a model", False),
    ],
)
def test_a_build_is_named_in_both_languages(text: str, is_about: bool) -> None:
    assert is_about_build(index(text)) == is_about
