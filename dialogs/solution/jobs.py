"""The job that reads an attached file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.context import DialogResult
from dialogs.job_registry import JobHandler, JobReport, JobRequest
from dialogs.solution import attached_logs


async def _read_file(request: JobRequest) -> Mapping[str, Any]:
    return await attached_logs.read_file(request.resources, request.job, request.language, request.progress)


def _report_file(report: JobReport) -> DialogResult:
    return attached_logs.report_file(report.context, report.state, report.job_done)


SOLUTION_JOBS = (JobHandler(attached_logs.READ_FILE_JOB, _read_file, _report_file),)
