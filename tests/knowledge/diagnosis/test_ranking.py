"""The root before its consequences, wrappers last, harmless messages only alone."""

from __future__ import annotations

import pytest

from knowledge.diagnosis.matching import MatchCandidate
from knowledge.diagnosis.ranking import rank_candidates
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


@pytest.mark.parametrize(("found", "expected"), CASES)
def test_order(found: list[tuple[Entry, str]], expected: list[tuple[str, tuple[str, ...]]]) -> None:
    order = rank_candidates([MatchCandidate(one, confidence) for one, confidence in found], ALL)  # type: ignore[arg-type]
    assert [(one.entry.id, explains) for one, explains in order] == expected


def test_at_most_five() -> None:
    many = [entry(f"e{number}") for number in range(9)]
    assert len(rank_candidates([MatchCandidate(one, "certain") for one in many], base(*many))) == 5


def test_in_a_log_the_wrappers_of_the_status_are_named() -> None:
    of_script = entry("script", explains=("wrapper",))
    order = rank_candidates([MatchCandidate(of_script, "certain")], base(of_script, WRAPPER), is_build_log=True)
    assert [(one.entry.id, explains) for one, explains in order] == [("script", ("wrapper",))]
