"""Build a template's status from Resource Manager's answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dialogs.model.azure import RunOutput, TemplateStatus
from dialogs.state.template_status import sanitize_status
from knowledge.template.image_template import ImageTemplate
from knowledge.template.template_id import TemplateId


def build_template_status(
    template_id: TemplateId, template: ImageTemplate, outputs: Iterable[Mapping[str, Any]] = ()
) -> TemplateStatus:
    """Build the status of a template and its last run, redacted; `outputs` are the run outputs' JSON objects."""
    return sanitize_status(TemplateStatus(template_id, template, tuple(map(_read_run_output, outputs))))


def _read_run_output(output: Mapping[str, Any]) -> RunOutput:
    properties = output.get("properties")
    values = properties if isinstance(properties, Mapping) else {}
    artifact = values.get("artifactId") or values.get("artifactUri")
    texts = (output.get("name"), artifact, values.get("provisioningState"))
    return RunOutput(*(text if isinstance(text, str) else "" for text in texts))
