"""The checks that live rules name, and how they're applied. A check says nothing about what couldn't be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from knowledge.preflight.live.existence_checks import (
    check_elsewhere,
    check_existing,
    check_missing,
    check_missing_definition,
    check_missing_gallery,
    check_not_replicated,
    check_other_subscription,
)
from knowledge.preflight.live.image_checks import (
    check_deprecated,
    check_generation,
    check_os,
    check_plan,
    check_security,
    check_source_security,
    check_specialized,
)
from knowledge.preflight.live.live_context import LiveCheck, LiveContext
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.network_checks import (
    check_delegation,
    check_outbound,
    check_private_link_policy,
    check_reserved_subnet,
)
from knowledge.preflight.live.permissions import find_lacking_action, find_principal, list_roles
from knowledge.preflight.live.planning import find_scope
from knowledge.preflight.live.references import TemplateReference
from knowledge.preflight.live.resource_ids import get_group_name, get_name, get_parent
from knowledge.preflight.live.staging_checks import check_not_empty, check_other_owner


@dataclass(frozen=True, slots=True)
class LiveHit:
    """A reference with which something is wrong, and values for the rule's texts."""

    reference: TemplateReference
    values: Mapping[str, str]


def find_hits(rule: LiveRule, context: LiveContext) -> Iterator[LiveHit]:
    """Yield the template's references with which something is wrong as a rule says."""
    check = CHECKS[rule.check]
    for reference in context.references:
        if reference.subject in rule.subjects and reference.resource_id:
            values = check(rule, reference, context)
            if values is not None:
                yield LiveHit(reference, {"name": reference.name, "region": context.region, **values})


def is_settled(rule: LiveRule, context: LiveContext) -> bool:
    """Tell whether a rule could look at everything that it's about."""
    references = [reference for reference in context.references if reference.subject in rule.subjects]
    return all(reference.resource_id and _is_known(rule, reference, context) for reference in references)


def check_permission(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find something that the template's identity isn't allowed to do."""
    scope = find_scope(context.template, reference, context.facts)
    if not scope or not find_principal(context.template, context.references, context.facts):
        return None
    action = find_lacking_action(scope, rule.actions, context.facts, rule.are_data_actions)
    if not action:
        return None
    identity = next(found.name for found in context.references if found.subject == "identity")
    name = reference.resource_id.partition("/")[0] if reference.subject == "script" else get_name(scope)
    return {"name": name, "identity": identity, "action": action, "group": get_group_name(scope)}


def _is_known(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> bool:
    if rule.actions:
        scope = find_scope(context.template, reference, context.facts)
        return bool(scope) and list_roles(scope, context.facts) is not None
    is_subnet = reference.topic == "network"
    answer = context.facts.find(get_parent(reference.resource_id) if is_subnet else reference.resource_id)
    return answer is not None and answer.outcome in ("found", "missing")


CHECKS: Mapping[str, LiveCheck] = {
    "missing": check_missing,
    "missing-gallery": check_missing_gallery,
    "missing-definition": check_missing_definition,
    "exists": check_existing,
    "elsewhere": check_elsewhere,
    "other-subscription": check_other_subscription,
    "not-replicated": check_not_replicated,
    "plan": check_plan,
    "deprecated": check_deprecated,
    "source-security": check_source_security,
    "specialized": check_specialized,
    "os": check_os,
    "generation": check_generation,
    "security": check_security,
    "private-link-policy": check_private_link_policy,
    "delegation": check_delegation,
    "reserved-subnet": check_reserved_subnet,
    "outbound": check_outbound,
    "other-owner": check_other_owner,
    "not-empty": check_not_empty,
    "lacks-permission": check_permission,
}
"""The checks by their names in rules."""
