"""Read the templates of many subscriptions concurrently, within a deadline, and report which couldn't be read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.azure.clients.management_clients import ManagementClients
from dialogs.model.errors import AzureRefusedError
from knowledge.azure_names import is_guid
from knowledge.template.image_template import ImageTemplate

MAX_CONCURRENT_SUBSCRIPTIONS = 6
"""How many subscriptions are read at the same time."""
RESERVED_SECONDS = 0.7
"""How much of the deadline is reserved for building the result."""


@dataclass(slots=True)
class SubscriptionScan:
    """The templates that a scan found.

    `searched_subscriptions` and `denied_subscriptions` are display names; `subscription_ids` are all that were queried.
    `has_more` says that the deadline cut the scan short.
    """

    templates: list[ImageTemplate] = field(default_factory=list)
    subscription_ids: list[str] = field(default_factory=list)
    searched_subscriptions: list[str] = field(default_factory=list)
    denied_subscriptions: list[str] = field(default_factory=list)
    has_more: bool = False


async def list_readable_subscriptions(clients: ManagementClients, allowed: frozenset[str]) -> dict[str, str]:
    """Return the subscriptions to scan, display name by id. If `allowed` isn't empty, exactly those.

    Raises:
        AzureRefusedError: The subscriptions could not be listed.
    """
    names: dict[str, str] = {}
    for subscription in await clients.list_subscriptions():
        subscription_id = str(subscription.get("subscriptionId", "")).lower()
        if is_guid(subscription_id):
            names[subscription_id] = str(subscription.get("displayName") or subscription_id)
    if not allowed:
        return names
    # an allowed subscription that the identity can't see is queried too: the error response says what is missing
    return {subscription_id: names.get(subscription_id, subscription_id) for subscription_id in sorted(allowed)}


async def scan_subscriptions(clients: ManagementClients, subscriptions: dict[str, str]) -> SubscriptionScan:
    """Read the templates of `subscriptions` (display name by id). Raise `AzureRefusedError` if none could be read."""
    scan = SubscriptionScan(subscription_ids=list(subscriptions))
    failures: list[AzureRefusedError] = []
    semaphore = asyncio.Semaphore(MAX_CONCURRENT_SUBSCRIPTIONS)

    async def scan_subscription(subscription: str, name: str) -> None:
        async with semaphore:
            try:
                async for template in clients.list_templates(subscription):
                    scan.templates.append(template)
                scan.searched_subscriptions.append(name)
            except AzureRefusedError as failure:
                failures.append(failure)
                scan.denied_subscriptions.append(name)

    tasks = [asyncio.create_task(scan_subscription(key, name)) for key, name in subscriptions.items()]
    try:
        if tasks:
            timeout = max(clients.deadline.remaining_seconds - RESERVED_SECONDS, 0.1)
            _, unfinished = await asyncio.wait(tasks, timeout=timeout)
            scan.has_more = bool(unfinished)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failures and not scan.searched_subscriptions and not scan.templates and not scan.has_more:
        # any other reason tells the person more than a missing permission in one of many subscriptions
        raise next((failure for failure in failures if failure.refusal.reason != "denied"), failures[0])
    return scan
