"""Checks a template as Azure has it, with the person's own permissions. Its JSON is in memory only."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.live_checks.template_live_check import (
    LiveCheckResult,
    build_unanswered_result,
    check_template_live,
)
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.ports import AzureReader, CheckTemplate
from dialogs.model.turn import Person
from dialogs.preflight.keeping import answer_with_check
from dialogs.preflight.template_findings import add_live_findings
from dialogs.state.conversation_state import ConversationState
from knowledge.model.entry import Language
from knowledge.template.template_id import TemplateId


async def check_live_template(
    context: DialogContext,
    state: ConversationState,
    azure_reader: AzureReader,
    check_template: CheckTemplate,
    person: Person,
    template_id: TemplateId,
    until: float,
) -> DialogResult:
    """Answer with what would make the template's next build fail.

    Raises:
        AzureRefusedError: It can't be read.
        TimeoutError: Reading it took until `until`.
    """
    async with asyncio.timeout_at(until):
        text = await azure_reader.fetch_template_json(person, template_id)
    check = await check_template(text, context.language, template_id.name, is_live=True)
    if check.problem is None:
        live = await _look_up(azure_reader, person, text, template_id.name, context.language, until)
        check = add_live_findings(
            check, live.findings, live.not_checked, live.was_looked_up, context.language, live.settled
        )
    state = replace(state, azure=replace(state.azure.without_pending_request(), last_template_id=template_id))
    return answer_with_check(context, state, check, template_id)


async def _look_up(
    azure_reader: AzureReader, person: Person, text: str, name: str, language: Language, until: float
) -> LiveCheckResult:
    """Check what the template refers to; without an answer in time, only say so."""
    try:
        async with asyncio.timeout_at(until):
            return await check_template_live(azure_reader, person, text, name, language)
    except TimeoutError:
        return build_unanswered_result(AzureRefusal("too-slow"), language)
