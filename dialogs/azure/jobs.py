"""The jobs that read Azure in the background: read a whole log, watch a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.azure import template_watch, whole_log
from dialogs.azure.dialog import AzureDialog
from dialogs.context import DialogResult
from dialogs.job_registry import JobHandler, JobReport, JobRequest


async def _read_whole_log(request: JobRequest) -> Mapping[str, Any]:
    reader, find_mistakes = request.resources.azure_reader, request.resources.find_mistakes
    return await whole_log.read_whole_log(
        reader, request.person, request.job, request.language, request.progress, find_mistakes
    )


async def _report_whole_log(report: JobReport) -> DialogResult:
    resources = report.resources
    return await whole_log.report_whole_log(report.context, report.state, report.job_done, resources.diagnose)


async def _poll_watch(request: JobRequest) -> Mapping[str, Any]:
    resources = request.resources
    return await template_watch.poll_watch(resources.azure_reader, request.person, request.job, resources.clock())


async def _report_watch(report: JobReport) -> DialogResult:
    dialog = AzureDialog.from_resources(report.resources)
    return await dialog.report_watch(report.context, report.state, report.person, report.job_done)


AZURE_JOBS = (
    JobHandler(whole_log.READ_WHOLE_LOG_JOB, _read_whole_log, _report_whole_log),
    JobHandler(template_watch.WATCH_TEMPLATE_JOB, _poll_watch, _report_watch),
)
