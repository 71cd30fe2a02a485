"""The job that files a support ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.context import DialogResult
from dialogs.job_registry import JobHandler, JobReport, JobRequest
from dialogs.support.ticket.dialog import FILE_TICKET_JOB, TicketDialog


async def _file_ticket(request: JobRequest) -> Mapping[str, Any]:
    return await TicketDialog(request.resources.ticket_filer).file_ticket(request.person, request.job)


def _report_ticket(report: JobReport) -> DialogResult:
    return TicketDialog(report.resources.ticket_filer).report_result(report.context, report.state, report.job_done)


TICKET_JOBS = (JobHandler(FILE_TICKET_JOB, _file_ticket, _report_ticket, reports_failures=True),)
