"""The errors of `knowledge`, and the faults that the checks of its files report.

KnowledgeError
├── InvalidFilesError             knowledge base or text files that break their rules; lists every fault
├── UnreadableInputError          an input that can't be read as text
├── InvalidSupportRoutingError    in `knowledge.catalog.support`
└── InvalidPatternError           in `knowledge.patterns`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class KnowledgeError(Exception):
    """The base class of every error raised by this package."""


class Fault(NamedTuple):
    """One mistake in a file of the knowledge base: where it is and how to fix it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class InvalidFilesError(KnowledgeError):
    """Files of the knowledge base or with texts are invalid. `faults` lists every mistake, sorted by file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UnreadableInputError(KnowledgeError):
    """An input cannot be read as text. The message names it and says why."""
