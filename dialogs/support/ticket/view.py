"""The cards of a ticket: before it, the contact form, the preview of what leaves, the ticket, why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.context import DialogContext, shorten_label
from dialogs.model.reply import Block, Button, CopyableText, FactTable, Reply, RichText, TextRun, build_literal
from dialogs.model.support import ClassificationOptions, Ticket, TicketDraft, TicketRefusal, TicketRefusalReason
from dialogs.support.ticket.contact import build_form_fields

RETRYABLE_REASONS: frozenset[TicketRefusalReason] = frozenset(
    {
        "sign-in", "consent", "conditional-access", "not-allowed", "no-permission", "not-registered", "quota", "busy",
        "unauthorized", "not-found", "other-tenant", "too-slow", "unsure", "azure-trouble", "no-network", "unexpected",
    }
)  # fmt: skip
"""What may pass, or can be put right: another try is offered."""
CORRECTABLE_REASONS: frozenset[TicketRefusalReason] = frozenset(
    {"severity", "rejected", "not-found", "other-tenant", "no-classification"}
)
"""What another answer of the person's may put right."""
UNCERTAIN_REASONS: frozenset[TicketRefusalReason] = frozenset({"too-slow", "unsure", "azure-trouble", "unexpected"})
"""After these there may be a ticket all the same."""


def render_contact_form(
    context: DialogContext, answers: Mapping[str, str], problems: Mapping[str, str], filed_ticket: Ticket | None
) -> Reply:
    """The form; nothing leaves with it."""
    blocks: list[Block] = [context.build_heading("ticket.title")]
    if filed_ticket:
        blocks.append(
            context.build_paragraph("ticket.filed-other", "warning", number=_format_number(context, filed_ticket))
        )
    blocks.append(
        context.build_paragraph("ticket.check" if problems else "ticket.intro", "attention" if problems else "default")
    )
    # the fields that are asked for need not be filled in to go back
    back = replace(context.build_button("edit-case", "draft"), should_omit_fields=True)
    buttons = (context.build_button("ticket-preview", "ticket-preview", primary=True), back)
    return context.build_reply(
        *blocks,
        *build_form_fields(context, answers, problems),
        context.build_paragraph("ticket.consent", "subtle"),
        buttons=buttons,
        summary=context.format_text("ticket.title"),
    )


def render_classification_choice(context: DialogContext, options: ClassificationOptions) -> Reply:
    """Which of several classifications it is."""
    kinds = [
        Button(shorten_label(one.name), "ticket-kind", {"kind": at}, primary=at == 0)
        for at, one in enumerate(options.classifications)
    ]
    rows = tuple((str(at + 1), build_literal(one.name)) for at, one in enumerate(options.classifications))
    return context.build_reply(
        context.build_paragraph("ticket.choose", service=build_literal(options.service.name)),
        FactTable(rows),
        buttons=(*kinds, context.build_button("ticket-change", "ticket-change"))[:6],
    )


def render_preview(
    context: DialogContext, draft: TicketDraft, preview_hash: str, person_name: str, has_changed: bool = False
) -> tuple[Reply, ...]:
    """Exactly what leaves: the text, the files, then everything else and the question."""
    texts = [context.build_reply(context.build_paragraph("ticket.text"), CopyableText(draft.description), beside=True)]
    texts += [
        context.build_reply(
            context.build_paragraph("ticket.file", name=file.name), CopyableText(file.text), beside=True
        )
        for file in draft.attachments
    ]
    contact = draft.contact
    reached = f"{contact.first_name} {contact.last_name}, {contact.email}" + (
        f", {contact.phone}" if contact.phone else ""
    )
    rows: dict[str, RichText] = {
        "subscription": build_literal(draft.subscription),
        "service": build_literal(draft.service.name),
        "classification": build_literal(draft.classification.name),
        "severity": (TextRun(_format_severity(context, draft.severity)),),
        "heading": build_literal(draft.title),
        "contact": build_literal(reached),
        "by": (TextRun(context.format_text(f"ticket.by.{contact.contact_method}")),),
        "place": build_literal(f"{contact.country}, {contact.time_zone}"),
        "language": (TextRun(context.format_text(f"ticket.language.{contact.language}")),),
        "diagnostics": (
            TextRun(context.format_text(f"ticket.diagnostics.{'yes' if draft.can_collect_diagnostics else 'no'}")),
        ),
        "started": build_literal(draft.problem_started_at)
        if draft.problem_started_at
        else (TextRun(context.format_text("case.unknown")),),
        "files": build_literal(", ".join(file.name for file in draft.attachments))
        if draft.attachments
        else (TextRun(context.format_text("ticket.none")),),
    }
    question = context.build_reply(
        context.build_heading("ticket.preview"),
        *((context.build_paragraph("ticket.changed", "warning"),) if has_changed else ()),
        FactTable(tuple((context.format_text(f"ticket.row.{key}"), value) for key, value in rows.items())),
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
        beside=True,
    )
    return (*texts, question)


def render_ticket(context: DialogContext, filed_ticket: Ticket, attachment_count: int, title: str = "") -> Reply:
    """The ticket: its number, where it is shown, and what did not go along."""
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
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("ticket.summary"), beside=True)


def render_refusal(context: DialogContext, refusal: TicketRefusal, can_retry: bool = False) -> Reply:
    """Why there is no ticket, what to do about it, and that the draft stays. `again`: it can be tried once more."""
    reason = refusal.reason
    blocks: list[Block] = [context.build_paragraph(f"unfiled.{reason}", "warning")]
    rows = {
        "detail": refusal.detail,
        "action": refusal.action,
        "scope": refusal.scope,
        "role": refusal.role,
        "code": refusal.code,
    }
    if shown := tuple(
        (context.format_text(f"unfiled.row.{key}"), build_literal(value)) for key, value in rows.items() if value
    ):
        blocks.append(FactTable(shown))
    if reason == "busy" and refusal.retry_after is not None:
        blocks.append(context.build_paragraph("unfiled.wait", seconds=refusal.retry_after))
    blocks.append(context.build_paragraph(f"unfiled.{reason}.next"))
    blocks.append(context.build_paragraph("ticket.may-be" if reason in UNCERTAIN_REASONS else "ticket.stays"))
    buttons = [
        *(
            (context.build_button("ticket-again", "ticket-again", primary=True),)
            if can_retry and reason in RETRYABLE_REASONS
            else ()
        ),
        *((context.build_button("ticket-change", "ticket-change"),) if reason in CORRECTABLE_REASONS else ()),
        context.build_button("ways-out", "post"),
        context.build_button("edit-case", "draft"),
    ]
    return context.build_reply(*blocks, buttons=tuple(buttons), beside=True)


def render_sandbox_notice(context: DialogContext) -> list[Block]:
    """In the sandbox, that nobody gets the ticket; nothing elsewhere."""
    return [context.build_paragraph("ticket.sandbox", "subtle")] if context.access_mode == "sandbox" else []


def _format_severity(context: DialogContext, severity: str) -> str:
    known = next((one for one in context.support.severities if one.id == severity), None)
    if known is None:
        return severity
    return context.format_text("case.severity", letter=known.letter, meaning=known.meaning.get(context.language))


def _format_number(context: DialogContext, filed_ticket: Ticket) -> str:
    return filed_ticket.number or filed_ticket.id.rsplit("/", 1)[-1]
