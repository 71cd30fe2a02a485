"""How a template's status is shown: its last run, its facts, and how far its customizers got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.azure.run_timeline import RunTimeline
from dialogs.context import DialogContext
from dialogs.model.azure import LogTail, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.reply import (
    Block,
    Button,
    CopyableText,
    FactTable,
    FoldedSection,
    Mark,
    Paragraph,
    RichText,
    TextRun,
    build_literal,
)
from dialogs.replies.azure_refusal import shorten_value
from dialogs.replies.durations import format_duration, format_time_span
from dialogs.replies.run_states import name_state, render_state
from dialogs.texts.catalog import TrustedText
from knowledge.azure_names import get_last_segment
from knowledge.redaction.redact import redact
from knowledge.template.image_template import ImageTemplate

MAX_MESSAGE_CHARS = 900
"""The limit for an Azure message. The beginning names the failure and the end names the log, so the middle is cut."""
MAX_OUTPUTS = 4
MAX_CUSTOMIZERS_CHARS = 300
MAX_BUTTON_INT = 10**9
"""The largest number that is accepted back from a button."""

_MARK_BY_RUN_STATE: Mapping[str, Mark] = {"failed": "✖", "succeeded": "✔"}

_PROMINENT_ROWS = frozenset({"took", "started", "output"})
"""What everyone wants to know about a run; other facts are folded unless they speak for or against a cause."""


def build_status_blocks(
    context: DialogContext,
    status: TemplateStatus,
    timeline: RunTimeline,
    highlighted_rows: frozenset[str],
    should_show_message: bool,
    is_repeat: bool,
    is_explained: bool,
) -> tuple[Block, ...]:
    """Build the prominent part of the status card: the run, the main facts, messages, and the customizers.

    `highlighted_rows` are fact rows to always show here. With `is_repeat` the facts are left out, since an earlier card
    showed them. Without `should_show_message`, `build_detail_blocks` has the run's message. With `is_explained` a
    diagnosis follows that quotes the messages, so they're folded.
    """
    blocks: list[Block] = [
        context.build_heading("look.title", name=shorten_value(status.template_id.name)),
        _render_location(status),
        render_run_line(context, status.template),
    ]
    if not is_repeat:
        rows = [
            (label, value)
            for key, label, value in _build_fact_rows(context, status)
            if _is_prominent_row(status.template, key, highlighted_rows)
        ]
        blocks += [FactTable(tuple(rows))] if rows else []
        if status.template.provisioning.message.strip():
            blocks += _build_message_blocks(context, "provisioning", status.template.provisioning.message, is_explained)
    if should_show_message and status.run.message.strip():
        blocks += _build_message_blocks(context, "run", status.run.message, is_explained)
    if not timeline.has_log and status.template.customizers:
        blocks.append(_render_customizer_list(context, status.template))
    if timeline.bars.rows:
        blocks += _build_timeline_blocks(context, timeline)
    return tuple(blocks)


def build_detail_blocks(
    context: DialogContext, status: TemplateStatus, highlighted_rows: frozenset[str], is_message_shown: bool
) -> tuple[Block, ...]:
    """Build the folded table with everything else that Azure reports; no block if nothing is left."""
    rows = [
        (label, value)
        for key, label, value in _build_fact_rows(context, status)
        if not _is_prominent_row(status.template, key, highlighted_rows)
    ]
    if not is_message_shown and status.run.message.strip():
        rows.append((context.format_text("look.fact.message"), build_literal(shorten_message(status.run.message))))
    return (FactTable(tuple(rows), context.format_text("look.more")),) if rows else ()


def shorten_message(message: str, max_chars: int = MAX_MESSAGE_CHARS) -> str:
    """Redact one of Azure's messages and cut the middle of a long one, between words so that no id is cut."""
    text = redact(message).strip()
    if len(text) <= max_chars:
        return text
    start, end = text[: max_chars * 2 // 3].rpartition(" "), text[-max_chars // 3 :].partition(" ")
    return f"{start[0] or start[2]} … {end[2]}"


def build_status_buttons(
    context: DialogContext, status: TemplateStatus, log_tail: LogTail | None, log_refusal: AzureRefusal | None
) -> tuple[Button, ...]:
    """Build the buttons of the status card: read the rest of the log, look again, watch, open it in the portal."""
    args: dict[str, Any] = {**status.template_id.to_args()}
    buttons: list[Button] = []
    is_log_partial = log_tail is not None and not log_tail.is_whole
    if is_log_partial or (log_refusal is not None and log_refusal.reason == "too-slow"):
        size = min(log_tail.size if log_tail else 0, MAX_BUTTON_INT)
        buttons.append(context.build_button("whole-log", "whole-log", True, **args, size=size))
    look_again = context.build_button("look-again", "look", **args)
    if status.run.is_running:
        buttons += (context.build_button("watch-run", "watch", primary=True, **args), look_again)
    else:
        buttons += (look_again, context.build_button("watch", "watch", **args))
    buttons.append(Button(context.format_text("button.preflight"), "preflight", args))
    if context.access_mode == "sandbox":  # whose templates aren't in the portal
        buttons.append(context.build_button("look-other", "look-other"))
    else:
        url = status.template_id.build_portal_url(status.template.location)
        buttons.append(context.build_link_button("open-portal", url))
    return tuple(buttons)


def _is_prominent_row(template: ImageTemplate, key: str, highlighted_rows: frozenset[str]) -> bool:
    if key == "provisioning" and template.provisioning.state.casefold() != "succeeded":
        return True
    return key in _PROMINENT_ROWS or key in highlighted_rows


def _render_location(status: TemplateStatus) -> Paragraph:
    """Render where the template is, on one line: two groups may have templates of the same name."""
    parts = (status.template_id.resource_group, status.template.location)
    return Paragraph(build_literal(" · ".join(shorten_value(part) for part in parts if part)), "subtle")


def _build_message_blocks(context: DialogContext, part: str, message: str, is_folded: bool) -> list[Block]:
    text = CopyableText(shorten_message(message))
    if is_folded:
        return [FoldedSection(context.format_text(f"look.{part}-message"), (text,))]
    return [context.build_paragraph(f"look.{part}-says"), text]


def render_run_line(context: DialogContext, template: ImageTemplate) -> Paragraph:
    """Render the state of a template's last run on one line."""
    if not template.run.state and template.provisioning.state.casefold() == "failed":
        # Image Builder rejected the template at submission, so there's nothing to run
        return context.build_paragraph("look.never-made")._replace(mark="✖")
    if not template.run.state:
        return context.build_paragraph("look.never-ran")
    if template.run.is_running:
        key = "look.running-in" if template.run.sub_state else "look.running"
    else:
        key = "look.ran-in" if template.run.sub_state else "look.ran"
    mark = _MARK_BY_RUN_STATE.get(template.run.state.casefold())
    state, sub_state = (name_state(context, name) for name in (template.run.state, template.run.sub_state))
    return Paragraph(context.format_runs(key, state=state, sub=sub_state), mark=mark)


def _build_fact_rows(context: DialogContext, status: TemplateStatus) -> list[tuple[str, str, RichText]]:
    """Build the rows (key, label, value) of the facts; a fact that Azure does not report has no row."""
    values = {**_render_run_facts(context, status.template), **_render_template_facts(context, status.template)}
    rows = [(key, context.format_text(f"look.fact.{key}"), value) for key, value in values.items() if value]
    for output in status.outputs[:MAX_OUTPUTS]:
        artifact = (TextRun(" · "), *build_literal(output.artifact)) if output.artifact else ()
        value = (*build_literal(output.name), TextRun(" · "), *_render_output_state(context, output.state), *artifact)
        rows.append(("output", context.format_text("look.fact.output"), value))
    return rows


def _render_run_facts(context: DialogContext, template: ImageTemplate) -> dict[str, RichText]:
    """Render the facts about provisioning and the last run; an unknown one is empty."""
    facts: dict[str, RichText] = {"provisioning": render_state(context, template.provisioning.state, "template-state")}
    if template.provisioning.state and template.provisioning.code:
        facts["provisioning"] += (TextRun(", "), *build_literal(template.provisioning.code))
    seconds = template.run.compute_seconds(context.now)
    if seconds is not None:
        duration = TrustedText(format_duration(seconds))
        limit = TrustedText(format_duration(template.timeout_minutes * 60))
        facts["took"] = context.format_runs("look.of-limit", took=duration, limit=limit)
    if template.run.started:
        facts["started"] = (TextRun(format_time_span(template.run.started, template.run.ended)),)
    return facts


def _render_template_facts(context: DialogContext, template: ImageTemplate) -> dict[str, RichText]:
    """Render the facts about the template itself; an unknown one is empty."""
    source = _render_literal(template.source.describe())
    if source and template.os:
        source += (TextRun(" · "), *context.format_runs(f"look.os.{template.os}"))
    identity_count = (TextRun(str(len(template.identities))),) if template.identities else ()
    return {
        "vm_size": _render_literal(template.vm.size) or context.format_runs("look.default-size"),
        "os_disk": (TextRun(f"{template.vm.os_disk_gb} GB"),) if template.vm.os_disk_gb else (),
        "identities": identity_count or context.format_runs("look.no-identity"),
        "source": source,
        "network": context.format_runs("look.own-network") if template.vm.network else (),
        "staging": _render_literal(get_last_segment(template.staging_group)),
        "on_error": _render_literal(template.error_handling.on_customizer_error),
    }


def _render_customizer_list(context: DialogContext, template: ImageTemplate) -> Paragraph:
    """Render the template's customizers on one line, for when no log shows how they went."""
    names = ", ".join(f"{customizer.type} {customizer.name}".strip() for customizer in template.customizers)
    if len(names) > MAX_CUSTOMIZERS_CHARS:
        names = f"{names[:MAX_CUSTOMIZERS_CHARS]}…"
    return context.build_paragraph(
        "look.customizers-listed", count=len(template.customizers), names=build_literal(names)
    )


def _build_timeline_blocks(context: DialogContext, timeline: RunTimeline) -> list[Block]:
    blocks: list[Block] = []
    count, position = timeline.step_count, timeline.reached_position
    if not timeline.has_log:
        return [timeline.bars]
    if not count:
        blocks.append(context.build_paragraph("look.rows"))
    elif position is None:
        key = "look.validators" if timeline.is_validation else "look.customizers"
        blocks.append(context.build_paragraph(key, count=count))
    elif position > count:
        key = "look.after-validators" if timeline.is_validation else "look.after-customizers"
        blocks.append(context.build_paragraph(key, count=count))
    else:
        key = "look.validator-position" if timeline.is_validation else "look.position"
        blocks.append(context.build_paragraph(key, number=position, count=count))
    if timeline.hidden_before:
        blocks.append(context.build_paragraph("look.rows-before", "subtle", count=timeline.hidden_before))
    blocks.append(timeline.bars)
    if timeline.hidden_after:
        blocks.append(context.build_paragraph("look.rows-after", "subtle", count=timeline.hidden_after))
    return blocks


def _render_output_state(context: DialogContext, state: str) -> RichText:
    return render_state(context, state) or build_literal("?")


def _render_literal(text: str) -> RichText:
    """Return untrusted text as a literal run, or nothing if it's empty."""
    return build_literal(text) if text else ()
