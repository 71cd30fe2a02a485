"""The list of templates whose last run failed, each with what broke and a button to look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dialogs.azure.choose_template import build_subscription_blocks, build_template_button, render_template_line
from dialogs.azure.combined_diagnosis import CombinedDiagnosis, find_leading_match
from dialogs.azure.template_snapshot import compute_deadline, diagnose_snapshot, fetch_log
from dialogs.context import DialogContext
from dialogs.model.azure import FailedTemplates
from dialogs.model.ports import AzureReader, DiagnoseText
from dialogs.model.reply import Block, Button, Paragraph, Reply
from dialogs.model.turn import Person
from dialogs.replies.durations import format_duration
from dialogs.solution.candidate_view import render_candidate_line
from dialogs.solution.finding_view import render_finding_title
from dialogs.texts.catalog import TrustedText
from knowledge.azure_times import compute_seconds_between
from knowledge.model.diagnosis import Diagnosis, Match

PAGE_SIZE = 4


async def list_failed_templates(
    context: DialogContext, azure_reader: AzureReader, person: Person, diagnose: DiagnoseText, first_index: int = 0
) -> Reply:
    """Find the failed templates, and list those of the page that starts at `first_index` (from 0).

    Each is diagnosed as a look at it would. Raise `AzureRefusedError` or `TimeoutError` if they can't be found.
    """
    deadline = compute_deadline()
    async with asyncio.timeout_at(deadline):
        found = await azure_reader.find_failed_templates(person)
    first_index = first_index if first_index < len(found.templates) else 0
    listed = found.templates[first_index : first_index + PAGE_SIZE]
    snapshots = await asyncio.gather(*(fetch_log(azure_reader, person, status, deadline) for status in listed))
    page = [await diagnose_snapshot(context, diagnose, snapshot) for snapshot in snapshots]
    return _build_page(context, found, page, first_index)


def _build_page(
    context: DialogContext, failed_templates: FailedTemplates, page: Sequence[CombinedDiagnosis], first_index: int
) -> Reply:
    templates = failed_templates.templates
    blocks: list[Block] = [context.build_heading("look.failing.title" if templates else "look.failing.none")]
    if len(templates) > PAGE_SIZE:
        blocks.append(
            context.build_paragraph(
                "look.failing.page", first=first_index + 1, last=first_index + len(page), count=len(templates)
            )
        )
    for combined in page:
        blocks += [_render_template(context, combined), _render_cause(context, combined)]
    blocks += build_subscription_blocks(
        context, failed_templates.searched_subscriptions, failed_templates.denied_subscriptions
    )
    if failed_templates.has_more:
        blocks.append(context.build_paragraph("look.none.more"))
    ids = [combined.status.template_id for combined in page]
    buttons = [build_template_button(template_id, ids) for template_id in ids if template_id.is_valid]
    if len(templates) > PAGE_SIZE:
        # "more" on the last page leads back to the first one
        next_index = first_index + PAGE_SIZE if first_index + PAGE_SIZE < len(templates) else 0
        buttons.append(Button(context.format_text("button.more-failing"), "failing", {"first": next_index}))
    buttons.append(context.build_button("look-other", "look-other"))
    return context.build_reply(*blocks, buttons=tuple(buttons), placement="stays")


def _render_template(context: DialogContext, combined: CombinedDiagnosis) -> Paragraph:
    """Render which template failed, and when."""
    status = combined.status
    seconds = compute_seconds_between(status.run.ended, context.now)
    age = ""
    if seconds is not None:
        age = context.format_text("look.failing.ago", took=TrustedText(format_duration(seconds)))
    return render_template_line(status.template_id, status.run.sub_state, age=age)


def _render_cause(context: DialogContext, combined: CombinedDiagnosis) -> Paragraph:
    """Render what broke: the headline that a look would have, the error's own words, or that nothing says why."""
    diagnosis, leading = combined.diagnosis, find_leading_match(combined)
    if leading is not None and not _is_bare_wrapper(context, diagnosis, leading):
        return render_candidate_line(context, diagnosis, leading)
    if leading is None and diagnosis.finding is not None:
        title = render_finding_title(context, diagnosis.finding)
        return context.build_paragraph("look.failing.unknown-error", title=title)
    key = "unknown-in-log" if combined.log else "unknown"
    return context.build_paragraph(f"look.failing.{key}", "subtle")


def _is_bare_wrapper(context: DialogContext, diagnosis: Diagnosis, leading: Match) -> bool:
    """Return whether all that is known is that the cause is in the log."""
    finding = diagnosis.finding
    says_more = finding is not None and finding.values.get("sentence") == finding.title
    return context.entries[leading.entry].role == "wrapper" and not says_more
