"""`python app.py score PATH...`: how good the answers are, measured on your own failures.

A path is a YAML list of cases, `{id, text, expect, kind, missing, terms, line}`, or a folder of build logs. A case
about a log has its name as `log` instead of `text`. If no file names a log, the folder's `index.yaml` holds the cases.
`bot/cli/score_cases.py` explains the keys.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.cli.score_cases import InvalidCasesError, LabeledCase, read_cases
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.errors import KnowledgeError

AnswerKind = Literal["specific", "generic", "silent"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of diagnosing a case."""

    case: LabeledCase
    headline: str
    match: Match | None
    answer: AnswerKind
    is_guess: bool
    is_line_shown: bool

    @property
    def is_right_first(self) -> bool:
        """Whether the first match is an acceptable entry."""
        return self.match is not None and self.match.entry in self.case.expected

    @property
    def is_wrong_certain(self) -> bool:
        """Whether the first match is certain, but not an acceptable entry."""
        return self.match is not None and self.match.confidence == "certain" and not self.is_right_first

    @property
    def is_left_alone(self) -> bool:
        """Whether nothing is claimed. A guess that's marked as one is fine."""
        return self.answer == "silent" or self.is_guess

    def __str__(self) -> str:
        """Format the result as one line."""
        found = f"{self.match.entry} ({self.match.confidence})" if self.match else "nothing"
        wanted = f", not {' or '.join(self.case.expected)}" if self.case.expected and not self.is_right_first else ""
        return f"{self.case.id}: {self.headline or 'no headline'} · {found}{wanted}"

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object that always has every key."""
        return {
            "id": self.case.id,
            "family": self.case.family or None,
            "headline": self.headline or None,
            "entry": self.match.entry if self.match else None,
            "confidence": self.match.confidence if self.match else None,
            "right_first": self.is_right_first if self.case.expected else None,
            "answer": self.answer if self.case.terms else None,
            "line_shown": self.is_line_shown if self.case.line else None,
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the score: how many of its cases count, and the cases worth checking."""

    name: str
    count: int
    total: int
    listed: tuple[CaseResult, ...]


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a YAML list of cases, or a folder of build logs")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--verbose", action="store_true", help="also list the cases that went wrong")
    parser.add_argument("--by-family", action="store_true", help="also count by each case's `family`")
    add_epilog(
        parser,
        examples=("score cases.yaml logs/", "score --verbose --by-family tests/cases/*.yaml tests/cases/logs"),
        statuses=("0  the scores were printed", "2  a path can't be read"),
    )


def run(options: Namespace) -> int:
    """Print the figures, and with `--verbose` the cases behind them. Return 0, or 2 if something cannot be read."""
    try:
        cases = read_cases([Path(path) for path in options.paths])
        diagnoser = Diagnoser(load_entries())
        results = [score_case(diagnoser, case) for case in cases]
    except (InvalidCasesError, KnowledgeError, OSError, UnicodeDecodeError) as error:
        print_error(f"{error}")
        return 2
    figures = list(compute_figures(results))
    if options.format == "json":
        sys.stdout.write(_format_json(figures, results))
        return 0
    sys.stdout.write(_format_text(figures, options.verbose))
    if options.by_family:
        sys.stdout.write(_format_families(results))
    return 0


def score_case(diagnoser: Diagnoser, case: LabeledCase) -> CaseResult:
    """Diagnose a case and compare the answer with its labels."""
    if case.log:
        with case.log.open("rb") as stream:
            diagnosis = diagnoser.diagnose_stream(stream, file=case.log.name)
    else:
        diagnosis = diagnoser.diagnose(case.text)
    finding = diagnosis.finding
    match = diagnosis.matches[0] if diagnosis.matches else None
    headline = str(finding.title) if finding is not None else match.title if match else ""
    is_claimed = finding is not None and not finding.is_guess
    is_claimed = is_claimed or any(match.confidence != "possible" for match in diagnosis.matches)
    return CaseResult(
        case=case,
        headline=headline,
        match=match,
        answer=_judge_headline(headline, case) if headline else "silent",
        is_guess=bool(headline) and not is_claimed,
        is_line_shown=any(case.line in " ".join(text.split()) for text in _extract_lines(diagnosis)),
    )


def compute_figures(results: Sequence[CaseResult]) -> Iterator[Figure]:
    """Yield every figure that applies to at least one case."""
    known = [result for result in results if not result.case.is_missing]
    unknown = [result for result in results if result.case.is_missing]
    expected = [result for result in known if result.case.expected]
    failures = [result for result in expected if not result.case.is_question]
    figures = [
        _count_right("right first, pasted", (result for result in failures if not result.case.log)),
        _count_right("right first, logs", (result for result in failures if result.case.log)),
        _count_right("right first, questions", (result for result in expected if result.case.is_question)),
        *_count_answers(known),
        _count("proving line shown", _with_line(known), lambda result: result.is_line_shown),
        _count("left alone", (result for result in known if result.case.is_foreign), lambda one: one.is_left_alone),
        _count("wrong certain", results, lambda result: result.is_wrong_certain, is_good=False),
        *_count_answers(unknown, "no entry yet: "),
        _count("no entry yet: line shown", _with_line(unknown), lambda result: result.is_line_shown),
    ]
    yield from (figure for figure in figures if figure.total)


def _count(
    name: str, results: Iterable[CaseResult], is_counted: Callable[[CaseResult], bool], is_good: bool = True
) -> Figure:
    """Count results, and list those that are not good."""
    results = tuple(results)
    counted = [is_counted(result) for result in results]
    listed = tuple(result for result, hit in zip(results, counted, strict=True) if hit != is_good)
    return Figure(name, sum(counted), len(results), listed)


def _count_right(name: str, results: Iterable[CaseResult]) -> Figure:
    return _count(name, results, lambda result: result.is_right_first)


def _count_answers(results: Sequence[CaseResult], prefix: str = "") -> Iterator[Figure]:
    labeled = [result for result in results if result.case.terms]
    specific = sum(result.answer == "specific" for result in labeled)
    yield Figure(f"{prefix}specific headline", specific, len(labeled), ())  # the others are in the next two figures
    yield _count(f"{prefix}generic headline", labeled, lambda result: result.answer == "generic", is_good=False)
    yield _count(f"{prefix}silent", labeled, lambda result: result.answer == "silent", is_good=False)
    yield _count(f"{prefix}only a guess", labeled, lambda result: result.is_guess, is_good=False)


def _with_line(results: Sequence[CaseResult]) -> list[CaseResult]:
    return [result for result in results if result.case.line]


def _judge_headline(headline: str, case: LabeledCase) -> AnswerKind:
    text = headline.lower()
    return "specific" if all(any(term in text for term in group) for group in case.terms) else "generic"


def _extract_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the lines that people see: those around the deciding line, or else those of the first match."""
    shows_excerpt = diagnosis.finding is not None or not diagnosis.matches
    yield from (line.text for line in (diagnosis.excerpt if shows_excerpt else diagnosis.matches[0].evidence))


def _format_text(figures: Sequence[Figure], is_verbose: bool) -> str:
    width = max((len(figure.name) for figure in figures), default=0) + 1
    lines = []
    for figure in figures:
        share = f"({100 * figure.count / figure.total:.1f} %)"
        lines.append(f"{figure.name + ':':<{width}} {figure.count:>4} of {figure.total:<4} {share:>10}")
        if is_verbose:
            lines += [f"  {result}" for result in figure.listed]
    return "".join(f"{line}\n" for line in lines)


def _format_families(results: Sequence[CaseResult]) -> str:
    """Format a table: how many cases of each family get the right entry first, and a specific headline."""
    families: dict[str, list[CaseResult]] = {}
    for result in results:
        if not result.case.is_foreign:
            families.setdefault(result.case.family or "none", []).append(result)
    width = max((len(name) for name in families), default=0)
    lines = [f"\n{'family':<{width}}  right first  specific"]
    for name, members in sorted(families.items()):
        expected = [result for result in members if result.case.expected]
        labeled = [result for result in members if result.case.terms]
        right = f"{sum(result.is_right_first for result in expected)} of {len(expected)}"
        specific = f"{sum(result.answer == 'specific' for result in labeled)} of {len(labeled)}"
        lines.append(f"{name:<{width}}  {right:>11}  {specific:>8}")
    return "".join(f"{line}\n" for line in lines)


def _format_json(figures: Sequence[Figure], results: Sequence[CaseResult]) -> str:
    document = {
        "figures": [
            {
                "name": figure.name,
                "count": figure.count,
                "total": figure.total,
                "cases": [result.case.id for result in figure.listed],
            }
            for figure in figures
        ],
        "cases": [result.to_json() for result in results],
    }
    return json.dumps(document, ensure_ascii=True) + "\n"
