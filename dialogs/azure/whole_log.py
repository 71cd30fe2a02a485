"""The whole log, read after the answer: what is promised, what is done, and how its turn reports it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from dialogs.azure.combined_diagnosis import DiagnosedLog, can_be_of_template, combine_diagnoses, diagnose_status
from dialogs.azure.refusals import build_refusal_blocks, build_refusal_buttons
from dialogs.azure.status_reply import TemplateSnapshot, show_combined_diagnosis
from dialogs.azure.status_view import build_status_buttons
from dialogs.context import DialogContext, DialogResult, build_log_excerpt
from dialogs.model.azure import AzureRefusal, AzureRefusalReason, LogFile, TemplateId
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import AzureReader, DiagnoseText
from dialogs.model.reply import LogExcerpt
from dialogs.model.turn import Person
from dialogs.replies.durations import format_size
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state import azure_state as memory
from dialogs.state import diagnosis as held
from dialogs.state import template_status as held_status
from dialogs.state.azure_state import AzureRequest
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import (
    DecodeError,
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_optional_int,
    parse_text,
)
from dialogs.texts import TrustedText
from knowledge.catalog.fact_rules import FactRules
from knowledge.model.entry import Language

READ_WHOLE_LOG_JOB = "whole-log"
"""What the work is called."""
_MAX_TEXT_CHARS = 600
_log = logging.getLogger(__name__)


def start_reading(context: DialogContext, state: ConversationState, template_id: TemplateId, size: int) -> DialogResult:
    """A word at once that the log is being read, and the work that reads it."""
    work = Job(READ_WHOLE_LOG_JOB, {**memory.template_id_to_args(template_id), "paste": state.diagnosis_number})
    said = (
        context.build_paragraph("look.reading", name=template_id.name, size=TrustedText(format_size(size)))
        if size
        else context.build_paragraph("look.reading-all", name=template_id.name)
    )
    state = replace(state, azure=replace(state.azure.without_pending_request(), last_template_id=template_id))
    buttons = (
        *build_back_to_step_buttons(context, state),
        context.build_button("draft", "draft"),
        context.build_button("help", "help"),
    )
    return state, (replace(context.build_reply(said, buttons=buttons, beside=True), jobs=(work,)),)


async def read_whole_log(
    azure_reader: AzureReader | None, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """Reads the log and gives what came of it as plain JSON. Never raises."""
    ref = AzureRequest(query=memory.build_query_from_args(job.args)).template_id
    try:
        if azure_reader is None or azure_reader.access_mode == "off":
            raise AzureRefusedError(AzureRefusal("off"))
        if ref is None:
            raise AzureRefusedError(AzureRefusal("unexpected"))
        status = held_status.sanitize_status(await azure_reader.fetch_status(person, ref))
        read = await azure_reader.diagnose_log(person, status, language, progress)
        return {
            "status": held_status.template_status_to_json(status),
            "diagnosis": held.diagnosis_to_json(held.truncate_diagnosis(read.diagnosis)),
            "size": read.size,
            "file": read.file,
            "growing": read.growing,
            "folder": read.folder,
        }
    except AzureRefusedError as refused:
        return {"refused": refusal_to_json(refused.refusal)}
    except Exception as error:  # noqa: BLE001 - the last resort: the person is told, and nothing of the log is logged
        _log.error("reading a whole log failed: %s", type(error).__name__)
        return {"refused": refusal_to_json(AzureRefusal("unexpected", target=ref.id if ref else ""))}


async def report_whole_log(
    context: DialogContext, state: ConversationState, job_done: JobDone, diagnose: DiagnoseText, fact_rules: FactRules
) -> DialogResult:
    """The turn that tells what the whole log says; beside the conversation where that has gone on."""
    asked = AzureRequest("whole-log", memory.build_query_from_args(job_done.job.args))
    try:
        result = parse_mapping(job_done.result)
        if "refused" in result:
            return _show_refusal(context, state, asked, refusal_from_json(result["refused"]))
        status = held_status.template_status_from_json(result.get("status"))
        size = parse_int(result.get("size"), max_value=10**15)
        log = DiagnosedLog(
            held.diagnosis_from_json(result.get("diagnosis")),
            size,
            size,
            parse_bool(result.get("growing")),
            parse_choice(result.get("file"), get_args(LogFile)),
            parse_text(result.get("folder"), _MAX_TEXT_CHARS),
        )
    except DecodeError:
        return _show_refusal(context, state, asked, AzureRefusal("unexpected"))
    message = await diagnose_status(diagnose, status, context.language)
    here = job_done.job.args.get("paste") == state.diagnosis_number
    before = state.diagnosis if here and state.diagnosis and can_be_of_template(state.diagnosis, status) else None
    sight = combine_diagnoses(status, message, log, before, context.entries, fact_rules, context.language, context.now)
    seen = TemplateSnapshot(status)
    if here:
        return show_combined_diagnosis(context, state, sight, seen, is_repeat=True)
    top = next((m for m in sight.diagnosis.matches if m.severity != "info"), None)
    blocks = [
        context.build_heading("look.meanwhile", name=status.template_id.name),
        context.build_paragraph("look.log.whole", file=log.file, read=TrustedText(format_size(size))),
    ]
    lines: tuple[LogExcerpt, ...] = ()
    if top is not None:
        confidence = TrustedText(context.format_text(f"confidence.{top.confidence}"))
        blocks.append(
            context.build_paragraph("candidate.line", title=context.get_entry_title(top.entry), confidence=confidence)
        )
        lines = (build_log_excerpt(top.evidence),) if top.evidence else ()
    else:
        blocks.append(context.build_paragraph("look.log.nothing"))
    buttons = build_status_buttons(context, status, None, None)
    return state, (
        context.build_reply(
            *blocks, *lines, context.build_paragraph("look.meanwhile.how"), buttons=buttons, beside=True
        ),
    )


def _show_refusal(
    context: DialogContext, state: ConversationState, request: AzureRequest, refusal: AzureRefusal
) -> DialogResult:
    state = replace(
        state, azure=state.azure.with_pending_request(request, "sign-in" if refusal.reason == "sign-in" else "")
    )
    values = {"template": request.query.name, "resource_group": request.query.resource_group}
    blocks = [context.build_paragraph("look.log.refused"), *build_refusal_blocks(context, refusal, request, values)]
    reply = context.build_reply(*blocks, buttons=build_refusal_buttons(context, refusal), beside=True)
    return state, (replace(reply, should_offer_sign_in=refusal.reason == "sign-in"),)


def refusal_to_json(refusal: AzureRefusal) -> dict[str, Any]:
    """A refusal as plain JSON."""
    return {
        "reason": refusal.reason,
        "texts": [refusal.target, refusal.action, refusal.scope, refusal.role, refusal.code],
        "retry_after": refusal.retry_after,
        "subscriptions": list(refusal.subscriptions),
    }


def refusal_from_json(value: object) -> AzureRefusal:
    """What `refusal_to_json` wrote. Raises `ShapeError`."""
    written = parse_mapping(value)
    what, action, scope, role, code, *_ = (
        *(parse_text(t, _MAX_TEXT_CHARS) for t in parse_list(written.get("texts"), 5)),
        *[""] * 5,
    )
    return AzureRefusal(
        parse_choice(written.get("reason"), get_args(AzureRefusalReason)),
        what,
        action,
        scope,
        role,
        code,
        parse_optional_int(written.get("retry_after")),
        tuple(parse_text(name, _MAX_TEXT_CHARS) for name in parse_list(written.get("subscriptions"), 50)),
    )
