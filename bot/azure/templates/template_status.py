"""An image template of the SDK as the conversation sees it: plain, redacted, whatever Azure says that is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from azure.mgmt.imagebuilder.models import ImageTemplate
from azure.mgmt.imagebuilder.models import RunOutput as SdkRunOutput

from bot.azure.arm.names import template_of
from dialogs.model.azure import CustomizerOf, RunOutput, TemplateRef, TemplateStatus
from knowledge.redaction.redact import redact

MOST_TEXT = 20_000
MOST_ITEMS = 100
DEFAULT_MINUTES = 240
"""How long a build may take where the template says 0."""
FAILED_STATES = frozenset({"failed", "partiallysucceeded"})

_WINDOWS_PUBLISHERS = frozenset({"microsoftwindowsdesktop", "microsoftwindowsserver", "microsoftvisualstudio"})
_LINUX_PUBLISHERS = frozenset(
    {"canonical", "redhat", "suse", "debian", "credativ", "openlogic", "oracle", "almalinux", "resf", "kinvolk",
     "microsoftcblmariner"}
)  # fmt: skip
_WINDOWS_CUSTOMIZERS = frozenset({"powershell", "windowsrestart", "windowsupdate"})


def ref_of(template: ImageTemplate) -> TemplateRef | None:
    """Where the template is; None for an id that is none of a template."""
    return template_of(str(template.id or ""))


def status_of(ref: TemplateRef, template: ImageTemplate, outputs: Iterable[SdkRunOutput] = ()) -> TemplateStatus:
    """The template and its last run. What is missing or of a shape that nobody knows is left empty."""
    of = template.properties
    error = _get(of, "provisioning_error")
    run = _get(of, "last_run_status")
    machine = _get(of, "vm_profile")
    identities = _get(template.identity, "user_assigned_identities")
    customizers = _get(of, "customize")
    kinds = customizers if isinstance(customizers, list) else []
    minutes = _number(_get(of, "build_timeout_in_minutes"))
    source = _get(of, "source")
    return TemplateStatus(
        ref=ref,
        region=_text(template.location),
        provisioning_state=_text(_get(of, "provisioning_state")),
        provisioning_code=_text(_get(error, "provisioning_error_code")),
        provisioning_message=_text(_get(error, "message")),
        run_state=_text(_get(run, "run_state")),
        run_sub_state=_text(_get(run, "run_sub_state")),
        started=_time(_get(run, "start_time")),
        ended=_time(_get(run, "end_time")),
        message=_text(_get(run, "message")),
        timeout_minutes=DEFAULT_MINUTES if minutes == 0 else minutes,
        vm_size=_text(_get(machine, "vm_size")),
        os_disk_gb=_number(_get(machine, "os_disk_size_gb")) or None,
        identities=len(identities) if isinstance(identities, dict) else 0,
        own_network=bool(_get(_get(machine, "vnet_config"), "subnet_id")),
        source=_source(source),
        os=_system(source, [_text(_get(kind, "type")).lower() for kind in kinds]),
        staging_group=_text(_get(of, "exact_staging_resource_group")),
        customizers=tuple(
            CustomizerOf(_text(_get(kind, "type")), _text(_get(kind, "name"))) for kind in kinds[:MOST_ITEMS]
        ),
        outputs=tuple(_output(output) for output in list(outputs)[:MOST_ITEMS]),
        on_error=_text(_get(_get(of, "error_handling"), "on_customizer_error")),
    )


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a search looks at of each of many templates: `when` its last run began and `ended`, "" where none was."""

    ref: TemplateRef
    staging_group: str
    when: str
    ended: str
    failed: bool


def glimpse_of(template: ImageTemplate) -> Glimpse | None:
    """The least of a template, at a fraction of the whole status's cost; None for one whose id is none."""
    ref = ref_of(template)
    if ref is None:
        return None
    of = template.get("properties")
    run = of.get("lastRunStatus") if isinstance(of, Mapping) else None
    run = run if isinstance(run, Mapping) else {}
    began, ended = str(run.get("startTime") or ""), str(run.get("endTime") or "")
    return Glimpse(
        ref,
        str(of.get("exactStagingResourceGroup") or "") if isinstance(of, Mapping) else "",
        began or ended,
        ended or began,
        # wholly, or for some of its targets
        str(run.get("runState")).lower() in FAILED_STATES,
    )


def _output(output: SdkRunOutput) -> RunOutput:
    of = output.properties
    artifact = _text(_get(of, "artifact_id")) or _text(_get(of, "artifact_uri"))
    return RunOutput(_text(output.name), artifact, _text(_get(of, "provisioning_state")))


def _source(source: Any) -> str:
    """What the image is made from, in a line."""
    urn = [_text(_get(source, part)) for part in ("publisher", "offer", "sku", "version")]
    name = ":".join(urn) if all(urn[:3]) else ""
    name = name or _text(_get(source, "image_version_id")) or _text(_get(source, "image_id"))
    exact = _text(_get(source, "exact_version")).rsplit("/", 1)[-1]  # of a gallery's image it is an id
    if name and exact and not name.endswith((f":{exact}", f"/{exact}")):
        name = f"{name} ({exact})"
    return " ".join((name or _text(_get(source, "type"))).split())


def _system(source: Any, customizers: list[str]) -> Literal["windows", "linux"] | None:
    publisher, offer = (_text(_get(source, part)).lower() for part in ("publisher", "offer"))
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


def _text(value: Any) -> str:
    value = getattr(value, "value", value)
    # cut only afterwards: half a secret would not be recognised as one
    return redact(str(value))[:MOST_TEXT] if value is not None and not isinstance(value, (dict, list)) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
