"""The conditions of a signature: order, distance, counts, vetoes, line kinds, captures."""

from __future__ import annotations

import pytest

from knowledge.diagnosis.matching import LineFilter, Matcher
from knowledge.model.entry import RepeatThresholds, Signature
from knowledge.text.indexed_text import build_indexed_texts
from knowledge.text.lines import read_line
from knowledge.text.normalization import normalize_text
from tests.knowledge.made_entries import base, entry


def match(signature: Signature, text: str, is_partial: bool = False) -> tuple[str, list[int], dict[str, str]] | None:
    """Return the confidence, evidence line numbers, and values of a signature in a text, or `None`."""
    matcher = Matcher(base(entry("it", signature)))
    lines = [read_line(*line) for line in normalize_text(text)]
    candidates = [
        candidate
        for indexed_text in build_indexed_texts(lines)
        for candidate in matcher.search(indexed_text, LineFilter(lambda _: True), is_partial, is_about_build=True)
    ]
    if not candidates:
        return None
    return candidates[0].confidence, [line.number for line in candidates[0].evidence], candidates[0].values


PLAIN = Signature("s", "decisive", ("context deadline exceeded",))
PAIR = Signature("s", "decisive", ("waiting for microservice", "context deadline exceeded"), within=80)
COUNTED = Signature("s", "decisive", ("IMAGE_STATE_X",), repeats=RepeatThresholds(certain=6, likely=3))
VETOED = Signature("s", "decisive", ("context canceled",), unless=("build command has failed",))
TOGETHER = Signature("s", "decisive", ("no artifacts were created",), requires=("Some builds didn't complete",))
BEFORE = Signature("s", "decisive", ("Communicator ended with: 2300218",), before="Cancelling builder")
PRINTED = Signature("s", "decisive", ("Permission denied",), line="output")
CAPTURED = Signature("s", "decisive", ("exit status",), regex=r"exit status:? (?P<code>\d+)")
WEAK = Signature("s", "supporting", ("Failed while waiting",))

CASES = [
    ("a literal, whatever its case", PLAIN, "Context Deadline EXCEEDED", ("certain", [1])),
    ("white space and breaks do not matter", PLAIN, "context\n   deadline \t exceeded", ("certain", [1, 2, 3][:2])),
    ("cut hard in a word", PLAIN, "x" * 54 + " context deadli\n" + "ne exceeded" + " " * 0, ("certain", [1, 2])),
    ("not there", PLAIN, "context deadline", None),
    (
        "both in order and near",
        PAIR,
        "waiting for microservice to complete: context deadline exceeded",
        ("certain", [1]),
    ),
    ("wrong order", PAIR, "context deadline exceeded waiting for microservice", None),
    ("too far apart", PAIR, "waiting for microservice " + "x " * 100 + "context deadline exceeded", None),
    ("often enough", COUNTED, "IMAGE_STATE_X\n" * 6, ("certain", [1, 2])),
    ("less often", COUNTED, "IMAGE_STATE_X\n" * 4, ("likely", [1, 2])),
    ("a few", COUNTED, "IMAGE_STATE_X\n" * 2, ("possible", [1, 2])),
    ("a veto anywhere", VETOED, "context canceled\nPacker build command has failed", None),
    ("no veto", VETOED, "context canceled", ("certain", [1])),
    ("only together", TOGETHER, "no artifacts were created", None),
    ("together", TOGETHER, "Some builds didn't complete\nno artifacts were created", ("certain", [2])),
    ("before its rival", BEFORE, "Communicator ended with: 2300218\nCancelling builder", ("certain", [1])),
    ("after its rival", BEFORE, "Cancelling builder\nCommunicator ended with: 2300218", None),
    ("printed", PRINTED, "==> azure-arm: touch: Permission denied", ("certain", [1])),
    ("not printed", PRINTED, "touch: Permission denied", None),
    ("echoed source never counts", PLAIN, "Found command: echo context deadline exceeded", None),
    ("supporting is only possible", WEAK, "Failed while waiting", ("possible", [1])),
]


@pytest.mark.parametrize(
    ("signature", "text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_conditions(signature: Signature, text: str, expected: tuple[str, list[int]] | None) -> None:
    result = match(signature, text)
    if expected is None:
        assert result is None
    else:
        assert result is not None
        assert result[0] == expected[0]
        assert result[1][: len(expected[1])] == expected[1]


def test_values_are_captured() -> None:
    result = match(CAPTURED, "Script ended, exit status: 137")
    assert result is not None
    assert result[2] == {"code": "137"}


def test_a_regex_that_does_not_fit_vetoes_the_literal() -> None:
    assert match(CAPTURED, "exit status: none") is None


def test_a_condition_that_a_cut_log_cannot_show_makes_it_likely() -> None:
    result = match(VETOED, "context canceled", is_partial=True)
    assert result is not None
    assert result[0] == "likely"


SCRIPT = Signature(
    "s",
    "decisive",
    ("Script exited with non-zero exit status",),
    regex=r"exit status: (?P<code>\d+)",
    not_within=("update script exited",),
    reject={"code": ("101",)},
)
PLACES = [
    ("Script exited with non-zero exit status: 1", ("certain", {"code": "1"})),
    ("Windows update script exited with non-zero exit status: 1", None),
    ("Script exited with non-zero exit status: 101", None),
    (
        "Windows update script exited with non-zero exit status: 2\nScript exited with non-zero exit status: 5",
        ("certain", {"code": "5"}),
    ),
]


@pytest.mark.parametrize(("text", "expected"), PLACES)
def test_a_place_that_does_not_count(text: str, expected: tuple[str, dict[str, str]] | None) -> None:
    result = match(SCRIPT, text)
    assert (result and (result[0], result[2])) == expected


def test_a_likely_signature_is_never_certain() -> None:
    assert match(Signature("s", "likely", ("context canceled",)), "context canceled") == ("likely", [1], {})


def test_a_generic_signature_is_only_possible_without_a_word_of_a_build() -> None:
    signature = Signature("said", "decisive", ("quota was exceeded",), generic=True)
    matcher = Matcher(base(entry("it", signature)))
    text = build_indexed_texts([read_line(*line) for line in normalize_text("the quota was exceeded")])[0]
    for is_about_build, confidence in ((True, "certain"), (False, "possible")):
        (candidate,) = matcher.search(text, LineFilter(lambda _: True), False, is_about_build)
        assert candidate.confidence == confidence
