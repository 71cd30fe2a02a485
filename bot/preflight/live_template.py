"""Read a template from Azure, and check it with the rules for files and against what's in Azure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.azure.arm.settings import AzureSettings
from bot.errors import BotError
from bot.host.conversation import LoadedKnowledge
from bot.host.services import open_services
from bot.preflight.source_files import LiveSource
from dialogs.live_checks.template_live_check import check_parsed_template_live
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader
from dialogs.model.turn import Person
from knowledge.model.entry import Language
from knowledge.model.errors import UnreadableInputError
from knowledge.preflight.checking import check_source
from knowledge.preflight.finding import PreflightFinding, PreflightResult
from knowledge.preflight.rule import LEVELS, PreflightRule
from knowledge.template.template_id import TemplateId, TemplateQuery

_TIMEOUT_SECONDS = 20.0
_LOCAL_USER = Person("", "")


class NotSignedInError(BotError):
    """Nobody is signed in to Azure on this machine."""


@dataclass(frozen=True, slots=True)
class LivePreflight:
    """What both kinds of rules found in a template, and what couldn't be looked at in Azure."""

    result: PreflightResult
    not_checked: tuple[str, ...]


async def check_template_by_name(
    settings: AzureSettings,
    knowledge: LoadedKnowledge,
    query: TemplateQuery,
    rules: Sequence[PreflightRule],
    ignored: Sequence[str],
    language: Language,
    today: date,
) -> LivePreflight:
    """Find a template in Azure and check it.

    Raises:
        NotSignedInError: Nobody is signed in.
        UnreadableInputError: There's no such template, there are several, or it can't be read.
        StartError: The sandbox can't start.
    """
    async with open_services(settings, knowledge) as services:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                template_id = await _find(services.azure, query)
                text = await services.azure.fetch_template_json(_LOCAL_USER, template_id)
                source = LiveSource(template_id.name, json.dumps(json.loads(text), indent=2, ensure_ascii=False))
                result = check_source(source, rules, today)
                live = await check_parsed_template_live(services.azure, _LOCAL_USER, result.templates[0], language)
        except AzureRefusedError as refused:
            if refused.refusal.reason == "sign-in":
                raise NotSignedInError from None
            raise UnreadableInputError(_describe(query.name, refused.refusal)) from None
        except TimeoutError:
            raise UnreadableInputError(_describe(query.name, AzureRefusal("too-slow"))) from None
        except ValueError:
            raise UnreadableInputError(f"{query.name}: Azure's answer isn't JSON") from None
    findings = [finding for finding in live.findings if finding.rule.id not in ignored]
    unsettled = tuple(finding for finding in result.findings if finding.rule.id not in live.settled)
    return LivePreflight(_add_findings(replace(result, findings=unsettled), findings), live.not_checked)


async def _find(azure: AzureReader, query: TemplateQuery) -> TemplateId:
    if query.template_id is not None:
        return query.template_id
    found = await azure.find_templates(_LOCAL_USER, query)
    if not found.exact_matches:
        similar = ", ".join(one.name for one in found.similar_matches)
        hint = f"; did you mean {similar}?" if similar else ""
        raise UnreadableInputError(f"{query.name}: there's no image template with this name{hint}")
    if len(found.exact_matches) > 1:
        places = ", ".join(f"-g {one.resource_group} --subscription {one.subscription}" for one in found.exact_matches)
        raise UnreadableInputError(f"{query.name}: several image templates have this name; add one of {places}")
    return found.exact_matches[0]


def _describe(name: str, refusal: AzureRefusal) -> str:
    details = [f"{refusal.action} is missing on {refusal.scope}" if refusal.action else "", refusal.code]
    shown = ", ".join(filter(None, [refusal.reason, *details]))
    return f"{name}: Azure refused to show the template: {shown}"


def _add_findings(result: PreflightResult, findings: Sequence[PreflightFinding]) -> PreflightResult:
    every = sorted(
        (*result.findings, *findings),
        key=lambda finding: (LEVELS.index(finding.level), finding.position, finding.rule.id),
    )
    return replace(result, findings=tuple(every))
