"""An image template of the SDK as the conversation sees it: plain, redacted, whatever Azure says that is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from azure.mgmt.imagebuilder.models import ImageTemplate
from azure.mgmt.imagebuilder.models import RunOutput as SdkRunOutput

from bot.azure.arm.names import parse_template_id
from dialogs.model.azure import CustomizerSummary, RunOutput, TemplateId, TemplateStatus
from knowledge.redaction.redact import redact

MAX_TEXT_CHARS = 20_000
MAX_ITEMS = 100
DEFAULT_TIMEOUT_MINUTES = 240
"""How long a build may take where the template says 0."""
FAILED_STATES = frozenset({"failed", "partiallysucceeded"})

_WINDOWS_PUBLISHERS = frozenset({"microsoftwindowsdesktop", "microsoftwindowsserver", "microsoftvisualstudio"})
_LINUX_PUBLISHERS = frozenset(
    {"canonical", "redhat", "suse", "debian", "credativ", "openlogic", "oracle", "almalinux", "resf", "kinvolk",
     "microsoftcblmariner"}
)  # fmt: skip
_WINDOWS_CUSTOMIZERS = frozenset({"powershell", "windowsrestart", "windowsupdate"})


def read_template_id(template: ImageTemplate) -> TemplateId | None:
    """Where the template is; None for an id that is none of a template."""
    return parse_template_id(str(template.id or ""))


def build_template_status(
    template_id: TemplateId, template: ImageTemplate, outputs: Iterable[SdkRunOutput] = ()
) -> TemplateStatus:
    """The template and its last run. What is missing or of a shape that nobody knows is left empty."""
    of = template.properties
    error = _get(of, "provisioning_error")
    run = _get(of, "last_run_status")
    machine = _get(of, "vm_profile")
    identities = _get(template.identity, "user_assigned_identities")
    customizers = _get(of, "customize")
    kinds = customizers if isinstance(customizers, list) else []
    minutes = _read_number(_get(of, "build_timeout_in_minutes"))
    source = _get(of, "source")
    return TemplateStatus(
        template_id=template_id,
        region=_read_text(template.location),
        provisioning_state=_read_text(_get(of, "provisioning_state")),
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
        os=_detect_os(source, [_read_text(_get(kind, "type")).lower() for kind in kinds]),
        staging_group=_read_text(_get(of, "exact_staging_resource_group")),
        customizers=tuple(
            CustomizerSummary(_read_text(_get(kind, "type")), _read_text(_get(kind, "name")))
            for kind in kinds[:MAX_ITEMS]
        ),
        outputs=tuple(_build_run_output(output) for output in list(outputs)[:MAX_ITEMS]),
        on_error=_read_text(_get(_get(of, "error_handling"), "on_customizer_error")),
    )


@dataclass(frozen=True, slots=True)
class TemplateSummary:
    """What a search looks at of each of many templates: `when` its last run began and `ended`, "" where none was."""

    template_id: TemplateId
    staging_group: str
    started: str
    ended: str
    has_failed: bool


def summarize_template(template: ImageTemplate) -> TemplateSummary | None:
    """The least of a template, at a fraction of the whole status's cost; None for one whose id is none."""
    ref = read_template_id(template)
    if ref is None:
        return None
    of = template.get("properties")
    run = of.get("lastRunStatus") if isinstance(of, Mapping) else None
    run = run if isinstance(run, Mapping) else {}
    began, ended = str(run.get("startTime") or ""), str(run.get("endTime") or "")
    return TemplateSummary(
        ref,
        str(of.get("exactStagingResourceGroup") or "") if isinstance(of, Mapping) else "",
        began or ended,
        ended or began,
        # wholly, or for some of its targets
        str(run.get("runState")).lower() in FAILED_STATES,
    )


def _build_run_output(output: SdkRunOutput) -> RunOutput:
    of = output.properties
    artifact = _read_text(_get(of, "artifact_id")) or _read_text(_get(of, "artifact_uri"))
    return RunOutput(_read_text(output.name), artifact, _read_text(_get(of, "provisioning_state")))


def _describe_source(source: Any) -> str:
    """What the image is made from, in a line."""
    urn = [_read_text(_get(source, part)) for part in ("publisher", "offer", "sku", "version")]
    name = ":".join(urn) if all(urn[:3]) else ""
    name = name or _read_text(_get(source, "image_version_id")) or _read_text(_get(source, "image_id"))
    exact = _read_text(_get(source, "exact_version")).rsplit("/", 1)[-1]  # of a gallery's image it is an id
    if name and exact and not name.endswith((f":{exact}", f"/{exact}")):
        name = f"{name} ({exact})"
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
    """A field of a model of the SDK; those of later versions come as plain dicts, without the fields of this one."""
    return getattr(model, name, None) if model is not None else None


def _read_text(value: Any) -> str:
    value = getattr(value, "value", value)
    # cut only afterwards: half a secret would not be recognised as one
    return redact(str(value))[:MAX_TEXT_CHARS] if value is not None and not isinstance(value, (dict, list)) else ""


def _read_number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _format_time(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
