"""Reads the templates of many subscriptions at once, within a time, and says where it looked and where it could not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from azure.mgmt.imagebuilder.models import ImageTemplate

from bot.azure.arm.names import is_subscription_id
from bot.azure.clients.management_clients import ManagementClients
from dialogs.model.errors import AzureRefusedError

MAX_CONCURRENT_SUBSCRIPTIONS = 6
"""Subscriptions that are read at the same time."""
RESERVED_SECONDS = 0.7
"""Seconds of the deadline that are left for making something of what was found."""


@dataclass(slots=True)
class SubscriptionScan:
    """The templates that were seen. `looked_in` and `denied` are names of subscriptions; `ids` of those asked."""

    templates: list[ImageTemplate] = field(default_factory=list)
    subscription_ids: list[str] = field(default_factory=list)
    searched_subscriptions: list[str] = field(default_factory=list)
    denied_subscriptions: list[str] = field(default_factory=list)
    has_more: bool = False


async def list_readable_subscriptions(clients: ManagementClients, allowed: frozenset[str]) -> dict[str, str]:
    """The subscriptions to look at, id and name; those of `allowed` alone where it is not empty.

    Raises `LookRefused`.
    """
    names: dict[str, str] = {}
    for one in await clients.list_subscriptions():
        key = str(one.get("subscriptionId", "")).lower()
        if is_subscription_id(key):
            names[key] = str(one.get("displayName") or key)
    if not allowed:
        return names
    # one that the list names and the identity cannot see is asked all the same: the answer says what is missing
    return {key: names.get(key, key) for key in sorted(allowed)}


async def scan_subscriptions(clients: ManagementClients, subscriptions: dict[str, str]) -> SubscriptionScan:
    """The templates of `subscriptions`. Raises `LookRefused` when not one of them could be read."""
    sight = SubscriptionScan(subscription_ids=list(subscriptions))
    failures: list[AzureRefusedError] = []
    some = asyncio.Semaphore(MAX_CONCURRENT_SUBSCRIPTIONS)

    async def scan_one(subscription: str, name: str) -> None:
        async with some:
            try:
                async for template in clients.list_templates(subscription):
                    sight.templates.append(template)
                sight.searched_subscriptions.append(name)
            except AzureRefusedError as failure:
                failures.append(failure)
                sight.denied_subscriptions.append(name)

    tasks = {asyncio.create_task(scan_one(key, name)): name for key, name in subscriptions.items()}
    try:
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=max(clients.deadline.remaining_seconds - RESERVED_SECONDS, 0.1))
            sight.has_more = bool(late)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failures and not sight.searched_subscriptions and not sight.templates and not sight.has_more:
        raise next((one for one in failures if one.refusal.reason != "denied"), failures[0])
    return sight
