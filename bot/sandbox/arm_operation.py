"""The sandbox's asynchronous operations of Image Builder, in Resource Manager's JSON."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.sandbox.builds.log_context import fill_placeholders
from bot.sandbox.builds.run_history import TemplateRun
from bot.sandbox.builds.scenario import TemplateSpec

_SUBMITTED_BEFORE = timedelta(days=30)  # templates are older than their runs
_SUBMISSION_LENGTH = timedelta(seconds=31)
_CANCELED = "Canceled"


def build_run_operation_json(run: TemplateRun, now: datetime) -> dict[str, object]:
    """Build the operation that performs a run, which has the run's id in the log."""
    operation_id = run.template.derive_guid("operation", run.cycle)
    if now < run.ended_at:
        return _build_operation(operation_id, "InProgress", run.started_at)
    operation = _build_operation(operation_id, run.spec.state, run.started_at, run.ended_at)
    if run.spec.state == "Succeeded":
        return operation
    message = fill_placeholders(run.spec.message, run.template, run.cycle)
    return operation | {"error": {"code": _CANCELED if run.spec.state == _CANCELED else "Failed", "message": message}}


def build_submission_operation_json(template: TemplateSpec, sandbox_started_at: datetime) -> dict[str, object]:
    """Build the operation that created a template, successfully or not."""
    started_at = sandbox_started_at - _SUBMITTED_BEFORE
    operation = _build_operation(
        template.derive_guid("submission"), template.provisioning["state"], started_at, started_at + _SUBMISSION_LENGTH
    )
    if "code" not in template.provisioning:
        return operation
    message = fill_placeholders(template.provisioning["message"], template, 0)
    return operation | {"error": {"code": template.provisioning["code"], "message": message}}


def _build_operation(
    operation_id: str, status: str, started_at: datetime, ended_at: datetime | None = None
) -> dict[str, object]:
    operation: dict[str, object] = {"name": operation_id.upper(), "status": status}
    for key, moment in (("startTime", started_at), ("endTime", ended_at)):
        if moment:
            operation[key] = f"{moment:%Y-%m-%dT%H:%M:%S.%f}1Z"  # these times have seven digits
    return operation
