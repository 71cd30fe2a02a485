"""The cards for filing a ticket: contact form, preview, the filed ticket, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.model.azure_refusal import LASTING_REASONS, AzureRefusal, AzureRefusalReason
from dialogs.model.reply import Block, Button, CopyableText, FactTable, Reply, RichText, TextRun, build_literal
from dialogs.model.support import Ticket, TicketDraft
from dialogs.replies.azure_refusal import render_refusal_reason
from dialogs.support.ticket.contact import build_form_fields

CORRECTABLE_REASONS: frozenset[AzureRefusalReason] = frozenset(
    {"severity", "rejected", "not-found", "other-tenant", "no-classification"}
)
"""Refusals that different answers can fix: the person is offered the form."""
UNCERTAIN_REASONS: frozenset[AzureRefusalReason] = frozenset({"too-slow", "unsure", "azure-trouble", "unexpected"})
"""Refusals after which a ticket may exist anyway."""


def render_contact_form(
    context: DialogContext, answers: Mapping[str, str], problems: Mapping[str, str], filed_ticket: Ticket | None
) -> Reply:
    """Render the contact form. Submitting it sends nothing to Azure."""
    blocks: list[Block] = [context.build_heading("ticket.title")]
    if filed_ticket:
        blocks.append(
            context.build_paragraph("ticket.filed-other", "warning", number=_format_number(context, filed_ticket))
        )
    blocks.append(
        context.build_paragraph("ticket.check" if problems else "ticket.intro", "attention" if problems else "default")
    )
    # going back must not need the required fields
    back_button = replace(context.build_button("edit-case", "draft"), should_omit_fields=True)
    buttons = (context.build_button("ticket-preview", "ticket-preview", primary=True), back_button)
    return context.build_reply(
        *blocks,
        *build_form_fields(context, answers, problems),
        context.build_paragraph("ticket.consent", "subtle"),
        buttons=buttons,
        summary=context.format_text("ticket.title"),
    )


def render_preview(
    context: DialogContext, draft: TicketDraft, preview_hash: str, person_name: str, has_changed: bool = False
) -> tuple[Reply, ...]:
    """Render exactly what will be sent, and ask for confirmation: first text and files, then everything else."""
    replies = [
        context.build_reply(context.build_paragraph("ticket.text"), CopyableText(draft.description), placement="stays")
    ]
    replies += [
        context.build_reply(
            context.build_paragraph("ticket.file", name=file.name), CopyableText(file.text), placement="stays"
        )
        for file in draft.attachments
    ]
    confirmation = context.build_reply(
        context.build_heading("ticket.preview"),
        *((context.build_paragraph("ticket.changed", "warning"),) if has_changed else ()),
        _build_preview_table(context, draft),
        *render_sandbox_notice(context),
        context.build_paragraph("ticket.ask", "attention", name=person_name)
        if person_name
        else context.build_paragraph("ticket.ask-you", "attention"),
        buttons=(
            context.build_button("ticket-yes", "ticket-yes", primary=True, seal=preview_hash),
            context.build_button("ticket-change", "ticket-change"),
            context.build_button("edit-case", "draft"),
            context.build_button("ticket-no", "ticket-no"),
        ),
        summary=context.format_text("ticket.preview"),
        placement="stays",
    )
    return (*replies, confirmation)


def render_ticket(context: DialogContext, filed_ticket: Ticket, attachment_count: int, title: str = "") -> Reply:
    """Render the filed ticket: its number, its link, and a warning if the attachments are missing."""
    key = "ticket.filed-again" if filed_ticket.was_already_filed else "ticket.filed"
    blocks: list[Block] = [
        context.build_paragraph(
            key if filed_ticket.number else "ticket.filed-no-number", "good", number=filed_ticket.number
        )
    ]
    if title:
        blocks.append(context.build_paragraph("ticket.filed-title", title=title))
    if filed_ticket.state:
        blocks.append(context.build_paragraph("ticket.state", state=filed_ticket.state))
    if attachment_count > filed_ticket.attachment_count and not filed_ticket.was_already_filed:
        blocks.append(context.build_paragraph("ticket.no-files", "warning"))
    blocks += render_sandbox_notice(context) or [context.build_paragraph("ticket.next")]
    link = (
        (context.build_link_button("ticket-open", filed_ticket.url, primary=True),)
        if filed_ticket.url and context.access_mode != "sandbox"
        else ()
    )
    buttons = (*link, context.build_button("edit-case", "draft"), context.build_button("restart", "restart"))
    return context.build_reply(
        *blocks, buttons=buttons, summary=context.format_text("ticket.summary"), placement="stays"
    )


def render_refusal(context: DialogContext, refusal: AzureRefusal, can_retry: bool = False) -> Reply:
    """Render why no ticket was filed, what to do about it, and that the draft is kept.

    With `can_retry`, a button to try again is offered for reasons that can pass.
    """
    reason = refusal.reason
    blocks = render_refusal_reason(context, refusal, "ticket")
    blocks.append(context.build_paragraph("ticket.may-be" if reason in UNCERTAIN_REASONS else "ticket.stays"))
    buttons: list[Button] = []
    if can_retry and reason not in LASTING_REASONS:
        buttons.append(context.build_button("ticket-again", "ticket-again", primary=True))
    if reason in CORRECTABLE_REASONS:
        buttons.append(context.build_button("ticket-change", "ticket-change"))
    buttons += [context.build_button("ways-out", "post"), context.build_button("edit-case", "draft")]
    return context.build_reply(*blocks, buttons=tuple(buttons), placement="stays")


def render_sandbox_notice(context: DialogContext) -> list[Block]:
    """Return a notice that a ticket in the sandbox reaches nobody, and nothing outside the sandbox."""
    return [context.build_paragraph("ticket.sandbox", "subtle")] if context.access_mode == "sandbox" else []


def _build_preview_table(context: DialogContext, draft: TicketDraft) -> FactTable:
    contact = draft.contact
    address = ", ".join(filter(None, (f"{contact.first_name} {contact.last_name}", contact.email, contact.phone)))
    consent = "yes" if draft.can_collect_diagnostics else "no"
    started = draft.problem_started_at
    files = ", ".join(file.name for file in draft.attachments)
    rows: dict[str, RichText] = {
        "subscription": build_literal(draft.subscription),
        "service": build_literal(draft.service.name),
        "classification": build_literal(draft.classification.name),
        "severity": (TextRun(_format_severity(context, draft.severity)),),
        "heading": build_literal(draft.title),
        "contact": build_literal(address),
        "by": _build_own_text(context, f"ticket.by.{contact.contact_method}"),
        "place": build_literal(f"{contact.country}, {contact.time_zone}"),
        "language": _build_own_text(context, f"ticket.language.{contact.language}"),
        "diagnostics": _build_own_text(context, f"ticket.diagnostics.{consent}"),
        "started": build_literal(started) if started else _build_own_text(context, "case.unknown"),
        "files": build_literal(files) if files else _build_own_text(context, "ticket.none"),
    }
    return FactTable(tuple((context.format_text(f"ticket.row.{key}"), value) for key, value in rows.items()))


def _build_own_text(context: DialogContext, key: str) -> RichText:
    return (TextRun(context.format_text(key)),)


def _format_severity(context: DialogContext, severity_id: str) -> str:
    severity = next((item for item in context.knowledge.support.severities if item.id == severity_id), None)
    if severity is None:
        return severity_id
    return context.format_text("case.severity", letter=severity.letter, meaning=severity.meaning.get(context.language))


def _format_number(context: DialogContext, filed_ticket: Ticket) -> str:
    return filed_ticket.number or filed_ticket.id.rsplit("/", 1)[-1]
