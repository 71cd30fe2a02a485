"""Files that came with a message: read after the answer, and reported in a turn of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from dialogs.context import MAX_LABEL_CHARS, DialogContext, DialogResult
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachedLog, FileRefusal, FileRefusalReason
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import AttachmentReader
from dialogs.model.reply import Block, Button, LogExcerpt, Paragraph, Reply, TextRun
from dialogs.replies.durations import format_size
from dialogs.replies.general_replies import build_default_buttons, show_problem
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.solution.walkthrough import render_current_step
from dialogs.state import diagnosis as held
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import has_findings
from dialogs.state.json_fields import DecodeError, parse_choice, parse_int, parse_list, parse_mapping, parse_text
from dialogs.state.logs import MAX_LOGS, StoredLog, add_logs, build_display_name
from dialogs.texts import TrustedText
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Language
from knowledge.redaction.redact import redact

READ_FILE_JOB = "read-file"
"""What the work is called."""
_RETRYABLE_REASONS: frozenset[FileRefusalReason] = frozenset(
    {"expired", "no-network", "too-slow", "damaged", "unexpected"}
)
_log = logging.getLogger(__name__)


def is_only_introduction(diagnosis: Diagnosis) -> bool:
    """Whether a text beside a file says nothing that the file would not say better: words that fit many an error."""
    words = diagnosis.kind in ("question", "unknown") and diagnosis.outcome == "unknown"
    return words and len(diagnosis.matches) != 1 and all(m.confidence == "possible" for m in diagnosis.matches)


def start_reading(
    context: DialogContext, state: ConversationState, files: tuple[AttachedFile, ...], can_read: bool
) -> DialogResult:
    """A word at once that the files are being read, and the works that read them."""
    if not can_read:
        return state, (_show_refusal(context, FileRefusal("off"), files[0].name),)
    works = tuple(
        Job(READ_FILE_JOB, {"name": redact(file.name), "reference": file.reference, "paste": state.diagnosis_number})
        for file in files
    )
    names: list[TextRun] = []
    for file in files:
        names += [*([TextRun(", ")] if names else []), TextRun(_get_display_name(context, file.name), "code")]
    said = context.build_reply(context.build_paragraph("file.reading", names=tuple(names)), beside=True)
    return state, (replace(said, jobs=works),)


async def read_file(
    attachment_reader: AttachmentReader | None, job: Job, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """Reads the file and gives what came of it as plain JSON. Never raises."""
    name, reference = job.args.get("name"), job.args.get("reference")
    try:
        if attachment_reader is None:
            raise FileRefusedError(FileRefusal("off"))
        if not isinstance(name, str) or not isinstance(reference, str):
            raise FileRefusedError(FileRefusal("unexpected"))
        read = await attachment_reader.read(AttachedFile(name, reference), language, progress)
        logs = [
            {
                "name": redact(log.name),
                "size": log.size,
                "diagnosis": held.diagnosis_to_json(held.truncate_diagnosis(log.diagnosis)),
            }
            for log in read.logs[:MAX_LOGS]
        ]
        return {
            "size": read.size,
            "logs": logs,
            "texts": max(read.text_count, len(read.logs)),
            "left": read.unread_count,
        }
    except FileRefusedError as refused:
        return {"refused": {"reason": refused.refusal.reason, "most": refused.refusal.max_bytes}}
    except Exception as error:  # noqa: BLE001 - the last resort: the person is told, and nothing of the file is logged
        _log.error("reading a file failed: %s", type(error).__name__)
        return {"refused": {"reason": "unexpected", "most": 0}}


def report_file(context: DialogContext, state: ConversationState, job_done: JobDone) -> DialogResult:
    """The turn that tells what a file says; beside the conversation where that has gone on."""
    name = job_done.job.args.get("name")
    name = name if isinstance(name, str) else ""
    try:
        result = parse_mapping(job_done.result)
        if "refused" in result:
            refused = parse_mapping(result["refused"])
            why = FileRefusal(
                parse_choice(refused.get("reason"), get_args(FileRefusalReason)), parse_int(refused.get("most"))
            )
            return state, (_show_refusal(context, why, name),)
        logs = [_parse_log(parse_mapping(item)) for item in parse_list(result.get("logs"), MAX_LOGS)]
        size, texts, left = (
            parse_int(result.get("size"), max_value=10**13),
            parse_int(result.get("texts")),
            parse_int(result.get("left")),
        )
        if not logs:
            raise DecodeError("a file without a log")
    except DecodeError:
        return state, (_show_refusal(context, FileRefusal("unexpected"), name),)
    here = job_done.job.args.get("paste") == state.diagnosis_number
    telling = [log for log in logs if _has_likely_cause(log.diagnosis)]
    speaking = [log for log in logs if has_findings(log.diagnosis)]
    if not speaking:
        return _show_nothing_found(context, state, name, size, texts, left)
    one = telling if len(telling) == 1 else speaking
    if here and len(one) == 1:
        others = [log for log in speaking if log is not one[0]]
        return _show_leading_log(context, state, name, one[0], others, left)
    logs_then, new = add_logs(state.logs, name, speaking, state.compute_next_diagnosis_number(context.now))
    heading = "file.several" if here else "file.meanwhile"
    state = replace(state, logs=logs_then)
    return state, (
        _ask_which_log(context, context.build_heading(heading, name=_get_display_name(context, name)), new, left),
    )


def show_chosen_log(context: DialogContext, state: ConversationState, log_number: int) -> DialogResult:
    """One of the logs that were read before is followed now."""
    log = next((log for log in state.logs if log.number == log_number), None)
    if log is None:
        return state, (show_problem(context, "file.gone"),)
    return _show_log(context, state, log.name, log.size, log.diagnosis)


def _show_leading_log(
    context: DialogContext,
    state: ConversationState,
    file_name: str,
    log: AttachedLog,
    other_logs: list[AttachedLog],
    unread_count: int,
) -> DialogResult:
    """The one log that says what went wrong; what else was found is offered before it."""
    before: tuple[Reply, ...] = ()
    if other_logs:
        logs, new = add_logs(state.logs, file_name, other_logs, state.compute_next_diagnosis_number(context.now))
        state = replace(state, logs=logs)
        own = context.build_heading(
            "file.one-tells",
            name=build_display_name(file_name, log.name),
            archive=_get_display_name(context, file_name),
        )
        before = (_ask_which_log(context, own, new, unread_count),)
    state, replies = _show_log(context, state, build_display_name(file_name, log.name), log.size, log.diagnosis)
    return state, (*before, *replies)


def _show_log(
    context: DialogContext, state: ConversationState, name: str, size: int, diagnosis: Diagnosis
) -> DialogResult:
    said = context.build_paragraph(
        "file.read",
        "subtle",
        name=name,
        size=TrustedText(format_size(size)),
        lines=_format_count(diagnosis.line_count, context.language),
    )
    state, (first, *rest) = show_diagnosis(context, state, diagnosis)
    return state, (replace(first, blocks=(said, *first.blocks)), *rest)


def _show_nothing_found(
    context: DialogContext, state: ConversationState, name: str, size: int, text_count: int, unread_count: int
) -> DialogResult:
    key = "file.nothing" if text_count == 1 else "file.nothing-in-any"
    said = [
        context.build_paragraph(
            key, name=_get_display_name(context, name), size=TrustedText(format_size(size)), count=text_count
        ),
        *_build_unread_notice(context, unread_count),
    ]
    under_way = render_current_step(context, state, (*said, context.build_paragraph("talk.still-here")))
    return state, (under_way or context.build_reply(*said, buttons=build_default_buttons(context), beside=True),)


def _build_unread_notice(context: DialogContext, unread_count: int) -> tuple[Paragraph, ...]:
    return (context.build_paragraph("file.left", count=unread_count),) if unread_count else ()


def _ask_which_log(context: DialogContext, heading: Block, logs: tuple[StoredLog, ...], unread_count: int) -> Reply:
    blocks: list[Block] = [heading]
    buttons: list[Button] = []
    for log in logs:
        name, top = log.name, _find_top_match(log.diagnosis)
        blocks.append(context.build_paragraph("file.log", name=name, size=TrustedText(format_size(log.size))))
        if top:
            confidence = TrustedText(context.format_text(f"confidence.{top.confidence}"))
            blocks.append(
                context.build_paragraph(
                    "candidate.line", title=context.get_entry_title(top.entry), confidence=confidence
                )
            )
            if top.evidence:
                blocks.append(LogExcerpt(tuple((line.line, line.text) for line in top.evidence[:1])))
        else:
            blocks.append(context.build_paragraph(f"file.without.{log.diagnosis.outcome}"))
        buttons.append(Button(_build_label(context, name), "file-log", {"log": log.number}))
    return context.build_reply(
        *blocks,
        *_build_unread_notice(context, unread_count),
        context.build_paragraph("file.choose"),
        buttons=tuple(buttons),
        beside=True,
    )


def _build_label(context: DialogContext, name: str) -> str:
    """A button's label with as much of the name as a phone shows; its end, where it has to be cut."""
    room = MAX_LABEL_CHARS - len(context.format_text("button.file-log", name=""))
    return context.format_text("button.file-log", name=name if len(name) <= room else f"…{name[1 - room :]}")


def _show_refusal(context: DialogContext, refusal: FileRefusal, name: str) -> Reply:
    reason = refusal.reason
    said = context.build_paragraph(
        f"file.refused.{reason}",
        "warning",
        name=_get_display_name(context, name),
        most=TrustedText(format_size(refusal.max_bytes)),
    )
    again = (context.build_paragraph("file.again"),) if reason in _RETRYABLE_REASONS else ()
    return context.build_reply(
        said, *again, context.build_paragraph("file.by-hand"), buttons=build_default_buttons(context), beside=True
    )


def _parse_log(item: dict[str, Any]) -> AttachedLog:
    return AttachedLog(
        parse_text(item.get("name"), 400),
        parse_int(item.get("size"), max_value=10**13),
        held.diagnosis_from_json(item.get("diagnosis")),
    )


def _find_top_match(diagnosis: Diagnosis) -> Match | None:
    return next((match for match in diagnosis.matches if match.severity != "info"), None)


def _has_likely_cause(diagnosis: Diagnosis) -> bool:
    top = _find_top_match(diagnosis)
    return top is not None and top.confidence != "possible"


def _get_display_name(context: DialogContext, name: str) -> str:
    return build_display_name(name) or context.format_text("file.nameless")


def _format_count(count: int, language: Language) -> TrustedText:
    """A number with its thousands apart, as the language writes it."""
    return TrustedText(f"{count:,}" if language == "en" else f"{count:,}".replace(",", "."))
