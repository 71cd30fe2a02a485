"""A template in Azure is also checked against what it refers to, and the answer says what couldn't be looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from tests.dialogs.azure.fake_azure import GOLDEN, FakeAzure, LookingChat
from tests.dialogs.preflight.test_preflight import open_chat
from tests.knowledge.preflight.live.good_azure import NETWORK, VNET, build_azure, build_template, look_up, read_template

ROLES = f"{NETWORK}/providers/Microsoft.Authorization/roleAssignments"
NEVER = {"en-US": "policies, locks, quotas, firewalls", "it-IT": "criteri, blocchi, quote, firewall"}


def open_live_chat(locale: str = "en-US", mode: Any = "user", **changes: Any) -> LookingChat:
    """A chat about a template, in an Azure in which some paths have other answers."""
    good = build_azure() | changes.pop("answers", {})
    template = build_template(customize=[])
    template["properties"]["vmProfile"]["vmSize"] = "Standard_D2ds_v5"
    azure = FakeAzure(mode)
    azure.template_texts[GOLDEN] = json.dumps(template)
    azure.live_facts = look_up(read_template(template), good)
    return open_chat(locale, azure)


async def check(chat: LookingChat, yes: str = "yes") -> str:
    await chat.say("check win11-golden")
    return await chat.say(yes)


@pytest.mark.parametrize(
    ("locale", "yes", "said"),
    [
        ("en-US", "yes", "✖ Will fail: The subnet snet-build doesn't exist in rg-network"),
        ("it-IT", "sì", "✖ Non riuscirà: La subnet snet-build non esiste in rg-network"),
    ],
)
async def test_what_is_wrong_in_azure_is_in_the_list(locale: str, yes: str, said: str) -> None:
    shown = await check(open_live_chat(locale, answers={VNET: None}), yes)
    assert said in shown
    assert NEVER[locale] in shown
    assert "permissions, networks" not in shown


async def test_what_was_looked_up_is_no_advice_anymore() -> None:
    shown = await check(open_live_chat())
    assert "must be allowed to assign" not in shown
    assert "golden: I found nothing that would fail" in shown


async def test_its_fix_can_be_shown() -> None:
    chat = open_live_chat(answers={VNET: None})
    await check(chat)
    assert "Correct the ID in vnetConfig." in await chat.press("Show the fix")


async def test_what_could_not_be_looked_at_is_named() -> None:
    shown = await check(open_live_chat(answers={ROLES: "denied"}))
    assert "Not checked: " in shown
    assert "role assignments (no access to rg-network)" in shown


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("too-slow", "it didn't answer in time"),
        ("no-network", "there's no connection"),
        ("busy", "everything in Azure"),
    ],
)
async def test_a_refusal_leaves_the_findings_of_the_file(reason: AzureRefusalReason, said: str) -> None:
    chat = open_live_chat()
    assert chat.azure is not None
    chat.azure.refusals["live_facts"] = AzureRefusal(reason)
    shown = await check(chat)
    assert "golden: " in shown
    assert said in shown


async def test_with_the_bots_identity_nothing_is_looked_up() -> None:
    chat = open_live_chat(mode="bot", answers={VNET: None})
    shown = await check(chat)
    assert "snet-build" not in shown
    assert "own identity" in shown
    assert chat.azure is not None
    assert all(kind != "live_facts" for kind, _ in chat.azure.asked)
