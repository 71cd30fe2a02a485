"""The status of a template as plain JSON, for the jobs that turns enqueue; bounded, and validated when read back.

Of a template, only what a status card, the fact rules, and a support case need is stored. The keys are those of the
first version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dialogs.model.azure import RunOutput, TemplateStatus
from dialogs.state.json_fields import (
    DecodeError,
    clean_text,
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_optional_int,
    parse_optional_text,
    parse_text,
)
from knowledge.azure_times import format_time
from knowledge.redaction.redact import redact
from knowledge.template.image_template import (
    ErrorHandling,
    ImageSource,
    ImageTemplate,
    Network,
    Provisioning,
    TemplateStep,
    VmProfile,
)
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId

MAX_MESSAGE_CHARS = 4000
MAX_TEXT_CHARS = 400
MAX_CUSTOMIZERS = 200
MAX_OUTPUTS = 10
MAX_IDENTITIES = 100
_TEXTS: Mapping[str, Callable[[ImageTemplate], str]] = {
    "region": lambda template: template.location,
    "provisioning_state": lambda template: template.provisioning.state,
    "provisioning_code": lambda template: template.provisioning.code,
    "run_state": lambda template: template.run.state,
    "run_sub_state": lambda template: template.run.sub_state,
    "vm_size": lambda template: template.vm.size,
    "source": lambda template: template.source.describe(),
    "staging_group": lambda template: template.staging_group,
    "on_error": lambda template: template.error_handling.on_customizer_error,
}
_LONG_TEXTS: Mapping[str, Callable[[ImageTemplate], str]] = {
    "provisioning_message": lambda template: template.provisioning.message,
    "message": lambda template: template.run.message,
}
"""Stored key -> what is stored under it."""


def sanitize_status(status: TemplateStatus) -> TemplateStatus:
    """Return `status` as it may be shown and stored: every text redacted and of a bounded length."""
    template = status.template
    texts = {key: _sanitize_text(get(template)) for key, get in _TEXTS.items()}
    texts.update({key: _sanitize_message(get(template)) for key, get in _LONG_TEXTS.items()})
    customizers = [[_sanitize_text(c.type), _sanitize_text(c.name)] for c in template.customizers[:MAX_CUSTOMIZERS]]
    outputs = [[_sanitize_text(text) for text in (o.name, o.artifact, o.state)] for o in status.outputs[:MAX_OUTPUTS]]
    return _build_status(status.template_id, {**template_status_to_json(status), **texts}, customizers, outputs)


def template_status_to_json(status: TemplateStatus) -> dict[str, Any]:
    """Return a sanitized status as plain JSON values."""
    template = status.template
    return {
        "ref": status.template_id.to_args(),
        **{key: get(template) for key, get in {**_TEXTS, **_LONG_TEXTS}.items()},
        "started": template.run.started,
        "ended": template.run.ended,
        "timeout_minutes": template.build_timeout_minutes,
        "os_disk_gb": template.vm.os_disk_gb,
        "identities": len(template.identities),
        "own_network": template.vm.network is not None,
        "os": template.os,
        "customizers": [[c.type, c.name] for c in template.customizers],
        "outputs": [[o.name, o.artifact, o.state] for o in status.outputs],
    }


def template_status_from_json(value: object) -> TemplateStatus:
    """Read what `template_status_to_json` wrote. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    template_id = TemplateId.from_args(parse_mapping(document.get("ref")))
    if template_id is None:
        raise DecodeError("expected the names of a template")
    os = document.get("os")
    values: dict[str, Any] = {
        **{key: parse_text(document.get(key), MAX_TEXT_CHARS) for key in _TEXTS},
        **{key: parse_text(document.get(key), MAX_MESSAGE_CHARS) for key in _LONG_TEXTS},
        "started": parse_optional_text(document.get("started"), MAX_TEXT_CHARS),
        "ended": parse_optional_text(document.get("ended"), MAX_TEXT_CHARS),
        "timeout_minutes": parse_optional_int(document.get("timeout_minutes")),
        "os_disk_gb": parse_optional_int(document.get("os_disk_gb")),
        "identities": parse_int(document.get("identities")),
        "own_network": parse_bool(document.get("own_network")),
        "os": None if os is None else parse_choice(os, ("windows", "linux")),
    }
    customizers = [_parse_texts(c, 2) for c in parse_list(document.get("customizers"), MAX_CUSTOMIZERS)]
    outputs = [_parse_texts(o, 3) for o in parse_list(document.get("outputs"), MAX_OUTPUTS)]
    return _build_status(template_id, values, customizers, outputs)


def _build_status(
    template_id: TemplateId, values: Mapping[str, Any], customizers: list[list[str]], outputs: list[list[str]]
) -> TemplateStatus:
    """Build a status from the values under their stored keys; what isn't stored is left empty."""
    template = ImageTemplate(
        template_id=template_id,
        name=template_id.name,
        location=values["region"],
        # only how many they are is stored
        identities=("",) * min(values["identities"], MAX_IDENTITIES),
        provisioning=Provisioning(
            values["provisioning_state"], values["provisioning_code"], values["provisioning_message"]
        ),
        run=Run(
            values["run_state"],
            values["run_sub_state"],
            format_time(values["started"]),
            format_time(values["ended"]),
            values["message"],
        ),
        source=ImageSource(image=values["source"]),
        customizers=tuple(TemplateStep(index, texts[0], texts[1]) for index, texts in enumerate(customizers)),
        vm=VmProfile(values["vm_size"], values["os_disk_gb"], Network() if values["own_network"] else None),
        staging_group=values["staging_group"],
        build_timeout_minutes=values["timeout_minutes"],
        error_handling=ErrorHandling(values["on_error"]),
        os=values["os"],
    )
    return TemplateStatus(template_id, template, tuple(RunOutput(*texts) for texts in outputs))


def _parse_texts(value: object, count: int) -> list[str]:
    items = parse_list(value, count + 1)
    if len(items) != count:
        raise DecodeError(f"expected {count} texts, found {len(items)}")
    return [parse_text(item, MAX_TEXT_CHARS) for item in items]


def _sanitize_text(value: str) -> str:
    return clean_text(redact(value), MAX_TEXT_CHARS)


def _sanitize_message(message: str) -> str:
    """Redact a message and cut the middle of a long one: its end names the log."""
    half = MAX_MESSAGE_CHARS // 2 - 10
    message = redact(message)
    return clean_text(
        message if len(message) <= MAX_MESSAGE_CHARS else f"{message[:half]} … {message[-half:]}", MAX_MESSAGE_CHARS
    )
