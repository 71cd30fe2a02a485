"""The status of a template as plain JSON, for the jobs that turns enqueue; bounded, and validated when read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from dialogs.model.azure import CustomizerSummary, RunOutput, TemplateStatus
from dialogs.model.azure_times import is_time
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
from knowledge.redaction.redact import redact
from knowledge.template.template_id import TemplateId

MAX_MESSAGE_CHARS = 4000
MAX_TEXT_CHARS = 400
MAX_CUSTOMIZERS = 200
MAX_OUTPUTS = 10
_TEXT_FIELDS = (
    "region",
    "provisioning_state",
    "provisioning_code",
    "run_state",
    "run_sub_state",
    "vm_size",
    "source",
    "staging_group",
    "on_error",
)
_LONG_TEXT_FIELDS = ("provisioning_message", "message")


def sanitize_status(status: TemplateStatus) -> TemplateStatus:
    """Return `status` as it may be shown and stored: every text redacted and of a bounded length."""
    fields: dict[str, Any] = {name: _sanitize_text(getattr(status, name)) for name in _TEXT_FIELDS}
    fields.update({name: _sanitize_message(getattr(status, name)) for name in _LONG_TEXT_FIELDS})
    fields.update(
        {name: getattr(status, name) if is_time(getattr(status, name)) else None for name in ("started", "ended")}
    )
    customizers = [
        CustomizerSummary(_sanitize_text(c.type), _sanitize_text(c.name)) for c in status.customizers[:MAX_CUSTOMIZERS]
    ]
    outputs = [
        RunOutput(_sanitize_text(o.name), _sanitize_text(o.artifact), _sanitize_text(o.state))
        for o in status.outputs[:MAX_OUTPUTS]
    ]
    return replace(status, **fields, customizers=tuple(customizers), outputs=tuple(outputs))


_STORED_KEYS = {"template_id": "ref", "identity_count": "identities", "has_own_network": "own_network"}
"""Field -> its stored key, where they differ."""


def _with_stored_keys(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {_STORED_KEYS.get(name, name): value for name, value in fields}


def template_status_to_json(status: TemplateStatus) -> dict[str, Any]:
    """Return a sanitized status as plain JSON values."""
    return {
        # the nested values below are more compact than what `asdict` makes of them
        **asdict(status, dict_factory=_with_stored_keys),
        "ref": status.template_id.to_args(),
        "customizers": [[c.type, c.name] for c in status.customizers],
        "outputs": [[o.name, o.artifact, o.state] for o in status.outputs],
    }


def template_status_from_json(value: object) -> TemplateStatus:
    """Read what `template_status_to_json` wrote. Raise `DecodeError` for another shape."""
    document = parse_mapping(value)
    template_id = TemplateId.from_args(parse_mapping(document.get("ref")))
    if template_id is None:
        raise DecodeError("expected the names of a template")
    os = document.get("os")
    texts = {name: parse_text(document.get(name), MAX_TEXT_CHARS) for name in _TEXT_FIELDS}
    texts.update({name: parse_text(document.get(name), MAX_MESSAGE_CHARS) for name in _LONG_TEXT_FIELDS})
    return TemplateStatus(
        template_id=template_id,
        **texts,
        started=parse_optional_text(document.get("started"), MAX_TEXT_CHARS),
        ended=parse_optional_text(document.get("ended"), MAX_TEXT_CHARS),
        timeout_minutes=parse_optional_int(document.get("timeout_minutes")),
        os_disk_gb=parse_optional_int(document.get("os_disk_gb")),
        identity_count=parse_int(document.get("identities")),
        has_own_network=parse_bool(document.get("own_network")),
        os=None if os is None else parse_choice(os, ("windows", "linux")),
        customizers=tuple(
            CustomizerSummary(*_parse_texts(c, 2)) for c in parse_list(document.get("customizers"), MAX_CUSTOMIZERS)
        ),
        outputs=tuple(RunOutput(*_parse_texts(o, 3)) for o in parse_list(document.get("outputs"), MAX_OUTPUTS)),
    )


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
