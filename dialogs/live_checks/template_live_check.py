"""Check a live template against what's in Azure: what it refers to, and whether its identity may use it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from dialogs.live_checks.unchecked_sentences import describe_refusal, describe_unchecked
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader
from dialogs.model.turn import Person
from dialogs.texts.loading import load_area
from knowledge.model.entry import Language
from knowledge.preflight.finding import PreflightFinding
from knowledge.preflight.live.live_checking import check_live
from knowledge.preflight.live.live_rule_catalog import load_live_rules
from knowledge.preflight.preflight_input import CheckedTemplate, read_checked_templates
from knowledge.preflight.source_text import SourceText


@dataclass(frozen=True, slots=True)
class LiveCheckResult:
    """What was found in Azure, the worst first, and what couldn't be looked at, in a person's language.

    `was_looked_up` is false if nothing could be, for the reason that `not_checked` gives. `settled` names the rules for
    files that have nothing to add to what was looked up.
    """

    findings: tuple[PreflightFinding, ...]
    not_checked: tuple[str, ...]
    was_looked_up: bool = True
    settled: frozenset[str] = frozenset()


async def check_template_live(
    azure_reader: AzureReader, person: Person, text: str, name: str, language: Language
) -> LiveCheckResult:
    """Check the JSON of a template that Azure returned, within the time of a turn. Only reads, only as the person.

    Never raise because of Azure: what couldn't be looked at is part of the result.

    Raises:
        KnowledgeError: The text isn't a template's JSON.
    """
    # in a thread: a large template takes a while
    (template, *_) = await asyncio.to_thread(read_checked_templates, SourceText(name, text))
    return await check_parsed_template_live(azure_reader, person, template, language)


async def check_parsed_template_live(
    azure_reader: AzureReader, person: Person, template: CheckedTemplate, language: Language
) -> LiveCheckResult:
    """Do the same for a template that's parsed already."""
    texts = load_area("live_checks", language)
    if azure_reader.access_mode == "bot":
        # its identity could show the person more than they may see
        return LiveCheckResult((), (texts["live.nothing.bot"],), was_looked_up=False)
    try:
        facts = await azure_reader.fetch_live_facts(person, template)
    except AzureRefusedError as refused:
        return build_unanswered_result(refused.refusal, language)
    result = check_live(template, facts, load_live_rules())
    return LiveCheckResult(result.findings, describe_unchecked(result, texts), settled=result.settled)


def build_unanswered_result(refusal: AzureRefusal, language: Language) -> LiveCheckResult:
    """Build the result of a check in which nothing could be looked up."""
    sentence = describe_refusal(refusal, load_area("live_checks", language))
    return LiveCheckResult((), (sentence,), was_looked_up=False)
