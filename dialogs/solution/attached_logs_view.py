"""How attached files are shown in the conversation: being read, their logs to choose from, nothing found, refused."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.context import MAX_LABEL_CHARS, DialogContext, DialogResult
from dialogs.model.files import AttachmentContents, FileRefusal, FileRefusalReason
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun
from dialogs.replies.durations import format_size
from dialogs.replies.general_replies import build_default_buttons
from dialogs.solution.candidate_view import build_evidence, render_candidate_line
from dialogs.solution.finding_view import build_deciding_line
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import find_top_match
from dialogs.state.logs import StoredLogs, build_display_name
from dialogs.texts.catalog import TrustedText

_RETRYABLE_REASONS: frozenset[FileRefusalReason] = frozenset(
    {"expired", "no-network", "too-slow", "damaged", "unexpected"}
)


def show_reading(context: DialogContext, file_names: Sequence[str]) -> Reply:
    """Say that the files are being read."""
    names: list[TextRun] = []
    for file_name in file_names:
        names += [*([TextRun(", ")] if names else []), TextRun(get_display_name(context, file_name), "code")]
    return context.build_reply(context.build_paragraph("file.reading", names=tuple(names)), placement="stays")


def build_log_heading(context: DialogContext, name: str, size: int, line_count: int) -> Paragraph:
    """Build the line above a log's diagnosis: which log was read, its size, and its number of lines."""
    return context.build_paragraph(
        "file.read",
        "subtle",
        name=name,
        size=TrustedText(format_size(size)),
        lines=TrustedText(context.language_header.format_count(line_count)),
    )


def ask_which_log(context: DialogContext, heading: Block, logs: StoredLogs, unread_count: int) -> Reply:
    """Ask which of several logs to follow; each is shown with its best match or its outcome."""
    blocks: list[Block] = [heading]
    buttons: list[Button] = []
    for log in logs:
        blocks.append(context.build_paragraph("file.log", name=log.name, size=TrustedText(format_size(log.size))))
        top = find_top_match(log.diagnosis)
        if top is None:
            blocks.append(context.build_paragraph(f"file.without.{log.diagnosis.outcome}"))
        else:
            blocks.append(render_candidate_line(context, log.diagnosis, top))
            blocks += build_deciding_line(log.diagnosis) or build_evidence(top.evidence[:1])
        buttons.append(Button(_build_label(context, log.name), "file-log", {"log": log.number}))
    return context.build_reply(
        *blocks,
        *_build_unread_notice(context, unread_count),
        context.build_paragraph("file.choose"),
        buttons=tuple(buttons),
        placement="stays",
    )


def show_nothing_found(
    context: DialogContext, state: ConversationState, file_name: str, contents: AttachmentContents
) -> DialogResult:
    """Say that no log in the file is about a build; a walkthrough in progress continues below."""
    blocks = [
        context.build_paragraph(
            "file.nothing" if contents.text_count == 1 else "file.nothing-in-any",
            name=get_display_name(context, file_name),
            size=TrustedText(format_size(contents.size)),
            count=contents.text_count,
        ),
        *_build_unread_notice(context, contents.unread_count),
    ]
    current_step = render_current_step(context, state, (*blocks, context.build_paragraph("talk.still-here")))
    return DialogResult(
        state,
        (current_step or context.build_reply(*blocks, buttons=build_default_buttons(context), placement="stays"),),
    )


def show_file_refusal(context: DialogContext, refusal: FileRefusal, file_name: str) -> Reply:
    """Say why a file wasn't read, whether sending it again can help, and that the text can be pasted instead."""
    explanation = context.build_paragraph(
        f"file.refused.{refusal.reason}",
        "warning",
        name=get_display_name(context, file_name),
        most=TrustedText(format_size(refusal.max_bytes)),
    )
    can_retry = refusal.reason in _RETRYABLE_REASONS
    return context.build_reply(
        explanation,
        *([context.build_paragraph("file.again")] if can_retry else []),
        context.build_paragraph("file.by-hand"),
        buttons=build_default_buttons(context),
        placement="stays",
    )


def get_display_name(context: DialogContext, file_name: str) -> str:
    """Return the name to show for a file, or our own word if it has none."""
    return build_display_name(file_name) or context.format_text("file.nameless")


def _build_unread_notice(context: DialogContext, unread_count: int) -> tuple[Paragraph, ...]:
    return (context.build_paragraph("file.left", count=unread_count),) if unread_count else ()


def _build_label(context: DialogContext, name: str) -> str:
    """Build a button's label with as much of the name as a phone shows; a long name keeps its end."""
    room = MAX_LABEL_CHARS - len(context.format_text("button.file-log", name=""))
    return context.format_text("button.file-log", name=name if len(name) <= room else f"…{name[1 - room :]}")
