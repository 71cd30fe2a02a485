"""Find the template that a query means: by name, resource group, id, or a run's staging group or storage account."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence

from bot.azure.clients.management_clients import ManagementClients
from bot.azure.templates.subscription_scan import (
    MAX_CONCURRENT_SUBSCRIPTIONS,
    SubscriptionScan,
    list_readable_subscriptions,
    scan_subscriptions,
)
from bot.azure.templates.template_status import build_template_status
from dialogs.model.azure import FailedTemplates, TemplateSearchResult, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from knowledge.azure_names import is_guid, is_resource_group_name, is_storage_account_name, parse_resource_group_id
from knowledge.template.image_template import ImageTemplate
from knowledge.template.template_id import TemplateId, TemplateQuery

MAX_EXACT = 25
MAX_SIMILAR = 5
MAX_RECENT = 20
MAX_FAILED = 50
MAX_RUNNING = 10
FAILED_STATES = frozenset({"failed", "partiallysucceeded"})
"""The states of a run that failed for all, or for some, of its distribution targets."""
_MIN_SIMILARITY = 0.6

TEMPLATE_NAME_TAG = "imagetemplatename"
TEMPLATE_GROUP_TAG = "imagetemplateresourcegroupname"


async def find_templates(
    clients: ManagementClients, query: TemplateQuery, allowed: frozenset[str]
) -> TemplateSearchResult:
    """Find the templates that `query` could mean, in the subscriptions `allowed` (empty: all readable ones).

    An empty query returns the templates that ran last, as similar matches.

    Raises:
        AzureRefusedError: No subscription could be read, or the query names one that isn't allowed.
    """
    query = _normalize_query(query)
    if query.subscription:
        check_allowed(query.subscription, allowed)
        exact_match = await _get_exact_template(clients, query)
        if exact_match:
            return TemplateSearchResult((exact_match,), searched_subscriptions=(query.subscription,))
        subscriptions = {query.subscription: query.subscription}
    else:
        subscriptions = await list_readable_subscriptions(clients, allowed)
    scan = await scan_subscriptions(clients, subscriptions)
    templates = {template.template_id: template for template in scan.templates if template.template_id}
    exact = [template_id for template_id, template in templates.items() if _is_match(query, template_id, template)]
    if not exact and (query.staging_group or query.account):
        exact = await _find_by_staging_group(clients, query, scan, templates)
    exact.sort(key=lambda template_id: _get_start(templates.get(template_id)), reverse=True)
    return TemplateSearchResult(
        tuple(exact[:MAX_EXACT]),
        () if exact else tuple(_find_similar(query, templates)),
        tuple(sorted(scan.searched_subscriptions)),
        tuple(sorted(scan.denied_subscriptions)),
        scan.has_more or len(exact) > MAX_EXACT,
        subscriptions,
    )


async def _get_exact_template(clients: ManagementClients, query: TemplateQuery) -> TemplateId | None:
    """Return the id of the template if `query` gives a full one and it exists: that costs one request."""
    template_id = TemplateId(query.subscription, query.resource_group, query.name)
    if not template_id.is_valid:
        return None
    try:
        return (await clients.get_template(template_id)).template_id or template_id
    except AzureRefusedError as failure:
        # in an unknown subscription, a search can't find anything either
        if failure.refusal.reason != "not-found" or failure.refusal.code == "SubscriptionNotFound":
            raise
        return None


async def find_failed_templates(clients: ManagementClients, allowed: frozenset[str]) -> FailedTemplates:
    """Find the templates that failed, newest first, and those that are running now. Raise `AzureRefusedError`."""
    scan = await scan_subscriptions(clients, await list_readable_subscriptions(clients, allowed))
    scan.templates.sort(key=_get_last_time, reverse=True)
    failed = [template for template in scan.templates if _has_failed(template)]
    running = [template for template in scan.templates if template.run.is_running]
    return FailedTemplates(
        _build_statuses(failed[:MAX_FAILED]),
        tuple(sorted(scan.searched_subscriptions)),
        tuple(sorted(scan.denied_subscriptions)),
        scan.has_more or len(failed) > MAX_FAILED or len(running) > MAX_RUNNING,
        running=_build_statuses(running[:MAX_RUNNING]),
        template_count=len(scan.templates),
    )


def _has_failed(template: ImageTemplate) -> bool:
    """Tell whether the last run failed, or Azure refused the template so that it never ran."""
    run = template.run
    return run.state.lower() in FAILED_STATES or (not run.state and template.provisioning.state.lower() == "failed")


def _build_statuses(templates: Sequence[ImageTemplate]) -> tuple[TemplateStatus, ...]:
    return tuple(
        build_template_status(template.template_id, template) for template in templates if template.template_id
    )


def check_allowed(subscription: str, allowed: frozenset[str]) -> None:
    """Raise `AzureRefusedError` for a subscription that isn't on the operator's list."""
    if allowed and subscription.lower() not in allowed:
        raise AzureRefusedError(
            AzureRefusal("not-allowed", f"/subscriptions/{subscription}", subscriptions=tuple(sorted(allowed)))
        )


def _normalize_query(query: TemplateQuery) -> TemplateQuery:
    """Return `query` with only the names that are safe to send, and a staging group's id split into its parts."""
    subscription = query.subscription.strip().lower()
    subscription = subscription if is_guid(subscription) else ""
    staging_group = query.staging_group.strip()
    parsed_id = parse_resource_group_id(staging_group)
    if parsed_id:
        subscription, staging_group = subscription or parsed_id[0], parsed_id[1]
    account = query.account.strip().lower()
    return TemplateQuery(
        query.name.strip(),
        query.resource_group.strip(),
        subscription,
        staging_group if is_resource_group_name(staging_group) else "",
        account if is_storage_account_name(account) else "",
    )


def _is_match(query: TemplateQuery, template_id: TemplateId, template: ImageTemplate) -> bool:
    """Tell whether the template matches everything that the query says."""
    if query.staging_group:
        return _get_group_name(template) == query.staging_group.lower()
    if query.name and query.name.lower() != template_id.name.lower():
        return False
    if query.resource_group and query.resource_group.lower() != template_id.resource_group.lower():
        return False
    return bool(query.name or query.resource_group)


async def _find_by_staging_group(
    clients: ManagementClients,
    query: TemplateQuery,
    scan: SubscriptionScan,
    templates: dict[TemplateId, ImageTemplate],
) -> list[TemplateId]:
    """Find templates by the tags of a staging group, or by the staging group that a storage account is in."""
    semaphore = asyncio.Semaphore(MAX_CONCURRENT_SUBSCRIPTIONS)

    async def search_subscription(subscription: str) -> TemplateId | None:
        async with semaphore:
            try:
                return await _find_in_subscription(clients, query, subscription, templates)
            except AzureRefusedError:
                return None  # the group isn't in this subscription, or can't be read

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(search_subscription(subscription)) for subscription in scan.subscription_ids]
    return list(dict.fromkeys(template_id for task in tasks if (template_id := task.result())))


async def _find_in_subscription(
    clients: ManagementClients, query: TemplateQuery, subscription: str, templates: dict[TemplateId, ImageTemplate]
) -> TemplateId | None:
    group = query.staging_group
    if not group:
        account_group = await _find_group_of_account(clients, subscription, query.account)
        if account_group is None:
            return None
        group = account_group
        for template_id, template in templates.items():
            if _get_group_name(template) == group.lower():
                return template_id
    tags = await clients.get_group_tags(subscription, group)
    tagged_id = TemplateId(subscription, tags.get(TEMPLATE_GROUP_TAG, ""), tags.get(TEMPLATE_NAME_TAG, ""))
    if not tagged_id.is_valid:
        return None
    # a tag proves nothing: anyone can write it, and the template may be gone
    return (await clients.get_template(tagged_id)).template_id


async def _find_group_of_account(clients: ManagementClients, subscription: str, account: str) -> str | None:
    """Return the name of the resource group that the storage account `account` is in; None if it isn't found."""
    for candidate in await clients.list_storage_accounts(subscription):
        if str(candidate.get("name", "")).lower() == account:
            # the id of the account begins with that of its group
            group_id = parse_resource_group_id("/".join(str(candidate.get("id", "")).split("/")[:5]))
            return group_id[1] if group_id else None
    return None


def _get_start(template: ImageTemplate | None) -> str:
    """Return when the last run began, or else when it ended; "" if there is none."""
    return (template.run.started or template.run.ended or "") if template else ""


def _get_last_time(template: ImageTemplate) -> str:
    """Return when the last run ended, or else when it began; "" if there is none."""
    return template.run.ended or template.run.started or ""


def _get_group_name(template: ImageTemplate) -> str:
    """Return the name of the template's staging group in lower case, "" if it has none."""
    group_id = parse_resource_group_id(template.staging_group)
    return group_id[1].lower() if group_id else ""


def _find_similar(query: TemplateQuery, templates: dict[TemplateId, ImageTemplate]) -> Sequence[TemplateId]:
    """Return the templates with a similar name, most similar first; without a name, those that ran last."""
    if not query.name:
        return sorted(templates, key=lambda template_id: _get_start(templates[template_id]), reverse=True)[:MAX_RECENT]
    name = query.name.lower()
    scored = [(_compute_similarity(name, template_id.name.lower()), template_id) for template_id in templates]
    scored.sort(key=lambda pair: (-pair[0], pair[1].name))
    return [template_id for score, template_id in scored if score >= _MIN_SIMILARITY][:MAX_SIMILAR]


def _compute_similarity(query_name: str, name: str) -> float:
    if len(query_name) >= 3 and (query_name in name or name in query_name):
        return 0.9
    return difflib.SequenceMatcher(None, query_name, name).ratio()
