"""Cases for `python app.py score`: your own failures, labeled with what a good answer is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import BotError

_INDEX = "index.yaml"


class InvalidCasesError(BotError):
    """A file of cases can't be scored. The message names the file and what's wrong with it."""


@dataclass(frozen=True, slots=True)
class LabeledCase:
    """A text or a log, and what a good answer to it is.

    `expected` holds the acceptable entries. It's empty for a text that isn't an image build failure, and for one that
    no entry fits yet; `is_missing` distinguishes them. `terms` are the words of a specific headline: each group lists
    alternatives. `line` is part of the line that proves the cause. `family` groups cases in the report.
    """

    id: str
    text: str
    log: Path | None
    is_question: bool
    expected: tuple[str, ...]
    is_missing: bool
    terms: tuple[tuple[str, ...], ...]
    line: str
    family: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether the text should be left alone."""
        return not self.expected and not self.is_missing


def read_cases(paths: Sequence[Path]) -> list[LabeledCase]:
    """Read files of cases. A folder among `paths` holds the logs; its index.yaml is read if no file names a log.

    Raises:
        InvalidCasesError: a file is not a list of cases.
        OSError: a file cannot be read.
    """
    folder = next((path for path in paths if path.is_dir()), None)
    cases = [case for path in paths if not path.is_dir() for case in _read_file(path, folder or path.parent)]
    if folder and not any(case.log for case in cases):
        cases += _read_file(folder / _INDEX, folder)
    return cases


def _read_file(path: Path, logs: Path) -> Iterator[LabeledCase]:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InvalidCasesError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidCasesError(f"{path}: must be a list of cases, each with 'text' or 'log', and 'expect'")
    for number, item in enumerate(value, start=1):
        yield _read_case(path, number, item, logs)


def _read_case(path: Path, number: int, item: Mapping[str, Any], logs: Path) -> LabeledCase:
    text, log = item.get("text"), item.get("log")
    name = str(item.get("id") or log or number)
    if not isinstance(text or log, str):
        raise InvalidCasesError(f"{path}: case {name} has neither 'text' nor 'log'")
    for key in ("expect", "terms"):
        values = item.get(key) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise InvalidCasesError(f"{path}: case {name}: '{key}' must be a list of texts")
    return LabeledCase(
        id=name,
        text=str(text or ""),
        log=logs / log if log else None,
        is_question=item.get("kind") == "question",
        expected=tuple(item.get("expect") or ()),
        is_missing=bool(item.get("missing")),
        terms=tuple(_split_alternatives(item.get("terms") or ())),
        line=" ".join(str(item.get("line") or "").split()),
        family=str(item.get("family") or ""),
    )


def _split_alternatives(groups: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for group in groups:
        yield tuple(term.strip().lower() for term in group.split("|") if term.strip())
