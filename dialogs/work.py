"""Long work that a turn leaves behind: kept with the state, done after the answer, reported in a turn of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done, as plain JSON values, so that it outlives a restart. Doing it twice must be harmless."""

    do: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a work, as plain JSON values: the turn that reports it."""

    work: Work
    result: Mapping[str, Any]
