"""Background jobs: what performs each, and what reports its result to the person.

A turn leaves a `Job` behind, the runtime performs it in the background, and a separate turn reports the result. Doing a
job twice must be harmless: a crash in the middle starts it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.context import DialogContext, DialogResult
from dialogs.model.errors import DialogError
from dialogs.model.job import Job, JobDone
from dialogs.model.turn import Person
from dialogs.resources import DialogResources
from dialogs.state.conversation_state import ConversationState
from knowledge.model.entry import Language


class JobDeclarationError(DialogError):
    """A job is declared twice."""


class UnknownJobError(DialogError):
    """No dialog performs a job with that name."""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job to perform for `person`. `progress` takes how much is done and the total, from any thread."""

    person: Person
    job: Job
    language: Language
    resources: DialogResources
    progress: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class JobReport:
    """A job's result, for the turn that tells the person."""

    context: DialogContext
    state: ConversationState
    person: Person
    resources: DialogResources
    job_done: JobDone


PerformJob = Callable[[JobRequest], Awaitable[Mapping[str, Any]]]
"""Perform a job and return its result as plain JSON, or raise: the runtime then reports that it failed."""
ReportJob = Callable[[JobReport], DialogResult | Awaitable[DialogResult]]


@dataclass(frozen=True, slots=True)
class JobHandler:
    """How one kind of job is performed and reported. `reports_failures`: even if it fails or times out."""

    name: str
    perform: PerformJob
    report: ReportJob
    reports_failures: bool = False


def index_job_handlers(handlers: Iterable[JobHandler]) -> Mapping[str, JobHandler]:
    """Index the handlers by job name.

    Raises:
        JobDeclarationError: two have the same name.
    """
    by_name: dict[str, JobHandler] = {}
    for handler in handlers:
        if handler.name in by_name:
            raise JobDeclarationError(f"The job {handler.name!r} is declared twice.")
        by_name[handler.name] = handler
    return by_name
