"""The reply to a template lookup: diagnose what was fetched, and show the status card and what follows."""

from __future__ import annotations

from dataclasses import replace

from dialogs.azure.combined_diagnosis import (
    CombinedDiagnosis,
    can_be_of_template,
    find_leading_match,
)
from dialogs.azure.fact_check_view import build_fact_check_blocks, find_highlighted_rows
from dialogs.azure.failing_script import build_failing_script
from dialogs.azure.lookup_follow_up import follow_up_lookup, is_same_cause
from dialogs.azure.manual_commands import get_known_values
from dialogs.azure.refusals import build_refusal_blocks
from dialogs.azure.source_diagnosis import DiagnosedLog, remove_log_location
from dialogs.azure.status_view import build_detail_blocks, build_status_blocks, build_status_buttons, render_run_line
from dialogs.azure.template_snapshot import TemplateSnapshot, diagnose_snapshot
from dialogs.context import DialogContext, DialogResult
from dialogs.mistakes.mistake_view import build_mistake
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import Effect, RequestSignIn
from dialogs.model.ports import DiagnoseText
from dialogs.model.reply import Block, Button
from dialogs.replies.durations import format_size
from dialogs.sharing.look_summary import build_share_buttons, remember_look
from dialogs.state.azure_state import AzureRequest
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import find_top_match
from dialogs.texts.catalog import TrustedText
from knowledge.model.diagnosis import Diagnosis
from knowledge.template.template_id import TemplateQuery


async def show_status(
    context: DialogContext,
    state: ConversationState,
    snapshot: TemplateSnapshot,
    diagnose: DiagnoseText,
    is_from_text: bool,
) -> DialogResult:
    """Show the reply to a lookup of one template.

    `is_from_text`: the template was found by the names in the current diagnosis, so the diagnosis is about it.
    """
    earlier = state.diagnosis
    is_about_template = earlier is not None and (is_from_text or can_be_of_template(earlier, snapshot.status))
    combined = await diagnose_snapshot(context, diagnose, snapshot, earlier if is_about_template else None)
    return show_combined_diagnosis(context, state, combined, snapshot)


def show_combined_diagnosis(
    context: DialogContext,
    state: ConversationState,
    combined: CombinedDiagnosis,
    snapshot: TemplateSnapshot,
    is_repeat: bool = False,
) -> DialogResult:
    """Show the status card, and then the solution if the lookup found a different error than the current one.

    `is_repeat`: the template's facts were shown before, and only what the log says is new.
    """
    status, log_refusal = combined.status, snapshot.log_refusal
    if log_refusal is not None and log_refusal.reason == "suspicious":
        # the log's URL does not belong to the template, so no command may contain it
        combined = replace(combined, diagnosis=remove_log_location(combined.diagnosis))
    # once is enough: the consent question already said it
    is_first_look = context.access_mode == "sandbox" and state.azure.last_template_id is None
    sandbox_note = [context.build_paragraph("look.sandbox", "subtle")] if is_first_look else []
    state = replace(state, azure=replace(state.azure.without_pending_request(), last_template_id=status.template_id))
    rows = find_highlighted_rows(combined)
    # the run's message usually just points to the log, so it's prominent only if no log was read or refused
    should_show_message = combined.log is None and log_refusal is None
    leading = find_leading_match(combined)
    is_explained = leading is not None and leading.confidence != "possible"
    follow_up = follow_up_lookup(context, state, combined, is_log_refused=log_refusal is not None)
    blocks = (
        *build_status_blocks(context, status, combined.timeline, rows, should_show_message, is_repeat, is_explained),
        *_build_script_blocks(context, combined, is_diagnosis_shown=bool(follow_up.result.replies)),
        *_build_log_blocks(context, state, combined, snapshot),
        *build_fact_check_blocks(context, combined),
        *(() if is_repeat else build_detail_blocks(context, status, rows, should_show_message)),
    )
    run_line = render_run_line(context, status.template).text
    state = remember_look(context, follow_up.result.state, status, run_line, combined.diagnosis, leading)
    # the follow-up's buttons come first: they lead back to what the user was doing
    buttons = (
        *follow_up.buttons,
        *build_share_buttons(context, state),
        *build_status_buttons(context, status, snapshot.log_tail, log_refusal),
        context.build_button("draft", "draft"),
    )
    card = context.build_reply(
        *blocks,
        *follow_up.blocks,
        *sandbox_note,
        buttons=_keep_first_primary(buttons),
        summary=status.template_id.name,
        placement="stays",
    )
    effects: tuple[Effect, ...] = ()
    if log_refusal is not None and log_refusal.reason == "sign-in":
        request = AzureRequest("template", TemplateQuery.for_template(status.template_id))
        # after the sign-in the whole lookup is repeated, this time with the log
        state = replace(state, azure=state.azure.with_pending_request(request, "sign-in"))
        effects = (RequestSignIn(),)
    return DialogResult(state, (card,), effects).followed_by(replace(follow_up.result, state=state))


def _build_script_blocks(
    context: DialogContext, combined: CombinedDiagnosis, *, is_diagnosis_shown: bool
) -> list[Block]:
    """Build what's wrong in the template, unless the diagnosis below says it; else the lines that failed."""
    if combined.diagnosis.mistake is None:
        return build_failing_script(context, combined.status, combined.diagnosis)
    if is_diagnosis_shown:
        return []
    leading = find_leading_match(combined)
    return build_mistake(context, combined.diagnosis, leading.entry if leading else "")[:1]


def _keep_first_primary(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    """Return the buttons with only the first primary one highlighted."""
    first = next((button for button in buttons if button.primary), None)
    return tuple(button if button is first else replace(button, primary=False) for button in buttons)


def _build_log_blocks(
    context: DialogContext, state: ConversationState, combined: CombinedDiagnosis, snapshot: TemplateSnapshot
) -> list[Block]:
    """Build what the card says about the log: refused, empty, or how much was read and what that means."""
    if snapshot.log_refusal is not None:
        return _build_log_refusal_blocks(context, state, combined, snapshot.log_refusal)
    log = combined.log
    if log is None:
        return [context.build_paragraph("look.log.empty")] if snapshot.log_tail is not None else []
    blocks: list[Block] = [_render_log_line(context, log)]
    if log.growing or combined.status.run.is_running:
        blocks.append(context.build_paragraph("look.log.growing"))
    if is_same_cause(state, combined):
        blocks.append(context.build_paragraph("look.log.same"))
        if _is_certain(combined.diagnosis) and not (state.diagnosis and _is_certain(state.diagnosis)):
            blocks.append(context.build_paragraph("look.log.now-certain", "good"))
    elif not log.diagnosis.matches and combined.status.run.state.casefold() == "failed":
        blocks.append(context.build_paragraph("look.log.nothing"))
    return blocks


def _build_log_refusal_blocks(
    context: DialogContext, state: ConversationState, combined: CombinedDiagnosis, refusal: AzureRefusal
) -> list[Block]:
    if refusal.reason in ("no-log", "no-run"):  # nothing went wrong: there's just no log yet
        return [
            context.build_paragraph(f"refused.{refusal.reason}"),
            context.build_paragraph(f"refused.{refusal.reason}.next", "subtle"),
        ]
    request = AzureRequest("whole-log", TemplateQuery.for_template(combined.status.template_id))
    values = get_known_values(replace(state, diagnosis=combined.diagnosis))
    return [
        context.build_paragraph("look.log.refused"),
        *build_refusal_blocks(context, refusal, request, values),
    ]


def _render_log_line(context: DialogContext, log: DiagnosedLog) -> Block:
    """Render which log was read, and how much of it."""
    read = TrustedText(format_size(log.bytes_read))
    if log.is_whole:
        return context.build_paragraph("look.log.whole", file=log.file, read=read)
    key = "look.log.back-to" if log.diagnosis.timeline else "look.log.tail"
    return context.build_paragraph(key, file=log.file, read=read, size=TrustedText(format_size(log.size)))


def _is_certain(diagnosis: Diagnosis) -> bool:
    top = find_top_match(diagnosis)
    return top is not None and top.confidence == "certain"
