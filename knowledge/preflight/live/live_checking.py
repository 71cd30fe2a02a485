"""Check a template against what was looked up in Azure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.preflight.finding import PreflightFinding
from knowledge.preflight.live.live_checks import LiveHit, find_hits, is_settled
from knowledge.preflight.live.live_context import LiveContext
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.lookup import LiveFacts, Outcome, Topic
from knowledge.preflight.live.planning import build_accounts_path, find_container
from knowledge.preflight.live.references import TemplateReference
from knowledge.preflight.live.resource_ids import get_group_name, get_name
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.rule import LEVELS
from knowledge.redaction.redact import redact

MAX_LIVE_FINDINGS = 100
_MAX_VALUE_CHARS = 80


@dataclass(frozen=True, slots=True)
class UncheckedResource:
    """Something that couldn't be looked at.

    Attributes:
        name: The resource's name; "" for roles, and for what isn't named.
        group: The name of its resource group, or the ID of its subscription if it's in none.
    """

    topic: Topic
    reason: Outcome
    name: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What the live rules found, the worst first, and what couldn't be looked at.

    `settled` names the rules for files that only say what would have to be looked up, and now was.
    """

    findings: tuple[PreflightFinding, ...]
    unchecked: tuple[UncheckedResource, ...]
    settled: frozenset[str] = frozenset()


def check_live(template: CheckedTemplate, facts: LiveFacts, rules: Sequence[LiveRule]) -> LiveResult:
    """Apply the live rules to a template."""
    context = LiveContext(template, facts)
    findings = [_build_finding(rule, hit, template) for rule in rules for hit in find_hits(rule, context)]
    findings.sort(key=lambda finding: (LEVELS.index(finding.level), finding.position, finding.rule.id))
    unchecked = dict.fromkeys(_list_unchecked(context))
    settled = frozenset(file_rule for rule in rules for file_rule in rule.settles if is_settled(rule, context))
    return LiveResult(tuple(findings[:MAX_LIVE_FINDINGS]), tuple(unchecked), settled)


def _build_finding(rule: LiveRule, hit: LiveHit, template: CheckedTemplate) -> PreflightFinding:
    place = hit.reference.place
    return PreflightFinding(
        rule.rule,
        rule.rule.level,
        template,
        template.source,
        redact(place.path),
        template.source.locate(hit.reference.start),
        place.part,
        values={name: _shorten(redact(value)) for name, value in hit.values.items() if value},
    )


def _list_unchecked(context: LiveContext) -> Iterator[UncheckedResource]:
    for reference in context.references:
        if not reference.resource_id:
            yield UncheckedResource(reference.topic, "unnamed")
        elif reference.subject == "script" and _is_account_unknown(reference, context):
            yield UncheckedResource("storage", "hidden", reference.resource_id.partition("/")[0])
    for lookup, outcome in context.facts.iterate_failures():
        group = _clean(get_group_name(lookup.path))
        if lookup.topic == "roles":
            yield UncheckedResource("roles", outcome, group=group)
        elif lookup.topic in ("source", "storage"):
            yield UncheckedResource(lookup.topic, outcome, group=group)
        else:
            name = lookup.path.removesuffix("/resources")
            yield UncheckedResource(lookup.topic, outcome, _clean(get_name(name)), group)


def _is_account_unknown(reference: TemplateReference, context: LiveContext) -> bool:
    path = build_accounts_path(context.template)
    bodies = context.facts.list_bodies(path)
    return bodies is not None and not find_container(context.template, reference, context.facts)


def _clean(text: str) -> str:
    return _shorten(redact(text))


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[: _MAX_VALUE_CHARS - 1]}…"
