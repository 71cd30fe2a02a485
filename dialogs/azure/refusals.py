"""What is said when a look comes to nothing: what was denied, what is missing on which scope, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialogs.azure import manual_commands as by_hand
from dialogs.azure.typed_requests import parse_template_id
from dialogs.context import DialogContext
from dialogs.model.azure import AzureRefusal, AzureRefusalReason
from dialogs.model.reply import Block, Button, FactTable, RichText, TextRun, build_literal
from dialogs.state.azure_state import AzureRequest
from knowledge.redaction.redact import redact

MAX_LISTED_NAMES = 5
_MAX_VALUE_CHARS = 300

_DEFAULT_ROLES: Mapping[AzureRefusalReason, str] = {"denied": "Reader", "no-data-role": "Storage Blob Data Reader"}
"""The built-in role that allows it, where the refusal names none."""
_RETRYABLE_REASONS: frozenset[AzureRefusalReason] = frozenset(
    {
        "denied",
        "no-data-role",
        "firewall",
        "unauthorized",
        "consent",
        "conditional-access",
        "other-tenant",
        "not-allowed",
        "not-found",
        "no-run",
        "no-log",
        "conflict",
        "busy",
        "azure-trouble",
        "too-slow",
        "no-network",
        "unexpected",
    }
)
_LOG_REASONS: frozenset[AzureRefusalReason] = frozenset({"no-data-role", "firewall", "keys-disabled", "suspicious"})
_REASONS_WITHOUT_COMMANDS: frozenset[AzureRefusalReason] = frozenset(
    {"no-run", "no-log", "log-gone", "sign-in", "busy"}
)
"""Where commands would fare no better."""
_BLOB_SERVICES_SEGMENT = "/blobServices/"


def build_refusal_blocks(
    context: DialogContext, refusal: AzureRefusal, request: AzureRequest, values: Mapping[str, str]
) -> list[Block]:
    """What was refused and why, the next step, and how to read it oneself where that can help."""
    reason = refusal.reason
    tone = "default" if reason in ("no-run", "no-log", "sign-in") else "warning"
    blocks: list[Block] = [context.build_paragraph(f"refused.{reason}", tone)]  # type: ignore[arg-type]
    if rows := _build_rows(context, refusal):
        blocks.append(FactTable(rows))
    if refusal.subscriptions:
        names = render_names(refusal.subscriptions)
        blocks.append(context.build_paragraph("refused.subscriptions", names=names))
    if reason == "busy" and refusal.retry_after is not None:
        blocks.append(context.build_paragraph("refused.retry-after", seconds=refusal.retry_after))
    blocks.append(context.build_paragraph(f"refused.{reason}.next"))
    if reason not in _REASONS_WITHOUT_COMMANDS:
        own = _build_manual_commands(context, reason, request, {**_extract_template_values(refusal), **values})
        blocks += by_hand.add_paste_instructions(context, own) if own else []
    return blocks


def build_refusal_buttons(context: DialogContext, refusal: AzureRefusal) -> tuple[Button, ...]:
    """Another try where one can help, and the ways on that need no look."""
    retry = (
        (context.build_button("look-retry", "look-retry", primary=True),)
        if refusal.reason in _RETRYABLE_REASONS
        else ()
    )
    other = (
        (context.build_button("look-other", "look-other"),)
        if refusal.reason in ("not-found", "no-run", "log-gone")
        else ()
    )
    return (*retry, *other, context.build_button("guided-questions", "guided"), context.build_button("draft", "draft"))


def render_names(names: Sequence[str], max_names: int = MAX_LISTED_NAMES) -> RichText:
    """The names one after the other, literal; how many more there are after the first few."""
    runs: list[TextRun] = []
    for at, name in enumerate(names[:max_names]):
        runs += [*([TextRun(", ")] if at else []), TextRun(shorten_value(name), "code")]
    if len(names) > max_names:
        runs.append(TextRun(f" (+{len(names) - max_names})"))
    return tuple(runs)


def _build_rows(context: DialogContext, refusal: AzureRefusal) -> tuple[tuple[str, RichText], ...]:
    role = refusal.role or _DEFAULT_ROLES.get(refusal.reason, "")
    same = refusal.scope.casefold() == refusal.target.casefold()
    values = {
        # of a log its name: its account is the scope, or stands in the commands
        "what": refusal.target.rpartition("/")[2]
        if _BLOB_SERVICES_SEGMENT in refusal.target
        else ""
        if same
        else refusal.target,
        "action": refusal.action,
        "scope": refusal.scope,
        "role": role,
        "code": refusal.code,
    }
    return tuple(
        (context.format_text(f"refused.row.{key}"), build_literal(shorten_value(value)))
        for key, value in values.items()
        if value
    )


def _extract_template_values(refusal: AzureRefusal) -> dict[str, str]:
    """What the id of a refused template says of it."""
    wanted = parse_template_id(refusal.target)
    if wanted is None:
        return {}
    return {"template": wanted.name, "resource_group": wanted.resource_group, "subscription": wanted.subscription}


def _build_manual_commands(
    context: DialogContext, reason: AzureRefusalReason, request: AzureRequest, values: Mapping[str, str]
) -> list[Block]:
    if request.kind == "failing":
        return by_hand.build_failed_templates_commands(context)
    if reason in _LOG_REASONS or request.kind == "whole-log":
        return by_hand.build_log_commands(context, values)
    return by_hand.build_status_commands(context, values)


def shorten_value(value: str) -> str:
    """A name or a code of Azure's on one line, without secrets, of a bounded length."""
    said = " ".join(redact(value).split())
    return said if len(said) <= _MAX_VALUE_CHARS else f"{said[:_MAX_VALUE_CHARS]}…"
