"""What people read when Azure refused: why, what Azure said about it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from dialogs.context import DialogContext
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.reply import Block, FactTable, RichText, TextRun, Tone, build_literal
from knowledge.redaction.redact import redact

RefusedArea = Literal["lookup", "ticket"]

MAX_LISTED_NAMES = 5
_MAX_VALUE_CHARS = 400
_BLOB_SERVICES_SEGMENT = "/blobServices/"
_HARMLESS_REASONS: frozenset[AzureRefusalReason] = frozenset({"no-run", "no-log", "sign-in"})


def render_refusal_reason(context: DialogContext, refusal: AzureRefusal, area: RefusedArea) -> list[Block]:
    """Render why it was refused, what Azure says about it, the next step, and the details, folded."""
    reason = refusal.reason
    tone: Tone = "default" if reason in _HARMLESS_REASONS else "warning"
    blocks: list[Block] = [context.build_paragraph(find_refusal_text(context, reason, area), tone)]
    if rows := _build_rows(context, {"detail": refusal.detail, "role": refusal.role}):
        blocks.append(FactTable(rows))
    if refusal.subscriptions:
        blocks.append(context.build_paragraph("refused.subscriptions", names=render_names(refusal.subscriptions)))
    if reason == "busy" and refusal.retry_after is not None:
        blocks.append(context.build_paragraph("refused.retry-after", seconds=refusal.retry_after))
    blocks.append(context.build_paragraph(find_refusal_text(context, reason, area, ".next")))
    if details := _build_rows(context, _list_details(refusal)):
        blocks.append(FactTable(details, context.format_text("refused.details")))
    return blocks


def find_refusal_text(context: DialogContext, reason: AzureRefusalReason, area: RefusedArea, part: str = "") -> str:
    """Return the key of the area's own text for a reason, or else of the general text.

    `part` is "" for why, and ".next" for what to do.
    """
    own_key = f"unfiled.{reason}{part}"
    return own_key if area == "ticket" and context.texts.has(own_key) else f"refused.{reason}{part}"


def render_names(names: Sequence[str], max_names: int = MAX_LISTED_NAMES) -> RichText:
    """Render the first `max_names` literal names, separated by commas, and how many more there are."""
    runs: list[TextRun] = []
    for index, name in enumerate(names[:max_names]):
        runs += [*([TextRun(", ")] if index else []), TextRun(shorten_value(name), "code")]
    if len(names) > max_names:
        runs.append(TextRun(f" (+{len(names) - max_names})"))
    return tuple(runs)


def shorten_value(value: str) -> str:
    """Return one of Azure's names, codes, or sentences redacted, on one line, and of bounded length."""
    line = " ".join(redact(value).split())
    return line if len(line) <= _MAX_VALUE_CHARS else f"{line[:_MAX_VALUE_CHARS]}…"


def _list_details(refusal: AzureRefusal) -> Mapping[str, str]:
    """Return what was refused, for the person who has to allow it."""
    target = refusal.target
    if _BLOB_SERVICES_SEGMENT in target:
        target = target.rpartition("/")[2]  # a log's name is enough: its account is in the scope or in the commands
    elif target.casefold() == refusal.scope.casefold():
        target = ""  # the row "scope" shows it
    return {"what": target, "action": refusal.action, "scope": refusal.scope, "code": refusal.code}


def _build_rows(context: DialogContext, values: Mapping[str, str]) -> tuple[tuple[str, RichText], ...]:
    return tuple(
        (context.format_text(f"refused.row.{key}"), build_literal(shorten_value(value)))
        for key, value in values.items()
        if value
    )
