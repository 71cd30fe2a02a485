"""Convert the SDK's image templates to the conversation's model: plain, redacted, tolerant of unknown values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from azure.mgmt.imagebuilder.models import ImageTemplate
from azure.mgmt.imagebuilder.models import RunOutput as SdkRunOutput

from dialogs.model.azure import CustomizerSummary, RunOutput, TemplateStatus
from knowledge.redaction.redact import redact
from knowledge.template.template_id import TemplateId

MAX_TEXT_CHARS = 20_000
MAX_ITEMS = 100
DEFAULT_TIMEOUT_MINUTES = 240
"""How long a build may take if the template says 0, which means the default."""
FAILED_STATES = frozenset({"failed", "partiallysucceeded"})
"""The states of a run that failed for all, or for some, of its distribution targets."""

_WINDOWS_PUBLISHERS = frozenset({"microsoftwindowsdesktop", "microsoftwindowsserver", "microsoftvisualstudio"})
_LINUX_PUBLISHERS = frozenset(
    {"canonical", "redhat", "suse", "debian", "credativ", "openlogic", "oracle", "almalinux", "resf", "kinvolk",
     "microsoftcblmariner"}
)  # fmt: skip
_WINDOWS_CUSTOMIZERS = frozenset({"powershell", "windowsrestart", "windowsupdate"})


def read_template_id(template: ImageTemplate) -> TemplateId | None:
    """Return the template's id; None if its resource id isn't one of a template."""
    return TemplateId.parse(str(template.id or ""))


def build_template_status(
    template_id: TemplateId, template: ImageTemplate, outputs: Iterable[SdkRunOutput] = ()
) -> TemplateStatus:
    """Build the status of a template and its last run. A missing or malformed value leaves its field empty."""
    properties = template.properties
    error = _get(properties, "provisioning_error")
    run = _get(properties, "last_run_status")
    machine = _get(properties, "vm_profile")
    identities = _get(template.identity, "user_assigned_identities")
    customize = _get(properties, "customize")
    customizers = customize if isinstance(customize, list) else []
    minutes = _read_number(_get(properties, "build_timeout_in_minutes"))
    source = _get(properties, "source")
    return TemplateStatus(
        template_id=template_id,
        region=_read_text(template.location),
        provisioning_state=_read_text(_get(properties, "provisioning_state")),
        provisioning_code=_read_text(_get(error, "provisioning_error_code")),
        provisioning_message=_read_text(_get(error, "message")),
        run_state=_read_text(_get(run, "run_state")),
        run_sub_state=_read_text(_get(run, "run_sub_state")),
        started=_format_time(_get(run, "start_time")),
        ended=_format_time(_get(run, "end_time")),
        message=_read_text(_get(run, "message")),
        timeout_minutes=DEFAULT_TIMEOUT_MINUTES if minutes == 0 else minutes,
        vm_size=_read_text(_get(machine, "vm_size")),
        os_disk_gb=_read_number(_get(machine, "os_disk_size_gb")) or None,
        identity_count=len(identities) if isinstance(identities, dict) else 0,
        has_own_network=bool(_get(_get(machine, "vnet_config"), "subnet_id")),
        source=_describe_source(source),
        os=_detect_os(source, [_read_text(_get(customizer, "type")).lower() for customizer in customizers]),
        staging_group=_read_text(_get(properties, "exact_staging_resource_group")),
        customizers=tuple(
            CustomizerSummary(_read_text(_get(customizer, "type")), _read_text(_get(customizer, "name")))
            for customizer in customizers[:MAX_ITEMS]
        ),
        outputs=tuple(_build_run_output(output) for output in list(outputs)[:MAX_ITEMS]),
        on_error=_read_text(_get(_get(properties, "error_handling"), "on_customizer_error")),
    )


@dataclass(frozen=True, slots=True)
class TemplateSummary:
    """What a search needs of each of many templates. `started` and `ended` are of the last run, "" if there is none."""

    template_id: TemplateId
    staging_group: str
    started: str
    ended: str
    has_failed: bool


def summarize_template(template: ImageTemplate) -> TemplateSummary | None:
    """Summarize a template, at a fraction of the cost of its status; return None if its resource id is malformed."""
    template_id = read_template_id(template)
    if template_id is None:
        return None
    # the raw JSON is read here: the SDK's typed attributes would parse the whole model
    raw_properties = template.get("properties")
    properties: Mapping[str, Any] = raw_properties if isinstance(raw_properties, Mapping) else {}
    raw_run = properties.get("lastRunStatus")
    run: Mapping[str, Any] = raw_run if isinstance(raw_run, Mapping) else {}
    started, ended = str(run.get("startTime") or ""), str(run.get("endTime") or "")
    return TemplateSummary(
        template_id,
        str(properties.get("exactStagingResourceGroup") or ""),
        started or ended,
        ended or started,
        str(run.get("runState")).lower() in FAILED_STATES,
    )


def _build_run_output(output: SdkRunOutput) -> RunOutput:
    properties = output.properties
    artifact = _read_text(_get(properties, "artifact_id")) or _read_text(_get(properties, "artifact_uri"))
    return RunOutput(_read_text(output.name), artifact, _read_text(_get(properties, "provisioning_state")))


def _describe_source(source: Any) -> str:
    """Return in one line what the image is made from."""
    urn = [_read_text(_get(source, part)) for part in ("publisher", "offer", "sku", "version")]
    name = ":".join(urn) if all(urn[:3]) else ""
    name = name or _read_text(_get(source, "image_version_id")) or _read_text(_get(source, "image_id"))
    # of a gallery image the exact version is a resource id that ends with it
    exact_version = _read_text(_get(source, "exact_version")).rsplit("/", 1)[-1]
    if name and exact_version and not name.endswith((f":{exact_version}", f"/{exact_version}")):
        name = f"{name} ({exact_version})"
    return " ".join((name or _read_text(_get(source, "type"))).split())


def _detect_os(source: Any, customizers: list[str]) -> Literal["windows", "linux"] | None:
    publisher, offer = (_read_text(_get(source, part)).lower() for part in ("publisher", "offer"))
    if publisher in _WINDOWS_PUBLISHERS or "windows" in offer:
        return "windows"
    if publisher in _LINUX_PUBLISHERS or any(word in offer for word in ("ubuntu", "linux", "rhel", "debian", "sles")):
        return "linux"
    if _WINDOWS_CUSTOMIZERS & set(customizers):
        return "windows"
    return "linux" if "shell" in customizers else None


def _get(model: Any, name: str) -> Any:
    """Return a field of an SDK model, None if it's missing.

    A model type that this SDK version doesn't know comes as a plain dict, which has none of the fields.
    """
    return getattr(model, name, None) if model is not None else None


def _read_text(value: Any) -> str:
    value = getattr(value, "value", value)
    # redacted before it's cut: half a secret would not be recognized as one
    return redact(str(value))[:MAX_TEXT_CHARS] if value is not None and not isinstance(value, (dict, list)) else ""


def _read_number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _format_time(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
