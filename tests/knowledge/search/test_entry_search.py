"""Questions in people's own words: the entry they mean comes first, and anything else is never called likely."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search.entry_search import MAX_RESULTS, EntrySearch
from knowledge.search.phrase_table import PhraseTable
from knowledge.search.spelling import SpellingCorrector, compute_distance
from knowledge.search.tokenizer import load_lexicon, split_words
from tests.shipped_knowledge import ENTRIES

QUESTIONS = Path(__file__).parents[1] / "questions"
SEARCH = EntrySearch(ENTRIES)


def read_questions(name: str) -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = yaml.safe_load((QUESTIONS / f"{name}.yaml").read_text(encoding="utf-8"))
    return questions


def find_first(text: str) -> str | None:
    hits = SEARCH.search(text)
    return hits[0].entry if hits else None


@pytest.mark.parametrize(("name", "min_right"), [("asked", 270), ("indirect", 56), ("rounds", 338)])
def test_the_entry_meant_comes_first(name: str, min_right: int) -> None:
    questions = read_questions(name)
    missed = [question["id"] for question in questions if find_first(question["text"]) not in question["expect"]]
    assert len(questions) - len(missed) >= min_right, missed


@pytest.mark.parametrize("name", ["asked", "indirect"])
def test_likely_is_hardly_ever_wrong(name: str) -> None:
    results = [(question, SEARCH.search(question["text"])) for question in read_questions(name)]
    likely = [(question, hits[0]) for question, hits in results if hits and hits[0].strength == "likely"]
    wrong = [question["id"] for question, hit in likely if hit.entry not in question["expect"]]
    assert len(likely) >= len(results) / 5
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize(("name", "max_found"), [("other", 26), ("stray", 24)])
def test_something_else_is_seldom_answered(name: str, max_found: int) -> None:
    found = [question["id"] for question in read_questions(name) if find_first(question["text"])]
    assert len(found) <= max_found, found


@pytest.mark.parametrize(("name", "max_likely"), [("other", 2), ("stray", 2)])
def test_something_else_is_not_likely(name: str, max_likely: int) -> None:
    likely = [
        question["id"]
        for question in read_questions(name)
        if any(hit.strength == "likely" for hit in SEARCH.search(question["text"]))
    ]
    assert len(likely) <= max_likely, likely


def test_every_expected_entry_exists_and_every_entry_is_asked_for() -> None:
    questions = read_questions("asked") + read_questions("indirect")
    expected = {entry for question in questions for entry in question["expect"]}
    assert expected <= ENTRIES.keys()
    assert len(ENTRIES.keys() - expected) <= 5


@pytest.mark.parametrize("text", ["", "   ", "it failed", "non funziona", "?!", "help me please", "ok grazie", "…"])
def test_a_text_without_content_gives_nothing(text: str) -> None:
    assert SEARCH.search(text) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("image build stops after 4 hours with a timeout", "image build stops after 240 minutes with a timeout"),
        ("la build va in timeout dopo quattro ore", "la build va in timeout dopo 4h"),
        ("windows update fails with 0x80240016", "windows update fails with 80240016"),
        ("the compute gallery is not authorized", "the compute galery is not autorized"),
        ("c'è un'identità gestita eliminata", "C'E' UN’IDENTITA GESTITA ELIMINATA"),
    ],
)
def test_the_same_meaning_in_other_words_finds_the_same_entry(one: str, other: str) -> None:
    assert find_first(one) is not None
    assert find_first(one) == find_first(other)


@pytest.mark.parametrize(
    ("plain", "wordy"),
    [
        (
            "managed identity was deleted, the image template cannot run and cannot be deleted",
            "managed identity was deleted, the image template can neither run nor be deleted",
        ),
        (
            "i core per la VM di build sono esauriti",
            "comunque sono esauriti i core possibile per la VM di build, quindi",
        ),
    ],
)
def test_words_without_meaning_change_nothing(plain: str, wordy: str) -> None:
    assert find_first(wordy) is not None
    assert find_first(plain) == find_first(wordy)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("a policy forbids the resource group of our image build", "policy-violation"),
        ("a policy wants tags on the resource group of our image build", "tag-policy"),
        ("apt can't download anything in the image build, the firewall blocks it", "no-outbound-access"),
        ("apt can't read its package lists in the first seconds of the image build", "apt-early-boot-race"),
        ("sysprep hangs in the image build without any output", "sysprep-timing"),
        ("the installer hangs in the image build without any output", "powershell-hangs-without-elevation"),
        ("three image builds at once are fine, with the fourth the container quota is used up", "aci-quota-exceeded"),
        ("packer waits for winrm and gives up", "vm-connection-timeout"),
        ("packer waits for winrm and gives up, our nsg denies it", "winrm-blocked-by-nsg"),
        ("publishing 1.2.0 to the gallery a second time is refused", "gallery-version-exists"),
    ],
)
def test_what_a_text_lacks_and_what_speaks_against_an_entry_decide(text: str, entry: str) -> None:
    assert find_first(text) == entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("the nightly image build is broken", "packer-build-failed"),
        ("la compilazione è fallita", "packer-build-failed"),
        ("the nightly job is broken", None),
        ("the nightly docker build is broken", None),
    ],
)
def test_a_build_that_failed_somehow_has_a_general_answer(text: str, entry: str | None) -> None:
    hits = SEARCH.search(text)
    assert (hits[0].entry if hits else None) == entry
    assert all(hit.strength == "possible" for hit in hits)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("our script can't install docker in the image", "script-nonzero-exit"),
        ("ansible fails in a shell step of the image build", "script-nonzero-exit"),
        ("ansible fails on our web servers", None),
        ("docker build fails while it pulls the image", None),
    ],
)
def test_a_tool_that_a_step_installs_is_not_another_subject(text: str, entry: str | None) -> None:
    assert find_first(text) == entry


@pytest.mark.parametrize(
    "text",
    [
        "kubernetes pods run into a timeout pulling the image",
        "terraform apply: quota exceeded for cores in west europe",
        "the docker image build failed with exit code 1, script not found",
    ],
)
def test_another_tool_is_never_likely(text: str) -> None:
    assert all(match.strength == "possible" for match in SEARCH.search(text))


def test_image_builder_together_with_another_tool_is_still_found() -> None:
    text = "terraform deploys our image builder template: container instances quota exceeded, too many image builds"
    assert find_first(text) == "aci-quota-exceeded"


def test_a_question_about_a_thing_is_not_a_failure() -> None:
    assert SEARCH.search("what is sysprep?") == []


@given(st.text(max_size=300))
def test_any_text_gives_at_most_five_in_order(text: str) -> None:
    found = SEARCH.search(text)
    assert len(found) <= MAX_RESULTS
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert len({match.entry for match in found}) == len(found)
    assert all(match.strength == "possible" for match in found[1:])


FEW = dict(list(ENTRIES.items())[:20])
ONE_INDEX, ANOTHER_INDEX = EntrySearch(FEW), EntrySearch(FEW)


@given(
    st.lists(
        st.sampled_from(
            ["sysprep", "timeout", "gallery", "identity", "denied", "4", "hours", "delet", "app", "store", "slow"]
        ),
        max_size=40,
    )
)
def test_two_indexes_of_the_same_entries_agree(words: list[str]) -> None:
    text = " ".join(words)
    assert ONE_INDEX.search(text) == ANOTHER_INDEX.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "aA" * 500_000,
        "image build timeout " * 50_000,
        "0x" * 100_000,
        "ﷺ" * 100_000,
        "_" * 100_000,
        "\ud800 broken \udfff",
        "\x00\x01",
        "9" * 100_000 + " minutes",
    ],
)
def test_hostile_texts_are_read_only_up_to_a_limit(text: str) -> None:
    assert len(split_words(text)) <= 400
    assert all(len(name) <= 64 for name in split_words(text))
    assert len(SEARCH.search(text)) <= MAX_RESULTS


def test_no_entries_give_no_matches() -> None:
    assert EntrySearch({}).search("image build timeout") == []


def test_the_longest_phrase_and_prefixes_match() -> None:
    phrases = PhraseTable({"time": ["time out", "timeout*"], "out": ["out"]})
    assert phrases.match_at(["time", "out", "x"], 0) == (0, 2, ("time",))
    assert phrases.match_at(["timeouts"], 0) == (0, 1, ("time",))
    assert phrases.match_at(["time"], 0) is None
    assert phrases.match_at(["out"], 0) == (0, 1, ("out",))


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("not found", 2),
        ("not been found", 3),
        ("not yet been found", 4),
        ("not yet yet been found", None),
        ("not my found", None),
        ("not been", None),
    ],
)
def test_words_that_change_nothing_may_be_inside_a_phrase(words: str, end: int | None) -> None:
    table = PhraseTable({"missing": ["not found"]}, gap_words=["been", "yet"])
    match = table.match_at(words.split(), 0)
    assert (match.end if match else None) == end


@pytest.mark.parametrize(
    ("text", "term", "is_meant"),
    [
        ("the image build stops, it's not a timeout", "~timeout", False),
        ("the image build stops with a timeout", "~timeout", True),
        ("quota is fine, but there's no capacity", "~quota", False),
        ("the quota isn't fine", "~quota", True),
        ("non è un problema di permessi", "~permission", False),
        ("manca la quota, i permessi sono a posto", "~permission", False),
        ("manca la quota, i permessi sono a posto", "~quota", True),
    ],
)
def test_what_a_text_denies_is_left_out(text: str, term: str, is_meant: bool) -> None:
    assert (term in load_lexicon().parse_query(text, lambda word: None).terms) is is_meant


@pytest.mark.parametrize(
    ("text", "is_long"), [("4 hours", True), ("240min", True), ("due ore", True), ("5 min", False)]
)
def test_long_durations_have_a_term_in_common(text: str, is_long: bool) -> None:
    (token,) = load_lexicon().tokenize(text)
    assert ("~long" in token.terms) is is_long


def test_words_that_were_run_together_are_two() -> None:
    speller = SpellingCorrector(["temporary", "vault", "key"])
    assert speller.split_compound("temporaryvault") == "temporary vault"
    assert speller.split_compound("temporarykey") is None
    assert speller.split_compound("vaulted") is None
    assert find_first("the temporaryvault of packer denies it") == find_first("the temporary vault of packer denies it")


def test_small_talk_must_name_a_subject_more_clearly() -> None:
    assert [SEARCH.search("subnet full, no addresses", is_small_talk=talk)[0].entry for talk in (False, True)] == [
        "subnet-full",
        "subnet-full",
    ]
    assert SEARCH.search("the build container of our image") != []
    assert SEARCH.search("the build container of our image", is_small_talk=True) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("galery", "gallery"),
        ("timout", "timeout"),
        ("contaner", "container"),
        ("instnaces", "instances"),
        ("cat", None),
    ],
)
def test_a_misspelled_word_is_corrected(written: str, meant: str | None) -> None:
    assert SpellingCorrector(["gallery", "timeout", "container", "instances", "cats"]).find_nearest(written) == meant


@given(st.text("abcd", max_size=8), st.text("abcd", max_size=8))
def test_the_distance_is_symmetric(one: str, other: str) -> None:
    assert compute_distance(one, other, 3) == compute_distance(other, one, 3)
    assert (compute_distance(one, other, 3) == 0) == (one == other)


@given(st.text("abcdeiostringz", min_size=4, max_size=14), st.data())
def test_one_edit_in_a_known_word_finds_the_word(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 1))
    misspelled = word[:at] + word[at + 1 :] if len(word) > 4 else word[:at] + "y" + word[at:]
    found = SpellingCorrector([word]).find_nearest(misspelled)
    assert found == word


@pytest.mark.parametrize(
    ("one", "other"), [("replicating", "replicated"), ("blocchi", "blocco"), ("agents", "agent"), ("errori", "errore")]
)
def test_stems_join_the_forms_of_a_word(one: str, other: str) -> None:
    lexicon = load_lexicon()
    assert lexicon.stem(one)[:5] == lexicon.stem(other)[:5]
