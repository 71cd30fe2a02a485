"""The list of templates whose last run failed, each with its likely cause and a button to look at it."""

from __future__ import annotations

from dialogs.azure.choose_template import build_subscription_blocks, build_template_button, render_template_line
from dialogs.azure.source_diagnosis import diagnose_status
from dialogs.context import DialogContext
from dialogs.model.azure import FailedTemplates, TemplateStatus
from dialogs.model.ports import DiagnoseText
from dialogs.model.reply import Block, Button, Reply
from dialogs.replies.durations import format_duration
from dialogs.solution.candidate_view import render_candidate_line
from dialogs.state.template_status import sanitize_status
from dialogs.texts.catalog import TrustedText
from knowledge.azure_times import compute_seconds_between

PAGE_SIZE = 4


async def list_failed_templates(
    context: DialogContext, failed_templates: FailedTemplates, diagnose: DiagnoseText, first_index: int = 0
) -> Reply:
    """Build the page of the list that starts at `first_index` (from 0); causes are diagnosed from each status alone."""
    templates = failed_templates.templates
    first_index = first_index if first_index < len(templates) else 0
    page = [sanitize_status(status) for status in templates[first_index : first_index + PAGE_SIZE]]
    blocks: list[Block] = [context.build_heading("look.failing.title" if templates else "look.failing.none")]
    if len(templates) > PAGE_SIZE:
        blocks.append(
            context.build_paragraph(
                "look.failing.page", first=first_index + 1, last=first_index + len(page), count=len(templates)
            )
        )
    for status in page:
        blocks += await _build_template_blocks(context, status, diagnose)
    blocks += build_subscription_blocks(
        context, failed_templates.searched_subscriptions, failed_templates.denied_subscriptions
    )
    if failed_templates.has_more:
        blocks.append(context.build_paragraph("look.none.more"))
    ids = [status.template_id for status in page]
    buttons = [build_template_button(template_id, ids) for template_id in ids if template_id.is_valid]
    if len(templates) > PAGE_SIZE:
        # "more" on the last page leads back to the first one
        next_index = first_index + PAGE_SIZE if first_index + PAGE_SIZE < len(templates) else 0
        buttons.append(Button(context.format_text("button.more-failing"), "failing", {"first": next_index}))
    buttons.append(context.build_button("look-other", "look-other"))
    return context.build_reply(*blocks, buttons=tuple(buttons), placement="stays")


async def _build_template_blocks(context: DialogContext, status: TemplateStatus, diagnose: DiagnoseText) -> list[Block]:
    """Build a template's lines: its name and when it failed, and the likely cause that its status shows."""
    seconds = compute_seconds_between(status.run.ended, context.now)
    age = ""
    if seconds is not None:
        age = context.format_text("look.failing.ago", took=TrustedText(format_duration(seconds)))
    line = render_template_line(status.template_id, status.run.sub_state, age=age)
    diagnosis = await diagnose_status(diagnose, status, context.language)
    matches = diagnosis.matches if diagnosis else ()
    top = next((m for m in matches if m.severity != "info" and m.entry in context.entries), None)
    # a wrapper only says that the cause is in the log
    if top is None or context.entries[top.entry].role == "wrapper":
        return [line, context.build_paragraph("look.failing.unknown", "subtle")]
    return [line, render_candidate_line(context, top)]
