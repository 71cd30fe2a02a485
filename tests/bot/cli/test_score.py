"""`python app.py score`: what counts as right, specific, silent, shown, and left alone."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from app import main
from bot.cli.score import compute_figures, score_case
from bot.cli.score_cases import InvalidCasesError, LabeledCase, read_cases
from knowledge.model.diagnosis import Confidence, ExcerptLine, Match
from knowledge.model.finding import Finding
from tests.build_logs import begun, powershell, script_failed

TITLE = "Core quota exceeded"
PROOF = "exceeding approved standardDASv5Family Cores quota"


class FakeDiagnoser:
    """Gives every text the same diagnosis."""

    def __init__(self, confidence: Confidence | None = "certain", **rest: Any) -> None:
        evidence = (ExcerptLine(3, f"QuotaExceeded:  {PROOF}."),)
        match = Match("quota", TITLE, confidence, "error", "after-fix", evidence) if confidence else None  # type: ignore[arg-type]
        self.diagnosis = SimpleNamespace(
            matches=(match,) if match else (), **{"excerpt": (ExcerptLine(9, "the end"),), "finding": None, **rest}
        )

    def diagnose(self, text: str) -> SimpleNamespace:
        return self.diagnosis


def labeled(**labels: Any) -> LabeledCase:
    return LabeledCase(
        **{
            "id": "a", "text": "it failed", "log": None, "is_question": False, "expected": ("quota",), "is_missing": False,
            "terms": (("quota",), ("dasv5", "dsv5")), "line": "", **labels,
        }
    )  # fmt: skip


def figures_of(diagnoser: FakeDiagnoser, *cases: LabeledCase) -> dict[str, tuple[int, int]]:
    results = [score_case(diagnoser, case) for case in cases]  # type: ignore[arg-type]
    return {figure.name: (figure.count, figure.total) for figure in compute_figures(results)}


@pytest.mark.parametrize(
    ("confidence", "terms", "answer"),
    [
        ("certain", (("quota",), ("core", "vcpu")), "specific headline"),
        ("likely", (("quota",), ("dasv5",)), "generic headline"),
        ("possible", (("quota",),), "specific headline"),
        (None, (("quota",),), "silent"),
    ],
)
def test_a_headline_is_specific_generic_or_silent(
    confidence: Confidence | None, terms: tuple[tuple[str, ...], ...], answer: str
) -> None:
    figures = figures_of(FakeDiagnoser(confidence), labeled(terms=terms))
    names = ("specific headline", "generic headline", "silent")
    assert [name for name in names if figures[name][0]] == [answer]
    assert figures["only a guess"] == (confidence == "possible", 1)


def test_the_finding_is_the_headline_and_an_answer() -> None:
    finding = Finding("quota", "Quota of standardDASv5Family exceeded", "subscription", "after-fix", line=5)
    excerpt = (ExcerptLine(5, "line of the finding"),)
    figures = figures_of(
        FakeDiagnoser("possible", finding=finding, excerpt=excerpt), labeled(line="line of the finding")
    )
    assert figures["specific headline"] == (1, 1)
    assert figures["proving line shown"] == (1, 1)
    assert figures_of(FakeDiagnoser(None, finding=finding), labeled(expected=()))["left alone"] == (0, 1)


@pytest.mark.parametrize(("confidence", "line", "shown"), [
    ("certain", PROOF, 1),
    ("certain", "the end", 0),  # people see the excerpt only where nothing matches
    (None, "the end", 1),
])  # fmt: skip
def test_the_proving_line_counts_where_people_see_it(confidence: Confidence | None, line: str, shown: int) -> None:
    figures = figures_of(FakeDiagnoser(confidence), labeled(line=line))
    assert figures["proving line shown"] == (shown, 1)


def test_the_right_entry_comes_first_among_its_own_kind() -> None:
    figures = figures_of(
        FakeDiagnoser(),
        labeled(),
        labeled(expected=("policy",)),
        labeled(expected=("policy", "quota"), is_question=True),
    )
    assert figures["right first, pasted"] == (1, 2)
    assert figures["right first, questions"] == (1, 1)
    assert "right first, logs" not in figures


@pytest.mark.parametrize(("confidence", "alone", "wrong"), [("certain", 0, 1), ("likely", 0, 0), ("possible", 1, 0)])
def test_a_foreign_text_is_left_alone_unless_something_is_claimed(
    confidence: Confidence, alone: int, wrong: int
) -> None:
    figures = figures_of(FakeDiagnoser(confidence), labeled(expected=(), terms=()))
    assert figures == {"left alone": (alone, 1), "wrong certain": (wrong, 1)}


def test_a_failure_without_an_entry_is_counted_apart() -> None:
    figures = figures_of(FakeDiagnoser(), labeled(expected=(), is_missing=True, line=PROOF))
    assert figures == {
        "wrong certain": (1, 1),
        "no entry yet: specific headline": (0, 1),
        "no entry yet: generic headline": (1, 1),
        "no entry yet: silent": (0, 1),
        "no entry yet: only a guess": (0, 1),
        "no entry yet: line shown": (1, 1),
    }


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    text = script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text()
    (folder / "build.log").write_text(text, encoding="utf-8")
    return folder


def write(path: Path, cases: object) -> Path:
    path.write_text(yaml.safe_dump(cases), encoding="utf-8")
    return path


LOG = {"log": "build.log", "expect": ["script-nonzero-exit"], "terms": ["Contoso"], "line": "Contoso  install failed"}


def test_logs_are_read_from_the_folder_or_beside_the_file_that_names_them(logs: Path, tmp_path: Path) -> None:
    text = write(tmp_path / "text.yaml", [{"id": "a", "text": "it failed", "expect": []}])
    apart = write(tmp_path / "apart.yaml", [LOG])
    index = write(logs / "index.yaml", [LOG])
    path = logs / "build.log"
    assert [case.log for case in read_cases([text, logs])] == [None, path]
    assert [case.log for case in read_cases([apart, logs])] == [path]
    assert [case.log for case in read_cases([index])] == [path]


def test_json_has_every_figure_and_every_case(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = write(tmp_path / "cases.yaml", [LOG, {"id": "a", "kind": "question", "text": "it failed", "expect": []}])
    assert main(["score", "--format", "json", str(cases), str(logs)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"name": "specific headline", "count": 1, "total": 1, "cases": []} in found["figures"]
    assert found["cases"][0] == {
        "id": "build.log",
        "family": None,
        "headline": "Contoso install failed",
        "entry": "script-nonzero-exit",
        "confidence": "certain",
        "right_first": True,
        "answer": "specific",
        "line_shown": True,
    }
    assert found["cases"][1]["answer"] is None


def test_the_cases_behind_the_figures_are_listed_when_asked_for(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = write(tmp_path / "cases.yaml", [{**LOG, "expect": ["dpkg-lock"]}])
    assert main(["score", str(cases), str(logs)]) == 0
    assert "build.log" not in capsys.readouterr().out
    assert main(["score", "--verbose", str(cases), str(logs)]) == 0
    listed = "  build.log: Contoso install failed · script-nonzero-exit (certain), not dpkg-lock"
    assert listed in capsys.readouterr().out.splitlines()


def test_families_are_counted_when_asked_for(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"id": "a", "text": "E: Unable to locate package zorgle", "expect": ["dpkg-lock"], "family": "apt"}
    foreign = {"id": "b", "text": "hello", "expect": [], "family": "chat"}
    cases = write(tmp_path / "cases.yaml", [{**LOG, "family": "installers"}, wrong, foreign])
    assert main(["score", "--by-family", str(cases), str(logs)]) == 0
    table = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert [" ".join(line.split()) for line in table] == [
        "family right first specific",
        "apt 0 of 1 0 of 0",
        "installers 1 of 1 1 of 1",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"a": 1}, "must be a list of cases"),
        ([{"id": "a", "expect": []}], "case a has neither 'text' nor 'log'"),
        ([{"id": "a", "text": "it failed", "terms": "quota"}], "case a: 'terms' must be a list of texts"),
        ([{"id": "a", "text": "it failed", "expect": "quota"}], "case a: 'expect' must be a list of texts"),
    ],
)
def test_a_file_that_cannot_be_scored_is_named(tmp_path: Path, content: object, said: str) -> None:
    path = write(tmp_path / "cases.yaml", content)
    with pytest.raises(InvalidCasesError, match=said) as error:
        read_cases([path])
    assert str(path) in str(error.value)
