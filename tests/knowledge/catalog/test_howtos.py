"""The how-tos are complete in both languages, their faults are reported, and short questions find the right one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalog.howtos import HOWTOS_PATH, load_howtos
from knowledge.checks.entry_checks import check_entries
from knowledge.commands.placeholders import PLACEHOLDERS, fill_placeholders
from knowledge.model.entry import COMPLETE_LANGUAGES
from knowledge.model.errors import InvalidFilesError
from knowledge.search.howto_search import MAX_QUESTION_CHARS, HowtoSearch
from tests.reporting import failures_together
from tests.shipped_knowledge import ENTRIES

QUESTIONS = Path(__file__).parents[1] / "questions"
SHIPPED = load_howtos()
SEARCH = HowtoSearch(SHIPPED)


def read_questions(name: str) -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = yaml.safe_load((QUESTIONS / name).read_text(encoding="utf-8"))
    return questions


HOWTO_QUESTIONS = [question for question in read_questions("guides.yaml") if "expect" in question]
OTHER_QUESTIONS = [question["text"] for question in read_questions("guides.yaml") if "expect" not in question]


def test_a_question_finds_its_howto() -> None:
    with failures_together(at_least=60) as failures:
        for question in HOWTO_QUESTIONS:
            with failures.check(question["text"]):
                assert SEARCH.find_howto(question["text"]) == question["expect"]
                assert SEARCH.find_howto(f"  {question['text'].upper()} ") == question["expect"]


def test_anything_else_finds_none() -> None:
    assert [text for text in OTHER_QUESTIONS if SEARCH.find_howto(text) is not None] == []


def test_there_are_enough_questions_of_each_sort() -> None:
    for language in COMPLETE_LANGUAGES:
        questions = [question for question in HOWTO_QUESTIONS if question["lang"] == language]
        assert len(questions) >= 30
        assert {question["expect"] for question in questions} == set(SHIPPED.by_id)
    assert len(OTHER_QUESTIONS) >= 40


@pytest.mark.parametrize("name", ["asked.yaml", "indirect.yaml", "other.yaml", "stray.yaml"])
def test_questions_about_failures_and_other_things_find_no_howto(name: str) -> None:
    assert [question["text"] for question in read_questions(name) if SEARCH.find_howto(question["text"])] == []


def test_the_words_and_examples_of_entries_find_no_howto() -> None:
    # a how-to answers these questions better than the entry of a failure does
    allowed = {
        "how do I download customization.log",
        "come scarico customization.log?",
        "how do I change an existing image template",
        "where do I raise the time limit of the image build",
        "what's the maximum build time",
        "dove si alza il limite di tempo della compilazione",
        "what is the maximum duration of a build",
        "qual è la durata massima della build",
        "qual è la durata massima di una compilazione",
        "posso rilanciare la build fallita",
        "which role does the identity need on the gallery to publish",
        "quale ruolo serve all'identità sulla raccolta per pubblicare",
        "what must the gallery definition be for trusted launch",
        "come deve essere la definizione per l'avvio attendibile",
        "which role do I need on the managed identity to submit",
        "quale ruolo mi serve sull'identità gestita per inviare",
        "which permissions does the image builder identity need",
        "which role does the identity need and on what exactly",
        "does the identity need Reader or Contributor on the vnet",
        "quali permessi servono all'identità di image builder",
        "che ruolo serve all'identità e su cosa esattamente",
        "what are the rules for a staging resource group of my own",
        "di chi sono questi gruppi IT_ che costano",
        "which regions support image templates",
        "quali aree supportano i modelli di immagine",
    }
    found = set()
    for entry in ENTRIES.values():
        texts = [example.text for example in entry.examples] + [miss.text for miss in entry.near_misses]
        texts += [phrase for phrases in entry.words.values() for phrase in phrases]
        found |= {text for text in texts if SEARCH.find_howto(text)}
    assert found <= allowed


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_every_title_finds_its_howto_as_a_question(language: Any) -> None:
    lead = "come posso" if language == "it" else "how do I"
    for howto in SHIPPED.by_id.values():
        assert SEARCH.find_howto(f"{lead} {howto.title.get(language)}?") == howto.id


def test_an_almost_matching_question_only_suggests_a_howto() -> None:
    assert SEARCH.find_howto("where are the logs of kubernetes") is None
    assert SEARCH.suggest_howto("where are the logs of kubernetes") == "get-build-log"
    assert SEARCH.suggest_howto("what's for lunch") is None
    assert SEARCH.suggest_howto("where is the log" + " x" * MAX_QUESTION_CHARS) is None


@settings(max_examples=200)
@given(st.text(max_size=MAX_QUESTION_CHARS * 2))
def test_any_text_gets_an_answer(text: str) -> None:
    assert SEARCH.find_howto(text) in {None, *SHIPPED.by_id}
    assert SEARCH.suggest_howto(text) in {None, *SHIPPED.by_id}


def test_a_long_text_costs_no_more_than_a_question() -> None:
    def seconds(text: str) -> float:
        start = time.perf_counter()
        for _ in range(20):
            SEARCH.find_howto(text)
        return time.perf_counter() - start

    assert seconds("where is the log? " * 100_000) < 20 * seconds("where is the log of my build?")


def test_placeholders_that_can_be_filled_have_their_known_names() -> None:
    commands = [
        command
        for howto in SHIPPED.by_id.values()
        for howto_step in howto.steps
        for command in (howto_step.step.cli, howto_step.step.powershell)
        if command
    ]
    values = {"template": "t1", "resource_group": "rg1", "subscription": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
    unfilled = {
        name
        for command in commands
        for name in PLACEHOLDERS
        if f"<{name}>" in fill_placeholders(command, "Azure CLI", values)
    }
    of_a_how_to = {"stagingRg", "account", "guid", "id", "region", "vnet", "subnet", "gallery", "definition", "version"}
    assert unfilled == of_a_how_to


GOOD = """\
guides:
  - id: find-it
    title: {en: Find it, it: Trovarlo}
    questions:
      en: [where is the thing, how do I find the thing, find the thing, can I find the thing, where is that thing]
      it: [dov'è la cosa, dove trovo la cosa, come trovo la cosa, posso trovare la cosa, dove si trova la cosa]
    intro: {en: Here., it: Qui.}
    steps:
      - do: {en: Look., it: Guarda.}
    references:
      - {title: A page, url: https://example.org/page}
words:
  alike: {thing: [thing, cosa], find: [where, find, dove, dov, trov*]}
  slight: []
  fillers: [the, is, that, i, do, can, e, la, si, posso]
  asking: [where, how, can i, dove, dov, come, posso, what]
  telling: [says]
  reporting: [we]
  refusing: [why]
"""
FAULTS = [
    ("id: find-it", "id: Find_it", "id: Find_it", "lower-case words"),
    ("title: {en: Find it, it: Trovarlo}", "title: {en: Find it}", "title:", "an 'en' and an 'it' text"),
    ("it: Trovarlo", f"it: {'x' * 60}", "title:", "a title has at most 48"),
    ("- do: {en: Look.", "- cli: az version\n        do: {en: Look.", "cli: az", "both Azure CLI"),
    ("- do: {en: Look.", "- effect: deletes\n        do: {en: Look.", "effect: deletes", "save first"),
    ("can I find the thing, where is that thing]", "can I find the thing]", "en: [where", "at least 5 questions"),
    ("where is that thing]", "why is it there]", "en: [where", "'why is it there' leads to no guide"),
    ("    references:\n      - {title: A page, url: https://example.org/page}\n", "", "id: find-it", "'references'"),
    ("intro:", "introduction:", "introduction:", "isn't known here"),
    ("intro:", "helps_with: [status, novel]\n    intro:", "helps_with:", "'novel' is not build-log, status"),
    ("  slight: []", "  slight: [spoon]", "slight:", "isn't one of the concepts"),
    ("trov*", "t*", "words:", "too short"),
]


def faults(path: Path) -> list[str]:
    return [str(fault) for fault in check_entries(path.parent / "none", howtos=path)]


def test_a_good_howto_has_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "guides.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert faults(path) == []
    assert list(load_howtos(path).by_id) == ["find-it"]


@pytest.mark.parametrize(("old", "new", "where", "message"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_each_fault_of_a_howto_is_reported_with_its_line(
    tmp_path: Path, old: str, new: str, where: str, message: str
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    path = tmp_path / "guides.yaml"
    path.write_text(text, encoding="utf-8")
    matching = [fault for fault in faults(path) if message in fault]
    line = next(number for number, line in enumerate(text.splitlines(), 1) if where in line)
    assert matching
    assert matching[0].startswith(f"guides.yaml:{line}: ")


@pytest.mark.parametrize("text", ["", "- a list", "guides: []", "a: [unclosed"])
def test_a_file_of_another_structure_has_faults_and_cannot_be_loaded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "guides.yaml"
    path.write_text(text, encoding="utf-8")
    assert faults(path)
    with pytest.raises(InvalidFilesError, match=r"guides\.yaml:[12]: "):
        load_howtos(path)


def test_two_howtos_with_the_same_id_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "guides.yaml"
    again = GOOD[GOOD.index("  - id") : GOOD.index("words:")]
    path.write_text(GOOD.replace("words:", again + "words:", 1), encoding="utf-8")
    assert any("'find-it' is used twice" in fault for fault in faults(path))


def test_two_howtos_for_the_same_kind_of_text_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "guides.yaml"
    one = GOOD[GOOD.index("  - id") : GOOD.index("words:")].replace("intro:", "helps_with: status\n    intro:")
    other = one.replace("id: find-it", "id: find-more")
    path.write_text(GOOD[: GOOD.index("  - id")] + one + other + GOOD[GOOD.index("words:") :], encoding="utf-8")
    assert any("find-it is already used for 'status'" in fault for fault in faults(path))


@pytest.mark.parametrize("text", ["", "- {id: x}", "a: [unclosed"])
def test_faults_of_the_exit_codes_have_lines_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "exit_codes.yaml"
    path.write_text(text, encoding="utf-8")
    reported = check_entries(tmp_path / "none", exit_codes=path)
    assert reported
    assert all(fault.file == path.name and fault.line in (1, 2) for fault in reported)


def test_the_shipped_howtos_have_no_fault() -> None:
    assert check_entries(Path("none"), howtos=HOWTOS_PATH) == []
