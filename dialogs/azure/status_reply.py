"""What a look shows: the status of a template with what its log and its facts say, and the solution that follows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.azure import manual_commands as by_hand
from dialogs.azure.combined_diagnosis import (
    CombinedDiagnosis,
    DiagnosedLog,
    can_be_of_template,
    combine_diagnoses,
    diagnose_status,
    downgrade_partial,
    remove_log_location,
)
from dialogs.azure.refusals import build_refusal_blocks
from dialogs.azure.status_view import build_detail_blocks, build_status_blocks, build_status_buttons
from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.azure import AzureRefusal, LogTail, TemplateId, TemplateStatus
from dialogs.model.azure_times import is_running
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader, DiagnoseText
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun
from dialogs.model.turn import Person
from dialogs.replies.durations import format_size
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state import azure_state as memory
from dialogs.state.conversation_state import ConversationState, StoredFactVerdict
from dialogs.state.template_status import sanitize_status
from dialogs.texts import TrustedText
from knowledge.catalog.fact_rules import FactCheck, FactRules
from knowledge.model.diagnosis import Diagnosis, Match

LOOKUP_TIMEOUT_SECONDS = 9.0
"""Seconds in which a look must have its answer: a turn holds its channel for no more than ten."""
MIN_LOG_TIMEOUT_SECONDS = 0.5
MAX_FACT_CHECKS = 3


@dataclass(frozen=True, slots=True)
class TemplateSnapshot:
    """What Azure gave: the status, and the end of the log or why it could not be read."""

    status: TemplateStatus
    log_tail: LogTail | None = None
    log_refusal: AzureRefusal | None = None


def compute_deadline() -> float:
    """When a look that begins now must have its answer, in the time of the event loop."""
    return asyncio.get_running_loop().time() + LOOKUP_TIMEOUT_SECONDS


async def fetch_snapshot(
    azure_reader: AzureReader, person: Person, template_id: TemplateId, deadline: float
) -> TemplateSnapshot:
    """The template's status and the end of its last run's log; what the log is too slow for is left out.

    Raises `LookRefused` and `TimeoutError` for the status.
    """
    async with asyncio.timeout_at(deadline):
        status = sanitize_status(await azure_reader.fetch_status(person, template_id))
    if not status.run_state:
        return TemplateSnapshot(status)
    try:
        async with asyncio.timeout_at(max(deadline, asyncio.get_running_loop().time() + MIN_LOG_TIMEOUT_SECONDS)):
            return TemplateSnapshot(status, await azure_reader.fetch_log_tail(person, status))
    except AzureRefusedError as refused:
        return TemplateSnapshot(status, log_refusal=refused.refusal)
    except TimeoutError:
        return TemplateSnapshot(status, log_refusal=AzureRefusal("too-slow", target="customization.log"))


async def diagnose_log_tail(
    context: DialogContext, diagnose: DiagnoseText, tail: LogTail | None
) -> DiagnosedLog | None:
    """The end of a log, diagnosed; from a part of it nothing is certain."""
    if tail is None or not tail.text.strip():
        return None
    diagnosis = await diagnose(tail.text, context.language)
    part = diagnosis if tail.is_whole else downgrade_partial(diagnosis)
    return DiagnosedLog(part, tail.bytes_read, tail.size, tail.growing, tail.file, tail.folder)


async def show_status(
    context: DialogContext,
    state: ConversationState,
    snapshot: TemplateSnapshot,
    diagnose: DiagnoseText,
    fact_rules: FactRules,
    is_from_text: bool,
) -> DialogResult:
    """The answer to a look at one template; `of_text`: it was found by what the text under way says of it."""
    log = await diagnose_log_tail(context, diagnose, snapshot.log_tail)
    message = await diagnose_status(diagnose, snapshot.status, context.language)
    before = (
        state.diagnosis
        if state.diagnosis and (is_from_text or can_be_of_template(state.diagnosis, snapshot.status))
        else None
    )
    sight = combine_diagnoses(
        snapshot.status, message, log, before, context.entries, fact_rules, context.language, context.now
    )
    return show_combined_diagnosis(context, state, sight, snapshot)


def show_combined_diagnosis(
    context: DialogContext,
    state: ConversationState,
    combined: CombinedDiagnosis,
    snapshot: TemplateSnapshot,
    is_repeat: bool = False,
) -> DialogResult:
    """The status card; after it the solution, where the look found another error than the one under way.

    `again`: the facts of the template were shown before, and only what the log says is new.
    """
    status = combined.status
    if snapshot.log_refusal is not None and snapshot.log_refusal.reason == "suspicious":
        combined = replace(combined, diagnosis=remove_log_location(combined.diagnosis))
    state = replace(state, azure=replace(state.azure.without_pending_request(), last_template_id=status.template_id))
    top = find_leading_match(combined)
    walk = state.walkthrough
    under_way = walk is not None and walk.diagnosis_number == state.diagnosis_number and combined.has_earlier_text
    same = under_way and top is not None and walk is not None and walk.entry == top.entry
    found = top is not None and (top.entry in combined.azure_entries or not combined.has_earlier_text)
    rows, message = _find_highlighted_rows(combined), combined.log is None and snapshot.log_refusal is None
    blocks = list(build_status_blocks(context, status, combined.timeline, rows, message, is_repeat))
    blocks += _build_log_blocks(context, state, combined, snapshot, same)
    blocks += _build_fact_check_blocks(context, combined)
    blocks += () if is_repeat else build_detail_blocks(context, status, rows, message)
    back: tuple[Button, ...] = ()
    replies: tuple[Reply, ...] = ()
    failed = status.run_state.casefold() in ("failed", "canceled") or status.provisioning_state.casefold() == "failed"
    if same or (combined.has_earlier_text and not found and not (failed and top is None)):
        if status.run_state.casefold() == "succeeded" and state.diagnosis and state.diagnosis.outcome == "failed":
            blocks.append(context.build_paragraph("look.succeeded-since", "good"))
        # the number of the text stays, so that its cards can still be followed, now with the real names
        state = replace(
            state.with_form_saved(context.now),
            diagnosis=combined.diagnosis,
            fact_verdicts=_collect_fact_verdicts(combined),
        )
        back = (*_build_other_cause_buttons(context, state, top), *build_back_to_step_buttons(context, state))
    elif snapshot.log_refusal is not None and top is not None and context.entries[top.entry].role == "wrapper":
        # its cause stands in the log that could not be read, and how to get at that is said already
        state = replace(
            state.with_form_saved(context.now),
            diagnosis=combined.diagnosis,
            walkthrough=None,
            fact_verdicts=_collect_fact_verdicts(combined),
        )
        state = replace(state, diagnosis_number=state.compute_next_diagnosis_number(context.now))
        back = (context.build_button("guided-questions", "guided"),)
    elif found or failed:
        shown_now = combined.diagnosis if top else replace(combined.diagnosis, matches=())
        state, replies = show_diagnosis(context, state, shown_now)
        state = replace(state, fact_verdicts=_collect_fact_verdicts(combined))
    elif state.diagnosis is None:
        state = replace(
            state,
            diagnosis=combined.diagnosis,
            diagnosis_number=state.compute_next_diagnosis_number(context.now),
            fact_verdicts=_collect_fact_verdicts(combined),
        )
    buttons = (
        *back,
        *build_status_buttons(context, status, snapshot.log_tail, snapshot.log_refusal),
        context.build_button("draft", "draft"),
    )
    first = next((button for button in buttons if button.primary), None)
    buttons = tuple(button if button is first else replace(button, primary=False) for button in buttons)
    card = context.build_reply(*blocks, buttons=buttons, summary=status.template_id.name, beside=True)
    if snapshot.log_refusal and snapshot.log_refusal.reason == "sign-in":
        waits = state.azure.with_pending_request(
            memory.AzureRequest("template", memory.build_exact_query(status.template_id)), "sign-in"
        )
        state, card = replace(state, azure=waits), replace(card, should_offer_sign_in=True)
    return state, (card, *(replace(reply, beside=True) for reply in replies))


def _collect_fact_verdicts(combined: CombinedDiagnosis) -> tuple[StoredFactVerdict, ...]:
    """What the facts said of the first candidates, for a case that is drafted later."""
    return tuple(
        (one.entry, spoken.fact, spoken.side)
        for one in combined.fact_checks[:MAX_FACT_CHECKS]
        for spoken in one.verdicts
    )


def find_leading_match(combined: CombinedDiagnosis) -> Match | None:
    """What the answer goes on with: the first match that is more than possible, or that the facts do not refute."""
    refuted = {one.entry for one in combined.fact_checks if one.is_refuted}
    if is_running(combined.status):  # what only fits proves nothing of a run that may end well
        refuted |= {match.entry for match in combined.diagnosis.matches}
    for match in combined.diagnosis.matches:
        if match.severity != "info" and not (match.confidence == "possible" and match.entry in refuted):
            return match
    return None


def _build_other_cause_buttons(
    context: DialogContext, state: ConversationState, leading_match: Match | None
) -> tuple[Button, ...]:
    """The button of the entry that leads now that the facts have spoken, where the walk under way is another's."""
    if leading_match is None or (state.walkthrough and state.walkthrough.entry == leading_match.entry):
        return ()
    return (
        Button(
            shorten_label(context.get_entry_title(leading_match.entry)),
            "choose",
            {"entry": leading_match.entry, "paste": state.diagnosis_number},
            primary=True,
        ),
    )


def _find_highlighted_rows(combined: CombinedDiagnosis) -> frozenset[str]:
    """The rows of the card whose facts speak for or against the first candidates."""
    said = [spoken.fact for one in combined.fact_checks[:MAX_FACT_CHECKS] for spoken in one.verdicts]
    return frozenset(_ROW_BY_FACT[fact] for fact in said if fact in _ROW_BY_FACT)


_ROW_BY_FACT: Mapping[str, str] = {
    # the row of the status card in which each fact stands
    "provisioning_state": "provisioning",
    "provisioning_code": "provisioning",
    "run_minutes": "took",
    "run_share": "took",
    "timeout": "took",
    "vm_cpus": "vm_size",
    "identities": "identities",
    "own_network": "network",
    "os": "source",
}


def _build_log_blocks(
    context: DialogContext,
    state: ConversationState,
    combined: CombinedDiagnosis,
    snapshot: TemplateSnapshot,
    is_same_cause: bool,
) -> list[Block]:
    log, status = combined.log, combined.status
    if snapshot.log_refusal is not None and snapshot.log_refusal.reason in ("no-log", "no-run"):
        return [
            context.build_paragraph(f"refused.{snapshot.log_refusal.reason}"),
            context.build_paragraph(f"refused.{snapshot.log_refusal.reason}.next", "subtle"),
        ]
    if snapshot.log_refusal is not None:
        asked = memory.AzureRequest("template", memory.build_exact_query(status.template_id))
        values = {**by_hand.get_known_values(replace(state, diagnosis=combined.diagnosis))}
        return [
            context.build_paragraph("look.log.refused"),
            *build_refusal_blocks(context, snapshot.log_refusal, replace(asked, kind="whole-log"), values),
        ]
    if log is None:
        return [context.build_paragraph("look.log.empty")] if snapshot.log_tail is not None else []
    read = TrustedText(format_size(log.bytes_read))
    if log.is_whole:
        blocks: list[Block] = [context.build_paragraph("look.log.whole", file=log.file, read=read)]
    else:
        key = "look.log.back-to" if log.diagnosis.timeline else "look.log.tail"
        blocks = [context.build_paragraph(key, file=log.file, read=read, size=TrustedText(format_size(log.size)))]
    if log.growing or is_running(status):
        blocks.append(context.build_paragraph("look.log.growing"))
    if is_same_cause:
        blocks.append(context.build_paragraph("look.log.same"))
        if _is_certain(combined.diagnosis) and not (state.diagnosis and _is_certain(state.diagnosis)):
            blocks.append(context.build_paragraph("look.log.now-certain", "good"))
    elif not log.diagnosis.matches and status.run_state.casefold() == "failed":
        blocks.append(context.build_paragraph("look.log.nothing"))
    return blocks


def _is_certain(diagnosis: Diagnosis) -> bool:
    top = next((m for m in diagnosis.matches if m.severity != "info"), None)
    return top is not None and top.confidence == "certain"


def _build_fact_check_blocks(context: DialogContext, combined: CombinedDiagnosis) -> list[Block]:
    """Which facts spoke for the first candidates, which against, which were not looked at."""
    known: dict[str, Match] = {m.entry: m for m in combined.diagnosis.matches}
    if is_running(combined.status) and find_leading_match(combined) is None:
        return []
    blocks: list[Block] = []
    for one in [w for w in combined.fact_checks if w.entry in known and (w.verdicts or w.unknown_facts)][
        :MAX_FACT_CHECKS
    ]:
        if (
            known[one.entry].confidence == "certain"
            and not one.unknown_facts
            and all(s.side == "for" for s in one.verdicts)
        ):
            continue  # the text proves it: that nothing speaks against it needs no words
        runs: list[TextRun] = [*context.format_runs("look.facts-on", title=context.get_entry_title(one.entry))]
        for side in ("for", "against"):
            if said := _format_verdicts(context, one, side):
                runs += [TextRun(" "), *context.format_runs(f"look.facts.{side}", facts=TrustedText(said))]
        if one.unknown_facts:
            names = ", ".join(context.format_text(f"measure.{fact}") for fact in one.unknown_facts)
            runs += [TextRun(" "), *context.format_runs("look.facts.unseen", facts=TrustedText(names))]
        if one.is_refuted and known[one.entry].confidence == "certain":
            runs += [TextRun(" "), *context.format_runs("look.facts.certain-all-the-same")]
        blocks.append(Paragraph(tuple(runs)))
    return blocks


def _format_verdicts(context: DialogContext, fact_check: FactCheck, side: str) -> str:
    return "; ".join(spoken.message.get(context.language) for spoken in fact_check.verdicts if spoken.side == side)
