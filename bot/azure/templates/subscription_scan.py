"""Reads the templates of many subscriptions at once, within a time, and says where it looked and where it could not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from azure.mgmt.imagebuilder.models import ImageTemplate

from bot.azure.arm.names import is_subscription
from bot.azure.clients.management_clients import Reading
from dialogs.model.errors import LookRefused

AT_ONCE = 6
"""Subscriptions that are read at the same time."""
KEPT_BACK = 0.7
"""Seconds of the deadline that are left for making something of what was found."""


@dataclass(slots=True)
class Sight:
    """The templates that were seen. `looked_in` and `denied` are names of subscriptions; `ids` of those asked."""

    templates: list[ImageTemplate] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    looked_in: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    more: bool = False


async def readable(reading: Reading, allowed: frozenset[str]) -> dict[str, str]:
    """The subscriptions to look at, id and name; those of `allowed` alone where it is not empty.

    Raises `LookRefused`.
    """
    names: dict[str, str] = {}
    for one in await reading.subscriptions():
        key = str(one.get("subscriptionId", "")).lower()
        if is_subscription(key):
            names[key] = str(one.get("displayName") or key)
    if not allowed:
        return names
    # one that the list names and the identity cannot see is asked all the same: the answer says what is missing
    return {key: names.get(key, key) for key in sorted(allowed)}


async def see(reading: Reading, subscriptions: dict[str, str]) -> Sight:
    """The templates of `subscriptions`. Raises `LookRefused` when not one of them could be read."""
    sight = Sight(ids=list(subscriptions))
    failures: list[LookRefused] = []
    some = asyncio.Semaphore(AT_ONCE)

    async def one(subscription: str, name: str) -> None:
        async with some:
            try:
                async for template in reading.templates(subscription):
                    sight.templates.append(template)
                sight.looked_in.append(name)
            except LookRefused as failure:
                failures.append(failure)
                sight.denied.append(name)

    tasks = {asyncio.create_task(one(key, name)): name for key, name in subscriptions.items()}
    try:
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=max(reading.deadline.left - KEPT_BACK, 0.1))
            sight.more = bool(late)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failures and not sight.looked_in and not sight.templates and not sight.more:
        raise next((one for one in failures if one.refusal.reason != "denied"), failures[0])
    return sight
