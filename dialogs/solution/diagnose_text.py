"""Diagnose what a person wrote or pasted, and answer with the diagnosis."""

from __future__ import annotations

import asyncio

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.mistakes.mistake_lookup import explain_pasted
from dialogs.model.reply import Button
from dialogs.preflight.keeping import answer_with_check, lead_to_check
from dialogs.replies.shell_commands import follow_shell
from dialogs.resources import DialogResources
from dialogs.solution.attached_logs import is_only_introduction
from dialogs.solution.candidate_view import build_choose_button
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import has_findings
from knowledge.commands.shell_traces import detect_shell
from knowledge.input.pasted_template import PastedTemplate
from knowledge.redaction.redact import redact
from knowledge.template.template_id import TemplateQuery

MAX_KEYWORDS = 2
MAX_KEYWORDS_CHARS = 64
MAX_MEANINGS = 3


async def diagnose_text(
    context: DialogContext,
    state: ConversationState,
    resources: DialogResources,
    text: str,
    has_files: bool = False,
) -> DialogResult:
    """Answer `text` with its diagnosis. A text that only introduces the files beside it (`has_files`) gets none."""
    diagnosis = await resources.diagnose(text, context.language)
    diagnosis = await explain_pasted(context, diagnosis, text, resources.find_mistakes)
    if has_files and is_only_introduction(diagnosis):
        return DialogResult(state, ())
    # a build's log shows what its scripts use, not the person who reads it
    if state.shell is None and diagnosis.kind != "build-log":
        context, state = follow_shell(context, state, detect_shell(text))
    howto_id = context.knowledge.howto_search.suggest_howto(text)
    buttons = () if has_findings(diagnosis) else await _suggest_meanings(context, state, text)
    return show_diagnosis(context, state, diagnosis, howto_id, buttons)


async def answer_pasted_template(
    context: DialogContext, state: ConversationState, resources: DialogResources, text: str, pasted: PastedTemplate
) -> DialogResult:
    """Answer a pasted template with its check. The diagnosis of a run comes first, and leads to the check."""
    if resources.check_template is None:
        return await diagnose_text(context, state, resources, text)
    check = await resources.check_template(pasted.text, context.language)
    if not pasted.has_open_run:
        return answer_with_check(context, state, check)
    result = await diagnose_text(context, state, resources, text)
    return lead_to_check(context, result, check)


async def _suggest_meanings(context: DialogContext, state: ConversationState, text: str) -> tuple[Button, ...]:
    """Return buttons for what a word or two may mean: a template, and the entries with these words in their titles."""
    words = text.split()
    if not 0 < len(words) <= MAX_KEYWORDS or len(text) > MAX_KEYWORDS_CHARS or redact(text) != text:
        return ()
    query = TemplateQuery.from_names(name=text.strip())
    buttons: list[Button] = []
    if query.name and context.access_mode != "off":
        label = context.format_text("button.look-for", name=query.name)
        buttons.append(Button(shorten_label(label), "look", query.to_args()))
    hits = await asyncio.to_thread(lambda: context.knowledge.keyword_search.search(text))
    entry_ids = dict.fromkeys(hit.entry for hit in hits if not hit.finding)
    number = state.diagnosis_number
    buttons += [build_choose_button(context, entry_id, number) for entry_id in list(entry_ids)[:MAX_MEANINGS]]
    return tuple(buttons)
