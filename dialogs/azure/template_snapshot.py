"""What a lookup fetches about a template within the time of a turn: its status, and the end of its log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from dialogs.azure.combined_diagnosis import CombinedDiagnosis, TemplateSources, combine_diagnoses
from dialogs.azure.source_diagnosis import diagnose_log_tail, diagnose_status
from dialogs.context import DialogContext
from dialogs.mistakes.mistake_lookup import fetch_mistakes
from dialogs.model.azure import LogTail, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader, DiagnoseText, FindMistakes
from dialogs.model.turn import Person
from dialogs.state.template_status import sanitize_status
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.template_mistake import TemplateMistake
from knowledge.template.template_id import TemplateId

LOOKUP_TIMEOUT_SECONDS = 9.0
"""The time for a lookup: the channel drops a turn that takes more than ten seconds."""
MIN_LOG_TIMEOUT_SECONDS = 0.5
"""The log gets at least this much time, even if the status took nearly all of it."""


@dataclass(frozen=True, slots=True)
class TemplateSnapshot:
    """What was fetched about a template: its status, and the end of its log or why it couldn't be read.

    `mistakes` are those that preflight found in it, if its last run failed.
    """

    status: TemplateStatus
    log_tail: LogTail | None = None
    log_refusal: AzureRefusal | None = None
    mistakes: tuple[TemplateMistake, ...] = ()


def compute_deadline() -> float:
    """Return when a lookup that begins now must be done, as a time of the running event loop."""
    return asyncio.get_running_loop().time() + LOOKUP_TIMEOUT_SECONDS


async def fetch_snapshot(
    azure_reader: AzureReader,
    person: Person,
    template_id: TemplateId,
    deadline: float,
    find_mistakes: FindMistakes | None = None,
) -> TemplateSnapshot:
    """Fetch the template's status, the end of its last run's log, and the mistakes in a template that failed.

    A log, or mistakes, that can't be read in time are left out. Raise `AzureRefusedError` or `TimeoutError` if the
    status can't be read.
    """
    async with asyncio.timeout_at(deadline):
        status = await azure_reader.fetch_status(person, template_id)
    snapshot, mistakes = await asyncio.gather(
        fetch_log(azure_reader, person, status, deadline),
        fetch_mistakes(azure_reader, person, status, find_mistakes, deadline),
    )
    return replace(snapshot, mistakes=mistakes)


async def fetch_log(
    azure_reader: AzureReader, person: Person, status: TemplateStatus, deadline: float
) -> TemplateSnapshot:
    """Fetch the end of the last run's log; if that fails, the lookup still succeeds."""
    status = sanitize_status(status)
    if not status.run.state:
        return TemplateSnapshot(status)  # the template never ran, so there is no log to ask for
    try:
        async with asyncio.timeout_at(max(deadline, asyncio.get_running_loop().time() + MIN_LOG_TIMEOUT_SECONDS)):
            return TemplateSnapshot(status, await azure_reader.fetch_log_tail(person, status))
    except AzureRefusedError as refused:
        return TemplateSnapshot(status, log_refusal=refused.refusal)
    except TimeoutError:
        return TemplateSnapshot(status, log_refusal=AzureRefusal("too-slow", target="customization.log"))


async def diagnose_snapshot(
    context: DialogContext, diagnose: DiagnoseText, snapshot: TemplateSnapshot, earlier: Diagnosis | None = None
) -> CombinedDiagnosis:
    """Diagnose what was fetched, together with an earlier text that is about the template."""
    log = await diagnose_log_tail(context, diagnose, snapshot.log_tail)
    status_diagnosis = await diagnose_status(diagnose, snapshot.status, context.language)
    sources = TemplateSources(snapshot.status, status_diagnosis, log, earlier, snapshot.mistakes)
    return combine_diagnoses(context, sources)
