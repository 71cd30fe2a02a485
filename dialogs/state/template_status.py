"""The status of a template as plain JSON, for the work that a turn leaves behind; bounded, and read back with care."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from dialogs.model.azure import CustomizerOf, RunOutput, TemplateStatus
from dialogs.model.azure_times import is_time
from dialogs.state.azure import Asked, args_of, of_args
from dialogs.state.json_fields import (
    ShapeError,
    clean,
    keyed,
    maybe_text,
    maybe_whole,
    one_of,
    rows,
    text,
    truth,
    whole,
)
from knowledge.redaction.redact import redact

LONG = 4000
SHORT = 400
MOST_CUSTOMIZERS = 200
MOST_OUTPUTS = 10
_TEXTS = (
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
_LONG_TEXTS = ("provisioning_message", "message")


def bounded(status: TemplateStatus) -> TemplateStatus:
    """`status` as it may be shown and kept: each text without secrets and of a bounded length."""
    cut: dict[str, Any] = {name: _safe(getattr(status, name)) for name in _TEXTS}
    cut.update({name: _middle(getattr(status, name)) for name in _LONG_TEXTS})
    customizers = [CustomizerOf(_safe(c.type), _safe(c.name)) for c in status.customizers[:MOST_CUSTOMIZERS]]
    outputs = [RunOutput(_safe(o.name), _safe(o.artifact), _safe(o.state)) for o in status.outputs[:MOST_OUTPUTS]]
    cut.update(
        {name: getattr(status, name) if is_time(getattr(status, name)) else None for name in ("started", "ended")}
    )
    return replace(status, **cut, customizers=tuple(customizers), outputs=tuple(outputs))


def to_json(status: TemplateStatus) -> dict[str, Any]:
    """A bounded status as plain JSON values."""
    return {
        **asdict(status),
        "ref": args_of(status.ref),
        "customizers": [[c.type, c.name] for c in status.customizers],
        "outputs": [[o.name, o.artifact, o.state] for o in status.outputs],
    }


def from_json(value: object) -> TemplateStatus:
    """What `to_json` wrote. Raises `ShapeError` for anything else."""
    held = keyed(value)
    ref = Asked(wanted=of_args(keyed(held.get("ref")))).ref
    if ref is None:
        raise ShapeError("expected the names of a template")
    system = held.get("os")
    texts = {name: text(held.get(name), SHORT) for name in _TEXTS}
    texts.update({name: text(held.get(name), LONG) for name in _LONG_TEXTS})
    return TemplateStatus(
        ref=ref,
        **texts,
        started=maybe_text(held.get("started"), SHORT),
        ended=maybe_text(held.get("ended"), SHORT),
        timeout_minutes=maybe_whole(held.get("timeout_minutes")),
        os_disk_gb=maybe_whole(held.get("os_disk_gb")),
        identities=whole(held.get("identities")),
        own_network=truth(held.get("own_network")),
        os=None if system is None else one_of(system, ("windows", "linux")),
        customizers=tuple(CustomizerOf(*_texts(c, 2)) for c in rows(held.get("customizers"), MOST_CUSTOMIZERS)),
        outputs=tuple(RunOutput(*_texts(o, 3)) for o in rows(held.get("outputs"), MOST_OUTPUTS)),
    )


def _texts(value: object, count: int) -> list[str]:
    items = rows(value, count + 1)
    if len(items) != count:
        raise ShapeError(f"expected {count} texts, found {len(items)}")
    return [text(item, SHORT) for item in items]


def _safe(value: str) -> str:
    return clean(redact(value), SHORT)


def _middle(message: str) -> str:
    """A message without its middle when it is long: its end names the log."""
    half = LONG // 2 - 10
    message = redact(message)
    return clean(message if len(message) <= LONG else f"{message[:half]} … {message[-half:]}", LONG)
