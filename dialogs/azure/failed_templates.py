"""Every template whose last run failed, with its likely cause; each one press from its status and its log."""

from __future__ import annotations

from dialogs.azure.choose_template import (
    build_subscription_blocks,
    build_template_button,
    can_be_picked,
    render_template_line,
)
from dialogs.azure.combined_diagnosis import diagnose_status
from dialogs.context import DialogContext
from dialogs.model.azure import FailedTemplates, TemplateStatus
from dialogs.model.azure_times import compute_seconds_between
from dialogs.model.ports import DiagnoseText
from dialogs.model.reply import Block, Button, Reply
from dialogs.replies.durations import format_duration
from dialogs.state.template_status import sanitize_status
from dialogs.texts import TrustedText

PAGE_SIZE = 4


async def list_failed_templates(
    context: DialogContext, failed_templates: FailedTemplates, diagnose: DiagnoseText, first_index: int = 0
) -> Reply:
    """The templates from number `first` (from 0) on, `PAGE` of them, each with what its own status says."""
    every = failed_templates.templates
    first_index = first_index if first_index < len(every) else 0
    page = [sanitize_status(status) for status in every[first_index : first_index + PAGE_SIZE]]
    blocks: list[Block] = [context.build_heading("look.failing.title" if every else "look.failing.none")]
    if len(every) > PAGE_SIZE:
        blocks.append(
            context.build_paragraph(
                "look.failing.page", first=first_index + 1, last=first_index + len(page), count=len(every)
            )
        )
    for status in page:
        blocks += await _build_template_blocks(context, status, diagnose)
    blocks += build_subscription_blocks(
        context, failed_templates.searched_subscriptions, failed_templates.denied_subscriptions
    )
    if failed_templates.has_more:
        blocks.append(context.build_paragraph("look.none.more"))
    refs = [status.template_id for status in page]
    buttons = [build_template_button(ref, refs) for ref in refs if can_be_picked(ref)]
    if len(every) > PAGE_SIZE:
        follows = first_index + PAGE_SIZE if first_index + PAGE_SIZE < len(every) else 0
        buttons.append(Button(context.format_text("button.more-failing"), "failing", {"first": follows}))
    buttons.append(context.build_button("look-other", "look-other"))
    return context.build_reply(*blocks, buttons=tuple(buttons), beside=True)


async def _build_template_blocks(context: DialogContext, status: TemplateStatus, diagnose: DiagnoseText) -> list[Block]:
    """A template of the list, and what its own status says is the likely cause."""
    seconds = compute_seconds_between(status.ended, context.now)
    ago = (
        context.format_text("look.failing.ago", took=TrustedText(format_duration(seconds)))
        if seconds is not None
        else ""
    )
    blocks: list[Block] = [render_template_line(status.template_id, status.run_sub_state, age=ago)]
    diagnosis = await diagnose_status(diagnose, status, context.language)
    matches = diagnosis.matches if diagnosis else ()
    top = next((m for m in matches if m.severity != "info" and m.entry in context.entries), None)
    if top is None or context.entries[top.entry].role == "wrapper":
        blocks.append(context.build_paragraph("look.failing.unknown", "subtle"))
    else:
        confidence = context.format_text(f"confidence.{top.confidence}")
        blocks.append(
            context.build_paragraph(
                "candidate.line", title=context.get_entry_title(top.entry), confidence=TrustedText(confidence)
            )
        )
    return blocks
