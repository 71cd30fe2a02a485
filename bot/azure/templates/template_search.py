"""Finds the template that is meant: by name, group, id, or by the staging group and storage account of its runs."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable, Sequence

from bot.azure.arm.names import group_of, is_account, is_group, is_ref, is_subscription
from bot.azure.clients.management_clients import Reading
from bot.azure.templates.subscription_scan import AT_ONCE, Sight, readable, see
from bot.azure.templates.template_status import Glimpse, glimpse_of, ref_of, status_of
from dialogs.model.azure import Failing, Found, Refusal, TemplateRef, Wanted
from dialogs.model.errors import LookRefused

MOST_EXACT = 25
MOST_NEAR = 5
MOST_SHOWN = 20
MOST_FAILING = 50
_CLOSE = 0.6

TAG_NAME = "imagetemplatename"
TAG_GROUP = "imagetemplateresourcegroupname"


async def find(reading: Reading, wanted: Wanted, allowed: frozenset[str]) -> Found:
    """The templates that `wanted` may mean, in the subscriptions `allowed` (empty: all). Raises `LookRefused`.

    With nothing wanted, all of them are near.
    """
    wanted = _whole(wanted)
    if wanted.subscription:
        check_allowed(wanted.subscription, allowed)
        whole = TemplateRef(wanted.subscription, wanted.resource_group, wanted.name)
        if is_ref(whole):
            try:
                template = await reading.template(whole)
                return Found((ref_of(template) or whole,), looked_in=(whole.subscription,))
            except LookRefused as failure:
                if failure.refusal.reason != "not-found" or failure.refusal.code == "SubscriptionNotFound":
                    raise
        subscriptions = {wanted.subscription: wanted.subscription}
    else:
        subscriptions = await readable(reading, allowed)
    sight = await see(reading, subscriptions)
    seen = {one.ref: one for template in sight.templates if (one := glimpse_of(template))}
    exact = [one.ref for one in seen.values() if _is_meant(wanted, one)]
    if not exact and (wanted.staging_group or wanted.account):
        exact = await _by_traces(reading, wanted, sight, seen)
    exact.sort(key=lambda ref: seen[ref].when if ref in seen else "", reverse=True)
    return Found(
        tuple(exact[:MOST_EXACT]),
        () if exact else tuple(_near(wanted, seen)),
        tuple(sorted(sight.looked_in)),
        tuple(sorted(sight.denied)),
        sight.more or len(exact) > MOST_EXACT,
        subscriptions,
    )


async def failing(reading: Reading, allowed: frozenset[str]) -> Failing:
    """Every template whose last run failed, newest first. Raises `LookRefused`."""
    sight = await see(reading, await readable(reading, allowed))
    seen = ((glimpse_of(template), template) for template in sight.templates)
    failed = [(one, template) for one, template in seen if one and one.failed]
    failed.sort(key=lambda pair: pair[0].ended, reverse=True)
    return Failing(
        tuple(status_of(one.ref, template) for one, template in failed[:MOST_FAILING]),
        tuple(sorted(sight.looked_in)),
        tuple(sorted(sight.denied)),
        sight.more or len(failed) > MOST_FAILING,
    )


def check_allowed(subscription: str, allowed: frozenset[str]) -> None:
    """Raises `LookRefused` for a subscription that is not on the operator's list."""
    if allowed and subscription.lower() not in allowed:
        raise LookRefused(
            Refusal("not-allowed", f"/subscriptions/{subscription}", subscriptions=tuple(sorted(allowed)))
        )


def _whole(wanted: Wanted) -> Wanted:
    """`wanted` with what may be sent alone, a staging group's id taken apart."""
    subscription = wanted.subscription.strip().lower()
    subscription = subscription if is_subscription(subscription) else ""
    staging = wanted.staging_group.strip()
    group = group_of(staging)
    if group:
        subscription, staging = subscription or group[0], group[1]
    account = wanted.account.strip().lower()
    return Wanted(
        wanted.name.strip(),
        wanted.resource_group.strip(),
        subscription,
        staging if is_group(staging) else "",
        account if is_account(account) else "",
    )


def _is_meant(wanted: Wanted, one: Glimpse) -> bool:
    """Whether all that is known of the wanted template is true of this one."""
    ref = one.ref
    staging = group_of(one.staging_group)
    if wanted.staging_group:
        return staging is not None and staging[1].lower() == wanted.staging_group.lower()
    if wanted.name and wanted.name.lower() != ref.name.lower():
        return False
    if wanted.resource_group and wanted.resource_group.lower() != ref.resource_group.lower():
        return False
    return bool(wanted.name or wanted.resource_group)


async def _by_traces(
    reading: Reading, wanted: Wanted, sight: Sight, seen: dict[TemplateRef, Glimpse]
) -> list[TemplateRef]:
    """The templates that a staging group's tags name, or that own the group in which a storage account is."""
    some = asyncio.Semaphore(AT_ONCE)

    async def of(subscription: str) -> TemplateRef | None:
        async with some:
            try:
                return await _trace(reading, wanted, subscription, seen)
            except LookRefused:
                return None  # this subscription does not know the group, or may not be asked

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(of(subscription)) for subscription in sight.ids]
    return list(dict.fromkeys(ref for task in tasks if (ref := task.result())))


async def _trace(
    reading: Reading, wanted: Wanted, subscription: str, seen: dict[TemplateRef, Glimpse]
) -> TemplateRef | None:
    group = wanted.staging_group
    if not group:
        accounts = await reading.accounts(subscription)
        one = next((one for one in accounts if str(one.get("name", "")).lower() == wanted.account), None)
        if one is None:
            return None
        owner = group_of("/".join(str(one.get("id", "")).split("/")[:5]))
        if owner is None:
            return None
        group = owner[1]
        for ref, glimpse in seen.items():
            if (group_of(glimpse.staging_group) or ("", ""))[1].lower() == group.lower():
                return ref
    tags = await reading.group_tags(subscription, group)
    ref = TemplateRef(subscription, tags.get(TAG_GROUP, ""), tags.get(TAG_NAME, ""))
    if not is_ref(ref):
        return None
    # a tag is no proof: somebody may have written it, and the template may be gone
    return ref_of(await reading.template(ref))


def _near(wanted: Wanted, seen: dict[TemplateRef, Glimpse]) -> Sequence[TemplateRef]:
    """The templates with a similar name, most similar first; with no name wanted, those that ran last."""
    if not wanted.name:
        return sorted(seen, key=lambda ref: seen[ref].when, reverse=True)[:MOST_SHOWN]
    name = wanted.name.lower()
    scored = ((_likeness(name, ref.name.lower()), ref) for ref in seen)
    return [ref for score, ref in _best(scored) if score >= _CLOSE][:MOST_NEAR]


def _best(scored: Iterable[tuple[float, TemplateRef]]) -> list[tuple[float, TemplateRef]]:
    return sorted(scored, key=lambda one: (-one[0], one[1].name))


def _likeness(wanted: str, name: str) -> float:
    if len(wanted) >= 3 and (wanted in name or name in wanted):
        return 0.9
    return difflib.SequenceMatcher(None, wanted, name).ratio()
