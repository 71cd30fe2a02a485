"""`python app.py score CASES [LOGS]`: how often the right entry comes first, measured on your own failures.

CASES is a YAML list of `{id, text, expect, kind}`. `expect` lists the acceptable entries, and is empty if no entry
fits; `kind: question` marks a question in a person's own words. LOGS is a folder of build logs with an `index.yaml`, a
list of `{log, line, expect}`, where `line` is part of the line that proves the cause.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.errors import BotError
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.errors import KnowledgeError

_INDEX = "index.yaml"


class InvalidCasesError(BotError):
    """A file of cases cannot be scored. The message names the file and what is wrong with it."""


@dataclass
class AccuracyScore:
    """One figure of the score: how many of the cases were right, and a line about each that was not."""

    name: str
    correct: int = 0
    total: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, is_correct: bool, failure: str) -> None:
        """Count one case; `failure` describes it in case it is not correct."""
        self.total += 1
        self.correct += is_correct
        if not is_correct:
            self.failures.append(failure)

    def __str__(self) -> str:
        """Format the figure as one line."""
        share = f"{100 * self.correct / self.total:.1f} %" if self.total else "no cases"
        return f"{self.name}: {self.correct} of {self.total} ({share})"


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("cases", metavar="CASES", help="a YAML list of {id, text, expect, kind}")
    parser.add_argument("logs", nargs="?", metavar="LOGS", help="a folder of build logs with an index.yaml")


def run(options: Namespace) -> int:
    """Print the scores and the failed cases. Return 0, or 2 if something cannot be read."""
    try:
        diagnoser = Diagnoser(load_entries())
        scores = score_cases(diagnoser, _read_cases(Path(options.cases)))
        if options.logs:
            scores += score_logs(diagnoser, Path(options.logs))
    except (InvalidCasesError, KnowledgeError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for score in scores:
        sys.stdout.write(f"{score}\n" + "".join(f"  {line}\n" for line in score.failures))
    return 0


def score_cases(diagnoser: Diagnoser, cases: list[Mapping[str, Any]]) -> list[AccuracyScore]:
    """Score pasted texts and questions by the first match, and texts that fit no entry by being left alone."""
    pasted, questions = AccuracyScore("right first, pasted"), AccuracyScore("right first, questions")
    left_alone = AccuracyScore("left alone")
    for case in cases:
        expected = [str(entry_id) for entry_id in case.get("expect") or ()]
        diagnosis = diagnoser.diagnose(str(case.get("text", "")))
        name = str(case.get("id", "?"))
        if not expected:
            # a guess that is marked as one is fine
            is_left_alone = all(match.confidence == "possible" for match in diagnosis.matches)
            left_alone.add(is_left_alone, f"{name}: {_format_matches(diagnosis)}")
        else:
            _add_first_match(questions if case.get("kind") == "question" else pasted, name, diagnosis, expected)
    return [pasted, questions, left_alone]


def score_logs(diagnoser: Diagnoser, folder: Path) -> list[AccuracyScore]:
    """Score a folder of build logs by the first match, and by whether the proving line is shown."""
    first, proof = AccuracyScore("right first, logs"), AccuracyScore("proving line shown")
    for case in _read_cases(folder / _INDEX):
        name = str(case.get("log", "?"))
        with (folder / name).open("rb") as stream:
            diagnosis = diagnoser.diagnose_stream(stream, file=name)
        expected = [str(entry_id) for entry_id in case.get("expect") or ()]
        if expected:
            _add_first_match(first, name, diagnosis, expected)
        proving_line = " ".join(str(case.get("line", "")).split())
        if proving_line:
            is_shown = any(proving_line in " ".join(text.split()) for text in _extract_lines(diagnosis))
            proof.add(is_shown, f"{name}: {proving_line!r} is not among the lines shown")
    return [first, proof]


def _add_first_match(score: AccuracyScore, name: str, diagnosis: Diagnosis, expected: Sequence[str]) -> None:
    is_correct = bool(diagnosis.matches) and diagnosis.matches[0].entry in expected
    score.add(is_correct, f"{name}: {_format_matches(diagnosis)}, not {' or '.join(expected)}")


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
