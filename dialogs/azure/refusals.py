"""Explaining why Azure could not be read: what was denied, what is missing on which scope, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialogs.azure.manual_commands import (
    add_paste_instructions,
    build_failed_templates_commands,
    build_log_commands,
    build_status_commands,
)
from dialogs.context import DialogContext
from dialogs.model.azure import AzureRefusal, AzureRefusalReason
from dialogs.model.reply import Block, Button, FactTable, RichText, TextRun, Tone, build_literal
from dialogs.state.azure_state import AzureRequest
from knowledge.redaction.redact import redact
from knowledge.template.template_id import TemplateId

MAX_LISTED_NAMES = 5
_MAX_VALUE_CHARS = 300

_DEFAULT_ROLES: Mapping[AzureRefusalReason, str] = {"denied": "Reader", "no-data-role": "Storage Blob Data Reader"}
"""The built-in role that would allow it, when the refusal names none."""
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
"""Reasons for which commands would fail just the same."""
_BLOB_SERVICES_SEGMENT = "/blobServices/"


def build_refusal_blocks(
    context: DialogContext, refusal: AzureRefusal, request: AzureRequest, values: Mapping[str, str]
) -> list[Block]:
    """Build the explanation: what was refused and why, the next step, and commands to run where they can help."""
    reason = refusal.reason
    tone: Tone = "default" if reason in ("no-run", "no-log", "sign-in") else "warning"
    blocks: list[Block] = [context.build_paragraph(f"refused.{reason}", tone)]
    if rows := _build_rows(context, refusal):
        blocks.append(FactTable(rows))
    if refusal.subscriptions:
        names = render_names(refusal.subscriptions)
        blocks.append(context.build_paragraph("refused.subscriptions", names=names))
    if reason == "busy" and refusal.retry_after is not None:
        blocks.append(context.build_paragraph("refused.retry-after", seconds=refusal.retry_after))
    blocks.append(context.build_paragraph(f"refused.{reason}.next"))
    if reason not in _REASONS_WITHOUT_COMMANDS:
        # the names that the request gives outrank those in the refused resource id
        commands = _build_manual_commands(context, reason, request, {**_extract_template_values(refusal), **values})
        blocks += add_paste_instructions(context, commands) if commands else []
    return blocks


def build_refusal_buttons(context: DialogContext, refusal: AzureRefusal) -> tuple[Button, ...]:
    """Build the buttons below a refusal: try again where that can help, and what works without Azure."""
    retry_buttons = (
        (context.build_button("look-retry", "look-retry", primary=True),)
        if refusal.reason in _RETRYABLE_REASONS
        else ()
    )
    other_template_buttons = (
        (context.build_button("look-other", "look-other"),)
        if refusal.reason in ("not-found", "no-run", "log-gone")
        else ()
    )
    return (
        *retry_buttons,
        *other_template_buttons,
        context.build_button("guided-questions", "guided"),
        context.build_button("draft", "draft"),
    )


def render_names(names: Sequence[str], max_names: int = MAX_LISTED_NAMES) -> RichText:
    """Render literal names separated by commas, and how many more there are after the first `max_names`."""
    runs: list[TextRun] = []
    for index, name in enumerate(names[:max_names]):
        runs += [*([TextRun(", ")] if index else []), TextRun(shorten_value(name), "code")]
    if len(names) > max_names:
        runs.append(TextRun(f" (+{len(names) - max_names})"))
    return tuple(runs)


def _build_rows(context: DialogContext, refusal: AzureRefusal) -> tuple[tuple[str, RichText], ...]:
    target = refusal.target
    if _BLOB_SERVICES_SEGMENT in target:
        target = target.rpartition("/")[2]  # a log's name is enough: its account is the scope, or in the commands
    elif target.casefold() == refusal.scope.casefold():
        target = ""  # the row "scope" shows it
    values = {
        "what": target,
        "action": refusal.action,
        "scope": refusal.scope,
        "role": refusal.role or _DEFAULT_ROLES.get(refusal.reason, ""),
        "code": refusal.code,
    }
    return tuple(
        (context.format_text(f"refused.row.{key}"), build_literal(shorten_value(value)))
        for key, value in values.items()
        if value
    )


def _extract_template_values(refusal: AzureRefusal) -> dict[str, str]:
    """Return the values for commands from the resource id of a refused template."""
    template_id = TemplateId.parse(refusal.target)
    return template_id.to_facts() if template_id else {}


def _build_manual_commands(
    context: DialogContext, reason: AzureRefusalReason, request: AzureRequest, values: Mapping[str, str]
) -> list[Block]:
    if request.kind == "failing":
        return build_failed_templates_commands(context)
    if reason in _LOG_REASONS or request.kind == "whole-log":
        return build_log_commands(context, values)
    return build_status_commands(context, values)


def shorten_value(value: str) -> str:
    """Return one of Azure's names or codes redacted, on one line, and of a bounded length."""
    line = " ".join(redact(value).split())
    return line if len(line) <= _MAX_VALUE_CHARS else f"{line[:_MAX_VALUE_CHARS]}…"
