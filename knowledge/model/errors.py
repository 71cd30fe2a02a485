"""What can go wrong in `knowledge`.

KnowledgeError
├── EntriesInvalid     entries that break their rules; carries every fault, with file and line
└── UnreadableInput    a file that cannot be read as text; says which and why
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class KnowledgeError(Exception):
    """The base of every error of this package."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of an entry file: where it is and what to do about it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class InvalidEntriesError(KnowledgeError):
    """Entries break their rules; `faults` has all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UnreadableInputError(KnowledgeError):
    """An input that cannot be read; the message says which one and why."""
