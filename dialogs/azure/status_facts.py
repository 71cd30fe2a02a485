"""The status of a template as facts: for commands and support cases, and measured for the fact rules."""

from __future__ import annotations

from dialogs.model.azure import TemplateStatus
from dialogs.model.azure_times import compute_run_seconds, get_timeout_minutes
from knowledge.template.vm_size import count_vcpus

MAX_SOURCE_CHARS = 300


def has_failed(status: TemplateStatus) -> bool:
    """Return whether the last run failed or was canceled, or the template could not be created."""
    return status.run_state.casefold() in ("failed", "canceled") or status.provisioning_state.casefold() == "failed"


def extract_status_facts(status: TemplateStatus) -> dict[str, str | int | None]:
    """Return the status as facts of a diagnosis, for the commands of steps and for a support case."""
    return {
        "template": status.template_id.name,
        "resource_group": status.template_id.resource_group,
        "subscription": status.template_id.subscription,
        "region": status.region,
        "run_state": status.run_state,
        "run_sub_state": status.run_sub_state,
        "run_started": status.started,
        "run_ended": status.ended,
        "provisioning_state": status.provisioning_state,
        "error_code": status.provisioning_code,
        "vm_size": status.vm_size,
        "build_timeout": get_timeout_minutes(status),
        "staging_resource_group": status.staging_group.rstrip("/").rpartition("/")[2],
        "source_image": status.source if len(status.source) <= MAX_SOURCE_CHARS else None,
        "identities": status.identity_count,
    }


def compute_measured_facts(status: TemplateStatus, now: str) -> dict[str, str | int]:
    """Return what the status measures, under the names that the fact rules use, without what Azure does not report.

    `now` (UTC, ISO 8601) measures a run that has not ended. `run_share` is the percentage of the time limit used.
    """
    seconds = compute_run_seconds(status, now)
    timeout_minutes = get_timeout_minutes(status)
    values: dict[str, str | int | None] = {
        "provisioning_state": status.provisioning_state.casefold() or None,
        "provisioning_code": status.provisioning_code.casefold() or None,
        "run_state": status.run_state.casefold() or None,
        "run_sub_state": status.run_sub_state.casefold() or None,
        "run_minutes": seconds // 60 if seconds is not None else None,
        "run_share": seconds * 100 // (timeout_minutes * 60) if seconds is not None else None,
        "timeout": timeout_minutes,
        "vm_cpus": count_vcpus(status.vm_size),
        "identities": status.identity_count,
        "own_network": "yes" if status.has_own_network else "no",
        "os": status.os,
        "customizers": len(status.customizers),
    }
    return {name: value for name, value in values.items() if value is not None}
