"""Long work that a turn leaves behind: kept with the state, done after the answer, reported in a turn of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FAILURE_KEY = "failed"
"""The key of a result that tells why there is none; its value is one of `Failure`, or what the work itself says."""

RETRY_AFTER_KEY = "again"
"""The key of a result that is none yet: so many seconds later the work is done again, with the result's `args` instead
of its own. Nothing is reported till then, so that who watches something for hours holds nothing up.
"""

JobFailure = Literal["broken", "too-long", "stopped", "too-many"]
"""Why a work has no result: it failed in a way that nobody thought of; it took too long; the program ended each time
that it was begun; too many others of the conversation wait."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, as plain JSON values, so that it outlives a restart. Doing it twice must be harmless."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobDone:
    """What came of a work, as plain JSON values: the turn that reports it. Under `FAILED` stands why nothing came."""

    job: Job
    result: Mapping[str, Any]
