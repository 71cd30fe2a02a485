"""Files attached to a message: read by a job after the reply, and reported in a later turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dialogs.context import DialogContext, DialogResult
from dialogs.model.effects import StartJob
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachedLog, AttachmentContents, FileRefusal
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import CheckTemplate
from dialogs.preflight.keeping import answer_with_check, lead_to_check
from dialogs.replies.general_replies import show_problem
from dialogs.resources import DialogResources
from dialogs.solution.attached_logs_view import (
    ask_which_log,
    build_log_heading,
    get_display_name,
    show_file_refusal,
    show_nothing_found,
    show_reading,
)
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.state.codec import build_codec
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import DIAGNOSIS_LAYOUTS, find_top_match, has_findings, truncate_diagnosis
from dialogs.state.json_fields import DecodeError, parse_mapping
from dialogs.state.logs import MAX_LOGS, add_logs, build_display_name
from dialogs.state.template_check import PACKED_LAYOUTS
from knowledge.input.pasted_template import find_pasted_template
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.redaction.redact import redact

READ_FILE_JOB = "read-file"
"""The name of the job that reads an attached file."""

_REFUSAL_CODEC = build_codec(FileRefusal)
_CONTENTS_CODEC = build_codec(AttachmentContents, {**DIAGNOSIS_LAYOUTS, **PACKED_LAYOUTS})


def is_only_introduction(diagnosis: Diagnosis) -> bool:
    """Return whether the text sent with a file says nothing that the file doesn't say better."""
    is_prose = diagnosis.kind in ("question", "unknown") and diagnosis.outcome == "unknown"
    # a single match is specific; several possible ones come from words that fit many errors
    return is_prose and len(diagnosis.matches) != 1 and all(m.confidence == "possible" for m in diagnosis.matches)


def start_reading(
    context: DialogContext, state: ConversationState, files: tuple[AttachedFile, ...], can_read: bool
) -> DialogResult:
    """Say right away that the files are being read, and enqueue a job for each."""
    if not can_read:
        return DialogResult(state, (show_file_refusal(context, FileRefusal("off"), files[0].name),))
    # one job per file: each is reported, or fails, independently
    jobs = (
        Job(READ_FILE_JOB, {"name": redact(file.name), "reference": file.reference, "paste": state.diagnosis_number})
        for file in files
    )
    return DialogResult(
        state, (show_reading(context, [file.name for file in files]),), tuple(StartJob(job) for job in jobs)
    )


async def read_file(
    resources: DialogResources, job: Job, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """Read the file of a job and return its logs, what's wrong with its template, or why it wasn't read, as JSON."""
    attachment_reader = resources.attachment_reader
    name, reference = job.args.get("name"), job.args.get("reference")
    try:
        if attachment_reader is None:
            raise FileRefusedError(FileRefusal("off"))
        if not isinstance(name, str) or not isinstance(reference, str):
            raise FileRefusedError(FileRefusal("unexpected"))
        contents = await attachment_reader.read(AttachedFile(name, reference), language, progress)
    except FileRefusedError as refused:
        return {"refused": _REFUSAL_CODEC.encode(refused.refusal)}
    contents = await _check_template(contents, resources.check_template, language, name)
    result: Mapping[str, Any] = _CONTENTS_CODEC.encode(_truncate_contents(contents))
    return result


async def _check_template(
    contents: AttachmentContents, check_template: CheckTemplate | None, language: Language, name: str
) -> AttachmentContents:
    """Return the contents with what's wrong with the template in them, in place of its text."""
    text = contents.template_text
    found = find_pasted_template(text) if check_template and text else None
    if check_template is None or found is None:
        return replace(contents, template_text="")
    check = await check_template(found.text, language, name)
    return replace(contents, template_text="", check=check, has_open_run=found.has_open_run)


def report_file(context: DialogContext, state: ConversationState, job_done: JobDone) -> DialogResult:
    """Report what a file contains: follow its leading log, or offer its logs if that's unclear.

    If the conversation has moved on to another diagnosis, the logs are only offered.
    """
    name = job_done.job.args.get("name")
    file_name = name if isinstance(name, str) else ""
    try:
        contents = _contents_from_json(job_done.result)
    except FileRefusedError as refused:
        return DialogResult(state, (show_file_refusal(context, refused.refusal, file_name),))
    except DecodeError:
        return DialogResult(state, (show_file_refusal(context, FileRefusal("unexpected"), file_name),))
    if contents.check is not None and not contents.has_open_run:
        return answer_with_check(context, state, contents.check)
    result = _report_logs(context, state, job_done, file_name, contents)
    return result if contents.check is None else lead_to_check(context, result, contents.check)


def _report_logs(
    context: DialogContext,
    state: ConversationState,
    job_done: JobDone,
    file_name: str,
    contents: AttachmentContents,
) -> DialogResult:
    logs = [log for log in contents.logs if has_findings(log.diagnosis)]
    if not logs:
        return show_nothing_found(context, state, file_name, contents)
    # the user may have pasted another text while the file was being read
    is_current = job_done.job.args.get("paste") == state.diagnosis_number
    leading_log = _find_leading_log(logs)
    if is_current and leading_log:
        other_logs = [log for log in logs if log is not leading_log]
        return _show_leading_log(context, state, file_name, leading_log, other_logs, contents.unread_count)
    stored_logs, new_logs = add_logs(state.logs, file_name, logs, state.compute_next_diagnosis_number(context.now))
    heading = context.build_heading(
        "file.several" if is_current else "file.meanwhile", name=get_display_name(context, file_name)
    )
    return DialogResult(
        replace(state, logs=stored_logs), (ask_which_log(context, heading, new_logs, contents.unread_count),)
    )


def show_chosen_log(context: DialogContext, state: ConversationState, log_number: int) -> DialogResult:
    """Follow one of the logs that were read earlier."""
    log = next((log for log in state.logs if log.number == log_number), None)
    if log is None:
        return DialogResult(state, (show_problem(context, "file.gone"),))
    return _show_log(context, state, log.name, log.size, log.diagnosis)


def _find_leading_log(logs: Sequence[AttachedLog]) -> AttachedLog | None:
    """Return the only log that shows a likely cause, or else the only log there is; None if it's unclear."""
    logs_with_cause = [log for log in logs if _has_likely_cause(log.diagnosis)]
    candidates = logs_with_cause if len(logs_with_cause) == 1 else logs
    return candidates[0] if len(candidates) == 1 else None


def _has_likely_cause(diagnosis: Diagnosis) -> bool:
    top = find_top_match(diagnosis)
    return top is not None and top.confidence != "possible"


def _show_leading_log(
    context: DialogContext,
    state: ConversationState,
    file_name: str,
    log: AttachedLog,
    other_logs: list[AttachedLog],
    unread_count: int,
) -> DialogResult:
    """Follow the leading log, after a message that offers the other logs of the file."""
    log_name = build_display_name(file_name, log.name)
    if not other_logs:
        return _show_log(context, state, log_name, log.size, log.diagnosis)
    first_number = state.compute_next_diagnosis_number(context.now)
    stored_logs, new_logs = add_logs(state.logs, file_name, other_logs, first_number)
    state = replace(state, logs=stored_logs)
    heading = context.build_heading("file.one-tells", name=log_name, archive=get_display_name(context, file_name))
    offer = DialogResult(state, (ask_which_log(context, heading, new_logs, unread_count),))
    return offer.followed_by(_show_log(context, state, log_name, log.size, log.diagnosis))


def _show_log(
    context: DialogContext, state: ConversationState, name: str, size: int, diagnosis: Diagnosis
) -> DialogResult:
    heading = build_log_heading(context, name, size, diagnosis.line_count)
    return show_diagnosis(context, state, diagnosis).with_leading_blocks(heading)


def _truncate_contents(contents: AttachmentContents) -> AttachmentContents:
    """Return `contents` as a result can hold them: redacted and of bounded size."""
    logs = tuple(
        replace(log, name=redact(log.name), diagnosis=truncate_diagnosis(log.diagnosis))
        for log in contents.logs[:MAX_LOGS]
    )
    text_count = max(contents.text_count, len(contents.logs))
    return replace(contents, logs=logs, text_count=text_count, template_text="")


def _contents_from_json(value: object) -> AttachmentContents:
    """Read a job's result. Raise `FileRefusedError` for a refusal, and `DecodeError` for any other shape."""
    result = parse_mapping(value)
    if "refused" in result:
        raise FileRefusedError(_REFUSAL_CODEC.decode(result["refused"]))
    contents = _CONTENTS_CODEC.decode(result)
    if not contents.logs:
        raise DecodeError("a file without a log")
    return contents
