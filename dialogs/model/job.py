"""Long-running work that a turn enqueues: stored with the state, run after the reply, reported in a later turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from dialogs.model.stored import Stored

FAILURE_KEY = "failed"
"""The key that marks a failed result; its value is a `JobFailure`, or a reason that the job itself defines."""
REFERENCE_KEY = "reference"
"""Next to `FAILURE_KEY`: the reference under which the runtime logged what went wrong."""

RETRY_AFTER_KEY = "again"
"""The key that asks for another run: after this many seconds, the job runs again with the result's `args`.

Nothing is reported until then, so a job that polls for hours blocks neither a worker nor the conversation.
"""

JobFailure = Literal["broken", "too-long", "stopped", "too-many"]
"""Why a job has no result.

It failed unexpectedly, took too long, was cut off by a process exit on every attempt, or too many jobs were queued.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A unit of work as plain JSON values, so that it survives a restart. Running it twice must be harmless."""

    name: Annotated[str, Stored("do")]
    args: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JobDone:
    """A finished job and its result as plain JSON values. A failed job has `FAILURE_KEY` in its result."""

    job: Job
    result: Mapping[str, object]
