"""Every background job of the conversation: how one is performed, and how its result or its failure is reported."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialogs.azure.jobs import AZURE_JOBS
from dialogs.context import DialogContext, DialogResult
from dialogs.job_registry import JobReport, JobRequest, UnknownJobError, index_job_handlers
from dialogs.model.job import FAILURE_KEY, REFERENCE_KEY
from dialogs.model.reply import Reply
from dialogs.replies.general_replies import show_problem
from dialogs.solution.jobs import SOLUTION_JOBS
from dialogs.support.ticket.jobs import TICKET_JOBS

JOB_HANDLERS = index_job_handlers((*SOLUTION_JOBS, *TICKET_JOBS, *AZURE_JOBS))
"""By name. Importing this module fails if a job is declared twice."""


async def perform_job(request: JobRequest) -> Mapping[str, Any]:
    """Perform a job, and return its result as plain JSON.

    Raises:
        UnknownJobError: no dialog has such a job, for example after a rollback to a release that doesn't know it.
    """
    handler = JOB_HANDLERS.get(request.job.name)
    if handler is None:
        raise UnknownJobError(f"No dialog performs the job {request.job.name!r}.")
    return await handler.perform(request)


async def report_job(report: JobReport) -> DialogResult:
    """Tell the person a job's result, in its dialog's words, or that it failed."""
    job_done = report.job_done
    handler = JOB_HANDLERS.get(job_done.job.name)
    failure = job_done.result.get(FAILURE_KEY)
    if handler is None or (failure is not None and not handler.reports_failures):
        return DialogResult(report.state, (_show_failed_job(report.context, job_done.result),))
    result = handler.report(report)
    return await result if inspect.isawaitable(result) else result


def _show_failed_job(context: DialogContext, result: Mapping[str, Any]) -> Reply:
    """Say that a job failed, with the reference under which the runtime logged why, if there is one."""
    key = f"work.{result.get(FAILURE_KEY)}"
    reply = show_problem(context, key if context.texts.has(key) else "work.broken")
    reference = result.get(REFERENCE_KEY)
    if not isinstance(reference, str):
        return reply
    first, *rest = reply.blocks
    return replace(reply, blocks=(first, context.build_paragraph("trouble.reference", reference=reference[:20]), *rest))
