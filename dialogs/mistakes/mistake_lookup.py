"""Find the mistakes in the template of a failed run, as far as a turn's time allows: without them, nothing fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dialogs.context import DialogContext
from dialogs.model.azure import TemplateStatus
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader, FindMistakes
from dialogs.model.turn import Person
from dialogs.state.diagnosis import find_top_match
from knowledge.input.pasted_template import is_image_template
from knowledge.mistakes.explanation import explain_failure, raise_confidence
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.template_mistake import TemplateMistake
from knowledge.patterns import define_text_pattern
from knowledge.preflight.rule_catalog import get_rules

_FAILED = define_text_pattern(r'"(?:runState|provisioningState)"\s*:\s*"Failed"')
MAX_SECONDS = 4.0
"""How long a lookup waits for the mistakes; it has other things to show."""


async def fetch_mistakes(
    azure_reader: AzureReader,
    person: Person,
    status: TemplateStatus,
    find_mistakes: FindMistakes | None,
    deadline: float | None = None,
) -> tuple[TemplateMistake, ...]:
    """Read a failed run's template and return its mistakes; none if it can't be read in time.

    `deadline` is when the lookup must be done, as a time of the running event loop.
    """
    if find_mistakes is None or not is_explainable(status):
        return ()
    latest = asyncio.get_running_loop().time() + MAX_SECONDS
    try:
        async with asyncio.timeout_at(latest if deadline is None else min(latest, deadline)):
            return await find_mistakes(await azure_reader.fetch_template_json(person, status.template_id))
    except (AzureRefusedError, TimeoutError):
        return ()


async def explain_pasted(
    context: DialogContext, diagnosis: Diagnosis, text: str, find_mistakes: FindMistakes | None
) -> Diagnosis:
    """Return a text's diagnosis with what explains it, if the text is a template whose run or submission failed."""
    if find_mistakes is None or diagnosis.kind != "status" or not _FAILED.search(text):
        return diagnosis
    template_json = text[text.find("{") : text.rfind("}") + 1]
    # most pasted statuses have no template, and looking for mistakes starts a process
    if not is_image_template(template_json):
        return diagnosis
    try:
        async with asyncio.timeout(MAX_SECONDS):
            mistakes = await find_mistakes(template_json)
    except TimeoutError:
        return diagnosis
    return add_mistake(context, diagnosis, find_top_match(diagnosis), mistakes)


def is_explainable(status: TemplateStatus) -> bool:
    """Return whether a template's last run, or its submission, failed."""
    return status.template.has_failed and status.run.outcome not in ("running", "canceled")


def add_mistake(
    context: DialogContext, diagnosis: Diagnosis, leading: Match | None, mistakes: Sequence[TemplateMistake]
) -> Diagnosis:
    """Return the diagnosis with the mistake that explains it, and more certain if that's an error."""
    if not mistakes:
        return diagnosis
    finding = diagnosis.finding
    finding_rule = context.knowledge.findings.rules.get(finding.id) if finding else None
    mistake = explain_failure(diagnosis, leading, context.entries, finding_rule, mistakes, get_rules())
    if mistake is None:
        return diagnosis
    matches = tuple(raise_confidence(one, mistake) if one == leading else one for one in diagnosis.matches)
    return diagnosis._replace(mistake=mistake, matches=matches)
