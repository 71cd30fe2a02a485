"""`python app.py score CASES [LOGS]`: how often the right entry comes first, on anybody's own failures.

CASES is a YAML list of `{id, text, expect, kind}`: `expect` are the acceptable entries, none where the right answer is
that nothing is known; `kind: question` marks a person's own words. LOGS is a folder of build logs with an `index.yaml`,
a list of `{log, line, expect}`: `line` is a part of the line that a person would point at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.errors import KnowledgeError

_INDEX = "index.yaml"


class InvalidCasesError(KnowledgeError):
    """A file of cases, or a folder of logs, that cannot be scored; the message says what is wrong with which."""


@dataclass
class AccuracyScore:
    """One figure: how many were right of how many, and a line on each that was not."""

    name: str
    correct: int = 0
    total: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, is_correct: bool, failure: str) -> None:
        """Counts one case."""
        self.total += 1
        self.correct += is_correct
        if not is_correct:
            self.failures.append(failure)

    def __str__(self) -> str:
        share = f"{100 * self.correct / self.total:.1f} %" if self.total else "no cases"
        return f"{self.name}: {self.correct} of {self.total} ({share})"


def run_score(cases_path: str, logs_path: str | None) -> int:
    """Prints the figures and what went wrong; 0 when everything could be read, else 2."""
    try:
        diagnoser = Diagnoser(load_entries())
        tallies = score_cases(diagnoser, _read_cases(Path(cases_path)))
        if logs_path:
            tallies += score_logs(diagnoser, Path(logs_path))
    except (KnowledgeError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for tally in tallies:
        sys.stdout.write(f"{tally}\n" + "".join(f"  {line}\n" for line in tally.failures))
    return 0


def score_cases(diagnoser: Diagnoser, cases: list[Mapping[str, Any]]) -> list[AccuracyScore]:
    """Right first over pasted texts and over questions, and leaving alone over what is something else."""
    pasted, questions = AccuracyScore("right first, pasted"), AccuracyScore("right first, questions")
    alone = AccuracyScore("left alone")
    for case in cases:
        expect = [str(name) for name in case.get("expect") or ()]
        diagnosis = diagnoser.diagnose(str(case.get("text", "")))
        name = str(case.get("id", "?"))
        if not expect:
            alone.add(
                all(match.confidence == "possible" for match in diagnosis.matches),
                f"{name}: {_format_matches(diagnosis)}",
            )
            continue
        tally = questions if case.get("kind") == "question" else pasted
        right = bool(diagnosis.matches) and diagnosis.matches[0].entry in expect
        tally.add(right, f"{name}: {_format_matches(diagnosis)}, not {' or '.join(expect)}")
    return [pasted, questions, alone]


def score_logs(diagnoser: Diagnoser, folder: Path) -> list[AccuracyScore]:
    """Right first, and the proving line shown, over a folder of build logs."""
    first, proof = AccuracyScore("right first, logs"), AccuracyScore("proving line shown")
    for case in _read_cases(folder / _INDEX):
        name = str(case.get("log", "?"))
        with (folder / name).open("rb") as stream:
            diagnosis = diagnoser.diagnose_stream(stream, file=name)
        expect = [str(one) for one in case.get("expect") or ()]
        if expect:
            right = bool(diagnosis.matches) and diagnosis.matches[0].entry in expect
            first.add(right, f"{name}: {_format_matches(diagnosis)}, not {' or '.join(expect)}")
        wanted = " ".join(str(case.get("line", "")).split())
        if wanted:
            shown = [" ".join(text.split()) for text in _extract_lines(diagnosis)]
            proof.add(any(wanted in text for text in shown), f"{name}: {wanted!r} is not among the lines shown")
    return [first, proof]


def _extract_lines(diagnosis: Diagnosis) -> Iterator[str]:
    for match in diagnosis.matches[:1]:
        yield from (line.text for line in match.evidence)
    if not diagnosis.matches:
        yield from (line.text for line in diagnosis.excerpt)


def _format_matches(diagnosis: Diagnosis) -> str:
    return ", ".join(f"{match.entry} ({match.confidence})" for match in diagnosis.matches) or "nothing"


def _read_cases(path: Path) -> list[Mapping[str, Any]]:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InvalidCasesError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidCasesError(f"{path}: must be a list of cases, each with at least 'text' (or 'log') and 'expect'")
    return value
