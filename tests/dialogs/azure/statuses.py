"""Statuses of templates, by the flat names of what a status card shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dialogs.model.azure import TemplateStatus
from knowledge.template.image_template import ErrorHandling, ImageSource, ImageTemplate, Network, TemplateStep
from knowledge.template.template_id import TemplateId

_CHANGES: Mapping[str, Callable[[ImageTemplate, Any], ImageTemplate]] = {
    "region": lambda template, value: replace(template, location=value),
    "provisioning_state": lambda template, value: _with(template, "provisioning", state=value),
    "provisioning_code": lambda template, value: _with(template, "provisioning", code=value),
    "provisioning_message": lambda template, value: _with(template, "provisioning", message=value),
    "run_state": lambda template, value: _with_run(template, state=value),
    "run_sub_state": lambda template, value: _with_run(template, sub_state=value),
    "started": lambda template, value: _with_run(template, started=value),
    "ended": lambda template, value: _with_run(template, ended=value),
    "message": lambda template, value: _with_run(template, message=value),
    "timeout_minutes": lambda template, value: replace(template, build_timeout_minutes=value),
    "vm_size": lambda template, value: _with(template, "vm", size=value),
    "os_disk_gb": lambda template, value: _with(template, "vm", os_disk_gb=value),
    "identity_count": lambda template, value: replace(template, identities=("",) * value),
    "has_own_network": lambda template, value: _with(template, "vm", network=Network() if value else None),
    "source": lambda template, value: replace(template, source=ImageSource(image=value)),
    "os": lambda template, value: replace(template, os=value),
    "staging_group": lambda template, value: replace(template, staging_group=value),
    "on_error": lambda template, value: replace(template, error_handling=ErrorHandling(value)),
    # pairs of a type and a name
    "customizers": lambda template, value: replace(
        template, customizers=tuple(TemplateStep(index, *pair) for index, pair in enumerate(value))
    ),
}


def build_status(template_id: TemplateId, **values: Any) -> TemplateStatus:
    """The status of a template; see `with_values`."""
    template = ImageTemplate(template_id=template_id, name=template_id.name)
    return with_values(TemplateStatus(template_id, template), **values)


def with_values(status: TemplateStatus, **values: Any) -> TemplateStatus:
    """A status with other values."""
    template_id, outputs = values.pop("template_id", status.template_id), values.pop("outputs", status.outputs)
    template = replace(status.template, template_id=template_id, name=template_id.name)
    for name, value in values.items():
        template = _CHANGES[name](template, value)
    return TemplateStatus(template_id, template, outputs)


def _with_run(template: ImageTemplate, **values: Any) -> ImageTemplate:
    return replace(template, run=template.run._replace(**values))


def _with(template: ImageTemplate, part: str, **values: Any) -> ImageTemplate:
    changes: dict[str, Any] = {part: replace(getattr(template, part), **values)}
    return replace(template, **changes)
