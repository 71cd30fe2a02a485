"""Finds the template that is meant: by name, group, id, or by the staging group and storage account of its runs."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable, Sequence

from bot.azure.arm.names import (
    is_resource_group_name,
    is_storage_account_name,
    is_subscription_id,
    is_valid_template_id,
    parse_resource_group_id,
)
from bot.azure.clients.management_clients import ManagementClients
from bot.azure.templates.subscription_scan import (
    MAX_CONCURRENT_SUBSCRIPTIONS,
    SubscriptionScan,
    list_readable_subscriptions,
    scan_subscriptions,
)
from bot.azure.templates.template_status import (
    TemplateSummary,
    build_template_status,
    read_template_id,
    summarize_template,
)
from dialogs.model.azure import AzureRefusal, FailedTemplates, TemplateId, TemplateQuery, TemplateSearchResult
from dialogs.model.errors import AzureRefusedError

MAX_EXACT = 25
MAX_SIMILAR = 5
MAX_RECENT = 20
MAX_FAILED = 50
_MIN_SIMILARITY = 0.6

TEMPLATE_NAME_TAG = "imagetemplatename"
TEMPLATE_GROUP_TAG = "imagetemplateresourcegroupname"


async def find_templates(
    clients: ManagementClients, query: TemplateQuery, allowed: frozenset[str]
) -> TemplateSearchResult:
    """The templates that `wanted` may mean, in the subscriptions `allowed` (empty: all). Raises `LookRefused`.

    With nothing wanted, all of them are near.
    """
    query = _normalize_query(query)
    if query.subscription:
        check_allowed(query.subscription, allowed)
        whole = TemplateId(query.subscription, query.resource_group, query.name)
        if is_valid_template_id(whole):
            try:
                template = await clients.get_template(whole)
                return TemplateSearchResult(
                    (read_template_id(template) or whole,), searched_subscriptions=(whole.subscription,)
                )
            except AzureRefusedError as failure:
                if failure.refusal.reason != "not-found" or failure.refusal.code == "SubscriptionNotFound":
                    raise
        subscriptions = {query.subscription: query.subscription}
    else:
        subscriptions = await list_readable_subscriptions(clients, allowed)
    sight = await scan_subscriptions(clients, subscriptions)
    seen = {one.template_id: one for template in sight.templates if (one := summarize_template(template))}
    exact = [one.template_id for one in seen.values() if _is_match(query, one)]
    if not exact and (query.staging_group or query.account):
        exact = await _find_by_staging_group(clients, query, sight, seen)
    exact.sort(key=lambda ref: seen[ref].started if ref in seen else "", reverse=True)
    return TemplateSearchResult(
        tuple(exact[:MAX_EXACT]),
        () if exact else tuple(_find_similar(query, seen)),
        tuple(sorted(sight.searched_subscriptions)),
        tuple(sorted(sight.denied_subscriptions)),
        sight.has_more or len(exact) > MAX_EXACT,
        subscriptions,
    )


async def find_failed_templates(clients: ManagementClients, allowed: frozenset[str]) -> FailedTemplates:
    """Every template whose last run failed, newest first. Raises `LookRefused`."""
    sight = await scan_subscriptions(clients, await list_readable_subscriptions(clients, allowed))
    seen = ((summarize_template(template), template) for template in sight.templates)
    failed = [(one, template) for one, template in seen if one and one.has_failed]
    failed.sort(key=lambda pair: pair[0].ended, reverse=True)
    return FailedTemplates(
        tuple(build_template_status(one.template_id, template) for one, template in failed[:MAX_FAILED]),
        tuple(sorted(sight.searched_subscriptions)),
        tuple(sorted(sight.denied_subscriptions)),
        sight.has_more or len(failed) > MAX_FAILED,
    )


def check_allowed(subscription: str, allowed: frozenset[str]) -> None:
    """Raises `LookRefused` for a subscription that is not on the operator's list."""
    if allowed and subscription.lower() not in allowed:
        raise AzureRefusedError(
            AzureRefusal("not-allowed", f"/subscriptions/{subscription}", subscriptions=tuple(sorted(allowed)))
        )


def _normalize_query(query: TemplateQuery) -> TemplateQuery:
    """`wanted` with what may be sent alone, a staging group's id taken apart."""
    subscription = query.subscription.strip().lower()
    subscription = subscription if is_subscription_id(subscription) else ""
    staging = query.staging_group.strip()
    group = parse_resource_group_id(staging)
    if group:
        subscription, staging = subscription or group[0], group[1]
    account = query.account.strip().lower()
    return TemplateQuery(
        query.name.strip(),
        query.resource_group.strip(),
        subscription,
        staging if is_resource_group_name(staging) else "",
        account if is_storage_account_name(account) else "",
    )


def _is_match(query: TemplateQuery, summary: TemplateSummary) -> bool:
    """Whether all that is known of the wanted template is true of this one."""
    ref = summary.template_id
    staging = parse_resource_group_id(summary.staging_group)
    if query.staging_group:
        return staging is not None and staging[1].lower() == query.staging_group.lower()
    if query.name and query.name.lower() != ref.name.lower():
        return False
    if query.resource_group and query.resource_group.lower() != ref.resource_group.lower():
        return False
    return bool(query.name or query.resource_group)


async def _find_by_staging_group(
    clients: ManagementClients,
    query: TemplateQuery,
    scan: SubscriptionScan,
    summaries: dict[TemplateId, TemplateSummary],
) -> list[TemplateId]:
    """The templates that a staging group's tags name, or that own the group in which a storage account is."""
    some = asyncio.Semaphore(MAX_CONCURRENT_SUBSCRIPTIONS)

    async def search_subscription(subscription: str) -> TemplateId | None:
        async with some:
            try:
                return await _find_in_subscription(clients, query, subscription, summaries)
            except AzureRefusedError:
                return None  # this subscription does not know the group, or may not be asked

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(search_subscription(subscription)) for subscription in scan.subscription_ids]
    return list(dict.fromkeys(ref for task in tasks if (ref := task.result())))


async def _find_in_subscription(
    clients: ManagementClients, query: TemplateQuery, subscription: str, summaries: dict[TemplateId, TemplateSummary]
) -> TemplateId | None:
    group = query.staging_group
    if not group:
        accounts = await clients.list_storage_accounts(subscription)
        one = next((one for one in accounts if str(one.get("name", "")).lower() == query.account), None)
        if one is None:
            return None
        owner = parse_resource_group_id("/".join(str(one.get("id", "")).split("/")[:5]))
        if owner is None:
            return None
        group = owner[1]
        for ref, glimpse in summaries.items():
            if (parse_resource_group_id(glimpse.staging_group) or ("", ""))[1].lower() == group.lower():
                return ref
    tags = await clients.get_group_tags(subscription, group)
    ref = TemplateId(subscription, tags.get(TEMPLATE_GROUP_TAG, ""), tags.get(TEMPLATE_NAME_TAG, ""))
    if not is_valid_template_id(ref):
        return None
    # a tag is no proof: somebody may have written it, and the template may be gone
    return read_template_id(await clients.get_template(ref))


def _find_similar(query: TemplateQuery, summaries: dict[TemplateId, TemplateSummary]) -> Sequence[TemplateId]:
    """The templates with a similar name, most similar first; with no name wanted, those that ran last."""
    if not query.name:
        return sorted(summaries, key=lambda ref: summaries[ref].started, reverse=True)[:MAX_RECENT]
    name = query.name.lower()
    scored = ((_compute_similarity(name, ref.name.lower()), ref) for ref in summaries)
    return [ref for score, ref in _sort_by_score(scored) if score >= _MIN_SIMILARITY][:MAX_SIMILAR]


def _sort_by_score(scored: Iterable[tuple[float, TemplateId]]) -> list[tuple[float, TemplateId]]:
    return sorted(scored, key=lambda one: (-one[0], one[1].name))


def _compute_similarity(query_name: str, name: str) -> float:
    if len(query_name) >= 3 and (query_name in name or name in query_name):
        return 0.9
    return difflib.SequenceMatcher(None, query_name, name).ratio()
