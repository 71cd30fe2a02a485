"""The labels of the cases in `tests/cases`: they are about their own texts, and about entries that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli.score_cases import LabeledCase, read_cases
from knowledge.redaction.redact import redact
from tests.shipped_knowledge import ENTRIES

FOLDER = Path(__file__).parent / "cases"
CASES = read_cases([*sorted(FOLDER.glob("*.yaml")), FOLDER / "logs"])
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
MAX_LOG_BYTES = 60_000


def test_ids_are_unique() -> None:
    assert (
        len({case.id for case in CASES})
        == len(CASES)
        == 48 + 78 + 93 + 9 + 207 + 227 + 78 + 210 + 170 + 180 + 180 + 160 + 143
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_labels_fit_the_text(case: LabeledCase) -> None:
    content = case.log.read_text("utf-8") if case.log else case.text
    shown = " ".join(redact(ESCAPE.sub("", content)).split())
    assert set(case.expected) <= ENTRIES.keys()
    assert case.line in shown
    if case.is_question or case.is_foreign:
        assert not case.line
        assert case.is_missing or not case.terms
    else:
        assert case.line
        assert all(any(term in shown.lower() for term in group) for group in case.terms)
        assert all(case.terms)
    assert not (case.expected and case.is_missing)


def test_logs_are_excerpts() -> None:
    logs = sorted((FOLDER / "logs").glob("*.log"))
    assert logs == sorted(case.log for case in CASES if case.log)
    assert all(log.stat().st_size <= MAX_LOG_BYTES for log in logs)
