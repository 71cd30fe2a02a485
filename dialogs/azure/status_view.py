"""How the status of a template looks: its last run, what it is made of, where its customizers got to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.azure.customizer_timeline import CustomizerTimeline
from dialogs.azure.refusals import shorten_value
from dialogs.context import DialogContext
from dialogs.model.azure import AzureRefusal, LogTail, TemplateStatus
from dialogs.model.azure_times import compute_run_seconds, format_time_span, get_timeout_minutes, is_running
from dialogs.model.reply import (
    Block,
    Button,
    CopyableText,
    FactTable,
    Paragraph,
    RichText,
    TextRun,
    Tone,
    build_literal,
)
from dialogs.replies.durations import format_duration
from dialogs.state.azure_state import template_id_to_args
from dialogs.texts import TrustedText
from knowledge.redaction.redact import redact

MAX_MESSAGE_CHARS = 900
"""Characters of the last run's message: its beginning names the failure, its end the log."""
MAX_OUTPUTS = 4
MAX_CUSTOMIZERS_CHARS = 300

_TONE_BY_RUN_STATE: Mapping[str, Tone] = {"failed": "attention", "succeeded": "good"}

_PROMINENT_ROWS = frozenset({"took", "started", "vm_size", "region", "output"})
"""What everybody wants to know of a run; the other facts stand below, folded, unless one of them speaks."""


def build_status_blocks(
    context: DialogContext,
    status: TemplateStatus,
    timeline: CustomizerTimeline | None,
    highlighted_rows: frozenset[str],
    should_show_message: bool,
    is_repeat: bool,
) -> tuple[Block, ...]:
    """The status in short, and where it is shown `again` without its facts.

    `course` is what the log says about the customizers, `spoken` the rows whose facts speak. Without `message` that of
    the run is left to `more_blocks`: it mostly only points to a log that was looked at.
    """
    blocks: list[Block] = [
        context.build_heading("look.title", name=shorten_value(status.template_id.name)),
        _render_run_line(context, status),
    ]
    if not is_repeat and (
        rows := [
            (label, value)
            for key, label, value in _build_fact_rows(context, status)
            if _is_prominent_row(status, key, highlighted_rows)
        ]
    ):
        blocks.append(FactTable(tuple(rows)))
    if status.provisioning_message.strip() and not is_repeat:
        blocks += [
            context.build_paragraph("look.provisioning-says"),
            CopyableText(shorten_message(status.provisioning_message)),
        ]
    if should_show_message and status.message.strip():
        blocks += [context.build_paragraph("look.run-says"), CopyableText(shorten_message(status.message))]
    if timeline is not None and timeline.bars.rows:
        blocks += _build_timeline_blocks(context, timeline)
    elif status.customizers:
        kinds = ", ".join(f"{customizer.type} {customizer.name}".strip() for customizer in status.customizers)
        names = build_literal(kinds if len(kinds) <= MAX_CUSTOMIZERS_CHARS else f"{kinds[:MAX_CUSTOMIZERS_CHARS]}…")
        blocks.append(context.build_paragraph("look.customizers-listed", count=len(status.customizers), names=names))
    return tuple(blocks)


def build_detail_blocks(
    context: DialogContext, status: TemplateStatus, highlighted_rows: frozenset[str], is_message_shown: bool
) -> tuple[Block, ...]:
    """The rest of what Azure says, folded away."""
    rows = [
        (label, value)
        for key, label, value in _build_fact_rows(context, status)
        if not _is_prominent_row(status, key, highlighted_rows)
    ]
    if not is_message_shown and status.message.strip():
        rows.append((context.format_text("look.fact.message"), build_literal(shorten_message(status.message))))
    return (FactTable(tuple(rows), context.format_text("look.more")),) if rows else ()


def _is_prominent_row(status: TemplateStatus, key: str, highlighted_rows: frozenset[str]) -> bool:
    if key == "provisioning" and status.provisioning_state.casefold() != "succeeded":
        return True
    return key in _PROMINENT_ROWS or key in highlighted_rows


def shorten_message(message: str, max_chars: int = MAX_MESSAGE_CHARS) -> str:
    """A message of Azure's without secrets, cut in its middle when it is long; between words, for an id is whole."""
    said = redact(message).strip()
    if len(said) <= max_chars:
        return said
    start, end = said[: max_chars * 2 // 3].rpartition(" "), said[-max_chars // 3 :].partition(" ")
    return f"{start[0] or start[2]} … {end[2]}"


def build_status_buttons(
    context: DialogContext, status: TemplateStatus, log_tail: LogTail | None, log_refusal: AzureRefusal | None
) -> tuple[Button, ...]:
    """What can be done from the status of a template; `tail` is what was read of its log, `refusal` why nothing was."""
    ref: dict[str, Any] = {**template_id_to_args(status.template_id)}
    buttons: list[Button] = []
    if (log_tail is not None and not log_tail.is_whole) or (
        log_refusal is not None and log_refusal.reason == "too-slow"
    ):
        buttons.append(
            context.build_button(
                "whole-log", "whole-log", True, **ref, size=min(log_tail.size if log_tail else 0, 10**9)
            )
        )
    buttons.append(context.build_button("look-again", "look", primary=is_running(status), **ref))
    buttons.append(context.build_button("watch-run" if is_running(status) else "watch", "watch", **ref))
    buttons.append(context.build_button("look-other", "look-other"))
    return tuple(buttons)


def _render_run_line(context: DialogContext, status: TemplateStatus) -> Block:
    if not status.run_state and status.provisioning_state.casefold() == "failed":
        return context.build_paragraph("look.never-made", "attention")
    if not status.run_state:
        return context.build_paragraph("look.never-ran")
    if is_running(status):
        key = "look.running-in" if status.run_sub_state else "look.running"
    else:
        key = "look.ran-in" if status.run_sub_state else "look.ran"
    tone: Tone = _TONE_BY_RUN_STATE.get(status.run_state.casefold(), "default")
    said = context.format_runs(key, state=status.run_state, sub=status.run_sub_state)
    return Paragraph(said, tone)


def _build_fact_rows(context: DialogContext, status: TemplateStatus) -> list[tuple[str, str, RichText]]:
    """The facts by name, with their labels and values; a fact that Azure does not give has no row."""
    rows: list[tuple[str, str, RichText]] = []

    def add_row(key: str, value: RichText) -> None:
        rows.append((key, context.format_text(f"look.fact.{key}"), value))

    if status.provisioning_state:
        code = (*_render_plain(", "), *build_literal(status.provisioning_code)) if status.provisioning_code else ()
        add_row("provisioning", (*build_literal(status.provisioning_state), *code))
    seconds = compute_run_seconds(status, context.now)
    if seconds is not None:
        limit = get_timeout_minutes(status)
        add_row("took", context.format_runs("look.of-limit", took=TrustedText(format_duration(seconds)), limit=limit))
    if status.started:
        add_row("started", _render_plain(format_time_span(status.started, status.ended)))
    add_row("vm_size", build_literal(status.vm_size) if status.vm_size else context.format_runs("look.default-size"))
    if status.os_disk_gb:
        add_row("os_disk", _render_plain(f"{status.os_disk_gb} GB"))
    add_row(
        "identities",
        _render_plain(str(status.identity_count)) if status.identity_count else context.format_runs("look.no-identity"),
    )
    if status.source:
        system = (*_render_plain(" · "), *context.format_runs(f"look.os.{status.os}")) if status.os else ()
        add_row("source", (*build_literal(status.source), *system))
    if status.region:
        add_row("region", build_literal(status.region))
    if status.has_own_network:
        add_row("network", context.format_runs("look.own-network"))
    if status.staging_group:
        add_row("staging", build_literal(status.staging_group.rstrip("/").rpartition("/")[2]))
    if status.on_error:
        add_row("on_error", build_literal(status.on_error))
    for output in status.outputs[:MAX_OUTPUTS]:
        artifact = (*_render_plain(" · "), *build_literal(output.artifact)) if output.artifact else ()
        add_row(
            "output",
            (*build_literal(output.name), *_render_plain(" · "), *build_literal(output.state or "?"), *artifact),
        )
    return rows


def _build_timeline_blocks(context: DialogContext, timeline: CustomizerTimeline) -> list[Block]:
    blocks: list[Block] = []
    if not timeline.customizer_count:
        blocks.append(context.build_paragraph("look.rows"))
    elif timeline.reached_position is None:
        blocks.append(context.build_paragraph("look.customizers", count=timeline.customizer_count))
    elif timeline.reached_position > timeline.customizer_count:
        blocks.append(context.build_paragraph("look.after-customizers", count=timeline.customizer_count))
    else:
        blocks.append(
            context.build_paragraph("look.position", number=timeline.reached_position, count=timeline.customizer_count)
        )
    if timeline.hidden_before:
        blocks.append(context.build_paragraph("look.rows-before", "subtle", count=timeline.hidden_before))
    blocks.append(timeline.bars)
    if timeline.hidden_after:
        blocks.append(context.build_paragraph("look.rows-after", "subtle", count=timeline.hidden_after))
    return blocks


def _render_plain(text: str) -> RichText:
    return (TextRun(text),)
