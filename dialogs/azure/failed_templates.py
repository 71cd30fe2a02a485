"""The list of failed templates, by what broke, and of those that are running now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dialogs.azure.choose_template import build_subscription_blocks, build_template_button, render_template_line
from dialogs.azure.combined_diagnosis import CombinedDiagnosis, find_leading_match
from dialogs.azure.template_snapshot import compute_deadline, diagnose_snapshot, fetch_log
from dialogs.context import DialogContext, shorten_label, shorten_runs
from dialogs.model.azure import FailedTemplates, TemplateStatus
from dialogs.model.ports import AzureReader, DiagnoseText
from dialogs.model.reply import Block, Button, ButtonArgument, Paragraph, Reply, TextRun, build_literal, emphasize
from dialogs.model.turn import Person
from dialogs.replies.azure_refusal import shorten_value
from dialogs.replies.durations import format_duration
from dialogs.replies.plain_text import flatten_runs
from dialogs.replies.run_states import name_state
from dialogs.solution.finding_view import render_finding_title, render_headline
from dialogs.texts.catalog import TrustedText
from knowledge.azure_times import compute_seconds_between
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.template.template_id import TemplateId

PAGE_SIZE = 10
MAX_TEMPLATE_BUTTONS = 3
MAX_RUNNING_NAMES = 3
MAX_CAUSE_CHARS = 60
"""Two lines on a phone; a lookup shows all of it."""


async def list_failed_templates(
    context: DialogContext,
    azure_reader: AzureReader,
    person: Person,
    diagnose: DiagnoseText,
    resource_group: str = "",
    first_index: int = 0,
) -> Reply:
    """Find the failed templates, and list the page that starts at `first_index` (from 0), by what broke.

    Each is diagnosed as a lookup would. With `resource_group`, only its templates are listed. Raise
    `AzureRefusedError` or `TimeoutError` if they can't be found.
    """
    deadline = compute_deadline()
    async with asyncio.timeout_at(deadline):
        found = await azure_reader.find_failed_templates(person)
    templates, running = (
        tuple(status for status in statuses if _is_in_group(status.template_id, resource_group))
        for statuses in (found.templates, found.running)
    )
    first_index = first_index if first_index < len(templates) else 0
    listed = templates[first_index : first_index + PAGE_SIZE]
    snapshots = await asyncio.gather(*(fetch_log(azure_reader, person, status, deadline) for status in listed))
    page = [await diagnose_snapshot(context, diagnose, snapshot) for snapshot in snapshots]
    return _build_page(context, replace(found, templates=templates, running=running), page, first_index, resource_group)


def _is_in_group(template_id: TemplateId, resource_group: str) -> bool:
    return not resource_group or template_id.resource_group.casefold() == resource_group.casefold()


def _build_page(
    context: DialogContext,
    failed_templates: FailedTemplates,
    page: Sequence[CombinedDiagnosis],
    first_index: int,
    resource_group: str,
) -> Reply:
    templates = failed_templates.templates
    blocks: list[Block] = [_render_heading(context, failed_templates, resource_group)]
    if resource_group:
        blocks.append(context.build_paragraph("look.failing.group", "subtle", group=resource_group))
    if failed_templates.running:
        blocks.append(_render_running(context, failed_templates.running))
    if len(templates) > PAGE_SIZE:
        blocks.append(
            context.build_paragraph(
                "look.failing.page", "subtle", first=first_index + 1, last=first_index + len(page), count=len(templates)
            )
        )
    for cause, combined in _group_by_cause(context, page):
        blocks += [cause, *(_render_template(context, one) for one in combined)]
    blocks += build_subscription_blocks(
        context, failed_templates.searched_subscriptions, failed_templates.denied_subscriptions
    )
    if failed_templates.has_more:
        blocks.append(context.build_paragraph("look.none.more"))
    buttons = _build_buttons(context, failed_templates, page, first_index, resource_group)
    return context.build_reply(*blocks, buttons=buttons, placement="stays")


def _render_heading(context: DialogContext, failed_templates: FailedTemplates, resource_group: str) -> Paragraph:
    """Render how many templates failed, and out of how many if all were read."""
    count, total = len(failed_templates.templates), failed_templates.template_count
    if not count:
        return context.build_heading("look.failing.none")
    if resource_group or failed_templates.has_more or not total:
        return context.build_heading("look.failing.title")
    return context.build_heading("look.failing.count", count=count, total=total)


def _render_running(context: DialogContext, running: Sequence[TemplateStatus]) -> Paragraph:
    """Render in one paragraph which templates are running, what they're doing, and since when."""
    runs = context.format_runs("look.failing.running")
    for number, status in enumerate(running[:MAX_RUNNING_NAMES]):
        seconds = status.run.compute_seconds(context.now)
        details = (
            name_state(context, status.run.sub_state).casefold(),
            "" if seconds is None else format_duration(seconds),
        )
        said = ", ".join(shorten_value(detail) for detail in details if detail)
        name = build_literal(shorten_value(status.template_id.name))
        runs += (TextRun(" · " if number else " "), *name, *((TextRun(" "), *build_literal(said)) if said else ()))
    if len(running) > MAX_RUNNING_NAMES:
        more = context.format_runs("look.failing.running-more", count=len(running) - MAX_RUNNING_NAMES)
        runs += (TextRun(" "), *more)
    return Paragraph(runs, "subtle", mark="⋯")


def _group_by_cause(
    context: DialogContext, page: Sequence[CombinedDiagnosis]
) -> Iterator[tuple[Paragraph, list[CombinedDiagnosis]]]:
    """Yield each cause with the templates that it broke, the newest first."""
    groups: dict[str, tuple[Paragraph, list[CombinedDiagnosis]]] = {}
    for combined in page:
        cause = _render_cause(context, combined)
        groups.setdefault(flatten_runs(cause.text), (cause, []))[1].append(combined)
    yield from groups.values()


def _build_buttons(
    context: DialogContext,
    failed_templates: FailedTemplates,
    page: Sequence[CombinedDiagnosis],
    first_index: int,
    resource_group: str,
) -> tuple[Button, ...]:
    """Build the buttons: the newest templates, the next page, a single resource group, and another template."""
    templates = failed_templates.templates
    ids = [combined.status.template_id for combined in page]
    valid_ids = [template_id for template_id in ids if template_id.is_valid]
    buttons = [build_template_button(template_id, ids) for template_id in valid_ids[:MAX_TEMPLATE_BUTTONS]]
    if len(templates) > PAGE_SIZE:
        is_last = first_index + PAGE_SIZE >= len(templates)
        args: dict[str, ButtonArgument] = {
            "first": 0 if is_last else first_index + PAGE_SIZE,
            **({"rg": resource_group} if resource_group else {}),
        }
        label = context.format_text("button.first-failing" if is_last else "button.more-failing")
        buttons.append(Button(label, "failing", args))
    groups = {template_id.resource_group.casefold(): template_id.resource_group for template_id in valid_ids}
    if len(groups) > 1:
        group = next(iter(groups.values()))
        label = shorten_label(context.format_text("button.only-group", group=shorten_value(group)))
        buttons.append(Button(label, "failing", {"rg": group}))
    buttons.append(context.build_button("look-other", "look-other"))
    return tuple(buttons)


def _render_template(context: DialogContext, combined: CombinedDiagnosis) -> Paragraph:
    """Render which template failed, and when."""
    status = combined.status
    seconds = compute_seconds_between(status.run.ended, context.now)
    age = ""
    if seconds is not None:
        age = context.format_text("look.failing.ago", took=TrustedText(_format_age(seconds)))
    line = render_template_line(status.template_id, name_state(context, status.run.sub_state), age=age)
    return line._replace(tone="subtle")


def _format_age(seconds: int) -> str:
    """Format how long ago something was; from two days on, in days."""
    days = seconds // 86_400
    return f"{days} d" if days > 1 else format_duration(seconds)


def _render_cause(context: DialogContext, combined: CombinedDiagnosis) -> Paragraph:
    """Render what broke: the headline that a lookup would show, the error's own words, or that nothing says why."""
    diagnosis, leading = combined.diagnosis, find_leading_match(combined)
    if leading is not None and not _is_bare_wrapper(context, diagnosis, leading):
        title = emphasize(shorten_runs(render_headline(context, diagnosis, leading.entry), MAX_CAUSE_CHARS))
        if leading.confidence == "certain":
            return Paragraph(title, mark="✖")
        confidence = TrustedText(context.format_text(f"confidence.{leading.confidence}"))
        return context.build_paragraph("candidate.line", title=title, confidence=confidence)._replace(mark="✖")
    if leading is None and diagnosis.finding is not None:
        title = shorten_runs(render_finding_title(context, diagnosis.finding), MAX_CAUSE_CHARS)
        return context.build_paragraph("look.failing.unknown-error", title=title)._replace(mark="✖")
    key = "unknown-in-log" if combined.log else "unknown"
    return context.build_paragraph(f"look.failing.{key}")._replace(mark="?")


def _is_bare_wrapper(context: DialogContext, diagnosis: Diagnosis, leading: Match) -> bool:
    """Return whether all we know is that the cause is in the log."""
    finding = diagnosis.finding
    says_more = finding is not None and finding.values.get("sentence") == finding.title
    return context.entries[leading.entry].role == "wrapper" and not says_more
