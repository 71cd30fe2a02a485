"""Read a whole build log: announced right away, read by a job, and reported in a later turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dialogs.azure.combined_diagnosis import CombinedDiagnosis, TemplateSources, can_be_of_template, combine_diagnoses
from dialogs.azure.refusals import build_refusal_blocks, build_refusal_buttons
from dialogs.azure.source_diagnosis import DiagnosedLog, diagnose_status
from dialogs.azure.status_reply import show_combined_diagnosis
from dialogs.azure.status_view import build_status_buttons
from dialogs.azure.template_snapshot import TemplateSnapshot
from dialogs.context import DialogContext, DialogResult
from dialogs.mistakes.mistake_lookup import fetch_mistakes
from dialogs.model.azure import LogDiagnosis, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import RequestSignIn, StartJob
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import AzureReader, DiagnoseText, FindMistakes
from dialogs.model.reply import Block, Reply
from dialogs.model.turn import Person
from dialogs.replies.durations import format_size
from dialogs.solution.candidate_view import build_evidence, render_candidate_line
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state.azure_state import AzureRequest
from dialogs.state.codec import build_codec
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import DIAGNOSIS_LAYOUTS, MISTAKES_CODEC, find_top_match, truncate_diagnosis
from dialogs.state.json_fields import DecodeError, parse_mapping
from dialogs.state.refusal_json import REFUSAL_CODEC
from dialogs.state.template_status import STATUS_CODEC, sanitize_status
from dialogs.texts.catalog import TrustedText
from knowledge.model.entry import Language
from knowledge.model.template_mistake import TemplateMistake
from knowledge.template.template_id import TemplateId, TemplateQuery

READ_WHOLE_LOG_JOB = "whole-log"
"""The name of the job that reads a whole log."""

_LOG_CODEC = build_codec(LogDiagnosis, DIAGNOSIS_LAYOUTS)


def start_reading(context: DialogContext, state: ConversationState, template_id: TemplateId, size: int) -> DialogResult:
    """Say right away that the log is being read, and enqueue the job. `size` is in bytes, 0 if unknown."""
    job = Job(READ_WHOLE_LOG_JOB, {**template_id.to_args(), "paste": state.diagnosis_number})
    if size:
        announcement = context.build_paragraph(
            "look.reading", name=template_id.name, size=TrustedText(format_size(size))
        )
    else:
        announcement = context.build_paragraph("look.reading-all", name=template_id.name)
    state = replace(state, azure=replace(state.azure.without_pending_request(), last_template_id=template_id))
    buttons = (
        *build_back_to_step_buttons(context, state),
        context.build_button("draft", "draft"),
        context.build_button("help", "help"),
    )
    reply = context.build_reply(announcement, buttons=buttons, placement="stays")
    return DialogResult(state, (reply,), (StartJob(job),))


async def read_whole_log(
    azure_reader: AzureReader | None,
    person: Person,
    job: Job,
    language: Language,
    progress: Callable[[int, int], None],
    find_mistakes: FindMistakes | None = None,
) -> Mapping[str, Any]:
    """Read a template's status, whole log, and mistakes, and return them, or the refusal, as plain JSON."""
    template_id = TemplateId.from_args(job.args)
    try:
        if azure_reader is None or azure_reader.access_mode == "off":
            raise AzureRefusedError(AzureRefusal("off"))
        if template_id is None:
            raise AzureRefusedError(AzureRefusal("unexpected"))
        # fetched again, since the job may run long after the lookup, and the template may have run since
        status = sanitize_status(await azure_reader.fetch_status(person, template_id))
        log = await azure_reader.diagnose_log(person, status, language, progress)
        stored_log = replace(log, diagnosis=truncate_diagnosis(log.diagnosis))
        mistakes = await fetch_mistakes(azure_reader, person, status, find_mistakes)
        return {
            "status": STATUS_CODEC.encode(status),
            **_LOG_CODEC.encode(stored_log),
            **({"mistakes": MISTAKES_CODEC.encode(mistakes)} if mistakes else {}),
        }
    except AzureRefusedError as refused:
        return {"refused": REFUSAL_CODEC.encode(refused.refusal)}


async def report_whole_log(
    context: DialogContext, state: ConversationState, job_done: JobDone, diagnose: DiagnoseText
) -> DialogResult:
    """Report what the whole log says; only briefly if the conversation has moved on to another diagnosis."""
    request = AzureRequest("whole-log", TemplateQuery.from_args(job_done.job.args))
    try:
        status, log, mistakes = _result_from_json(job_done.result)
    except AzureRefusedError as refused:
        return _show_refusal(context, state, request, refused.refusal)
    except DecodeError:
        return _show_refusal(context, state, request, AzureRefusal("unexpected"))
    # the user may have pasted another text while the log was being read
    is_current = job_done.job.args.get("paste") == state.diagnosis_number
    earlier = state.diagnosis if is_current and state.diagnosis else None
    if earlier and not can_be_of_template(earlier, status):
        earlier = None
    status_diagnosis = await diagnose_status(diagnose, status, context.language)
    sources = TemplateSources(status, status_diagnosis, log, earlier, mistakes)
    combined = combine_diagnoses(context, sources)
    if is_current:
        return show_combined_diagnosis(context, state, combined, TemplateSnapshot(status), is_repeat=True)
    return DialogResult(state, (_show_in_short(context, combined, log),))


def _result_from_json(value: object) -> tuple[TemplateStatus, DiagnosedLog, tuple[TemplateMistake, ...]]:
    """Read the job's result. Raise `AzureRefusedError` for a refusal, and `DecodeError` for any other shape."""
    result = parse_mapping(value)
    if "refused" in result:
        raise AzureRefusedError(REFUSAL_CODEC.decode(result["refused"]))
    log = _LOG_CODEC.decode(result)
    diagnosed = DiagnosedLog(
        log.diagnosis, bytes_read=log.size, size=log.size, growing=log.growing, file=log.file, folder=log.folder
    )
    return STATUS_CODEC.decode(result.get("status")), diagnosed, MISTAKES_CODEC.decode(result.get("mistakes", []))


def _show_in_short(context: DialogContext, combined: CombinedDiagnosis, log: DiagnosedLog) -> Reply:
    """Show the result in a conversation that has moved on: what was read, the best match, and how to switch to it."""
    status, top = combined.status, find_top_match(combined.diagnosis)
    blocks: list[Block] = [
        context.build_heading("look.meanwhile", name=status.template_id.name),
        context.build_paragraph("look.log.whole", file=log.file, read=TrustedText(format_size(log.size))),
    ]
    if top is None:
        blocks.append(context.build_paragraph("look.log.nothing"))
    else:
        blocks += [render_candidate_line(context, combined.diagnosis, top), *build_evidence(top.evidence)]
    blocks.append(context.build_paragraph("look.meanwhile.how"))
    return context.build_reply(*blocks, buttons=build_status_buttons(context, status, None, None), placement="stays")


def _show_refusal(
    context: DialogContext, state: ConversationState, request: AzureRequest, refusal: AzureRefusal
) -> DialogResult:
    must_sign_in = refusal.reason == "sign-in"
    state = replace(state, azure=state.azure.with_pending_request(request, "sign-in" if must_sign_in else ""))
    values = request.query.to_facts()
    blocks = [context.build_paragraph("look.log.refused"), *build_refusal_blocks(context, refusal, request, values)]
    reply = context.build_reply(*blocks, buttons=build_refusal_buttons(context, refusal), placement="stays")
    return DialogResult(state, (reply,), (RequestSignIn(),) if must_sign_in else ())
