"""The root cause before its consequences, wrappers last, harmless messages only if alone."""

from __future__ import annotations

import pytest

from knowledge.diagnosis.candidate import MatchCandidate
from knowledge.diagnosis.ranking import RankedCandidate, rank_candidates
from knowledge.model.entry import Entry
from tests.knowledge.made_entries import base, entry

ROOT = entry("root", explains=("consequence",))
CONSEQUENCE = entry("consequence", role="symptom", explains=("wrapper",))
WRAPPER = entry("wrapper", role="wrapper", priority=6)
OTHER = entry("other", priority=3)
HARMLESS = entry("harmless", severity="info")
ALL = base(ROOT, CONSEQUENCE, WRAPPER, OTHER, HARMLESS)

C, L, P = "certain", "likely", "possible"
CASES = [
    ([(WRAPPER, C), (ROOT, C)], [("root", ("wrapper",))]),
    ([(CONSEQUENCE, C), (ROOT, C)], [("root", ("consequence",))]),
    ([(OTHER, C), (ROOT, C)], [("root", ()), ("other", ())]),
    ([(OTHER, C), (WRAPPER, C)], [("other", ("wrapper",))]),
    ([(OTHER, P), (WRAPPER, C)], [("wrapper", ()), ("other", ())]),
    ([(HARMLESS, C), (ROOT, L)], [("root", ())]),
    ([(HARMLESS, C)], [("harmless", ())]),
    ([(HARMLESS, C), (OTHER, P)], [("harmless", ()), ("other", ())]),
    ([], []),
]


def list_names(ranked: list[RankedCandidate]) -> list[tuple[str, tuple[str, ...]]]:
    return [(candidate.entry.id, explains) for candidate, explains in ranked]


@pytest.mark.parametrize(("found", "expected"), CASES)
def test_order(found: list[tuple[Entry, str]], expected: list[tuple[str, tuple[str, ...]]]) -> None:
    candidates = [MatchCandidate(entry, confidence) for entry, confidence in found]  # type: ignore[arg-type]
    assert list_names(rank_candidates(candidates, ALL, is_build_log=False)) == expected


def test_at_most_five() -> None:
    many = [entry(f"e{number}") for number in range(9)]
    candidates = [MatchCandidate(one, "certain") for one in many]
    assert len(rank_candidates(candidates, base(*many), is_build_log=False)) == 5


def test_in_a_log_the_status_of_every_failed_build_is_named_and_no_other_wrapper() -> None:
    status = entry("packer-build-failed", role="wrapper", priority=6)
    script = entry("script", explains=("wrapper", "packer-build-failed"))
    ranked = rank_candidates([MatchCandidate(script, "certain")], base(script, WRAPPER, status), is_build_log=True)
    assert list_names(ranked) == [("script", ("packer-build-failed",))]


def test_a_possibility_is_no_consequence() -> None:
    maybe = MatchCandidate(CONSEQUENCE, "possible")
    root = entry("root", explains=("consequence",))
    ranked = rank_candidates([MatchCandidate(root, "certain"), maybe], base(root, CONSEQUENCE), is_build_log=False)
    assert list_names(ranked) == [("root", ())]


def test_entries_that_explain_each_other_in_a_circle_end() -> None:
    top = entry("top", explains=("one",))
    circle = (entry("one", explains=("other",)), entry("other", explains=("one",)))
    ranked = rank_candidates([MatchCandidate(top, "certain")], base(top, *circle), is_build_log=False)
    assert list_names(ranked) == [("top", ())]
