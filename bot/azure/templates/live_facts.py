"""Look up in Azure what a preflight check of a template needs: side by side, in bounded number and time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bot.azure.clients.management_clients import ManagementClients
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from knowledge.preflight.live.lookup import MAX_LOOKUPS, LiveFacts, Lookup, LookupAnswer, Outcome
from knowledge.preflight.live.planning import plan_lookups
from knowledge.preflight.live.resource_ids import get_subscription
from knowledge.preflight.preflight_input import CheckedTemplate

MARGIN_SECONDS = 0.7
"""How long before its deadline a check stops waiting, so that what was answered in time counts."""
MAX_PAGES = 3
"""Of one list. A longer one counts as unknown, since what's missing in it proves nothing."""
_PERSONAL_REASONS: frozenset[AzureRefusalReason] = frozenset({"sign-in", "consent", "conditional-access"})
"""Why nothing at all can be looked up."""
_OUTCOMES: Mapping[AzureRefusalReason, Outcome] = {
    "denied": "denied",
    "other-tenant": "hidden",
    "not-allowed": "not-allowed",
    "too-slow": "too-slow",
    "busy": "busy",
}


async def fetch_live_facts(clients: ManagementClients, template: CheckedTemplate, allowed: frozenset[str]) -> LiveFacts:
    """Look up what a template refers to, in the subscriptions `allowed` (empty: all readable ones).

    Raises:
        AzureRefusedError: Nobody is signed in, or the person has to do something before anything can be read.
    """
    facts = LiveFacts()
    while planned := plan_lookups(template, facts):
        room = max(MAX_LOOKUPS - len(facts.answers), 0)
        facts.answers |= dict.fromkeys(planned[room:], LookupAnswer("too-many"))
        facts.answers |= await _look_up_all(clients, planned[:room], allowed)
    return facts


async def _look_up_all(
    clients: ManagementClients, lookups: Sequence[Lookup], allowed: frozenset[str]
) -> dict[Lookup, LookupAnswer]:
    tasks = {lookup: asyncio.create_task(_look_up(clients, lookup, allowed)) for lookup in lookups}
    seconds = max(clients.deadline.remaining_seconds - MARGIN_SECONDS, 0.0)
    try:
        done, _ = await asyncio.wait(tasks.values(), timeout=seconds) if tasks else (set(), set())
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    return {lookup: task.result() if task in done else LookupAnswer("too-slow") for lookup, task in tasks.items()}


async def _look_up(clients: ManagementClients, lookup: Lookup, allowed: frozenset[str]) -> LookupAnswer:
    if allowed and get_subscription(lookup.path) not in allowed:
        return LookupAnswer("not-allowed")
    try:
        body = await clients.look_up(lookup.path, lookup.query)
        is_page = isinstance(body, dict) and isinstance(body.get("value"), list)
        # who asks for the first item only doesn't want the others
        if not is_page or "$top" in dict(lookup.query):
            return LookupAnswer("found", body)
        return await _read_pages(clients, body)
    except AzureRefusedError as refused:
        if refused.refusal.reason in _PERSONAL_REASONS:
            raise
        return LookupAnswer(_read_outcome(refused.refusal))


async def _read_pages(clients: ManagementClients, body: dict[str, object]) -> LookupAnswer:
    items = list(body["value"]) if isinstance(body["value"], list) else []
    for _ in range(MAX_PAGES - 1):
        if not (address := body.get("nextLink")):
            break
        body = await clients.look_up_next(str(address))
        values = body.get("value")
        items += values if isinstance(values, list) else []
    return LookupAnswer("trouble") if body.get("nextLink") else LookupAnswer("found", {"value": items})


def _read_outcome(refusal: AzureRefusal) -> Outcome:
    """Return what a refusal means. Only Azure's own word that a resource isn't there counts as missing."""
    if refusal.reason == "not-found":
        code = refusal.code.lower()
        if code.startswith(("subscription", "tenant")):
            return "hidden"
        return "missing" if code.endswith("notfound") else "trouble"
    return _OUTCOMES.get(refusal.reason, "trouble")
