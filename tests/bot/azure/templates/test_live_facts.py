"""Looking up what a template refers to: over HTTP, by GET only, with the person's token, in bounded number and time."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from bot.azure.templates.template_reader import AzureTemplateReader
from dialogs.live_checks.template_live_check import check_parsed_template_live
from dialogs.model.azure import AccessMode
from dialogs.model.errors import AzureRefusedError
from knowledge.preflight.live.lookup import MAX_LOOKUPS, Outcome
from knowledge.preflight.preflight_input import CheckedTemplate
from tests.bot.azure.fake_azure import PERSON, FakeAzure, FakeCredential, FakeCredentialProvider, error
from tests.bot.azure.template_readers import build_reader
from tests.knowledge.preflight.live.good_azure import (
    DEFINITION,
    IDENTITY,
    IMAGES,
    NETWORK,
    SUBSCRIPTION,
    VM_IDENTITY,
    VNET,
    Azure,
    build_assignment,
    build_azure,
    build_template,
    read_template,
)
from tests.shipped_knowledge import DIAGNOSER

ROLES = "/providers/Microsoft.Authorization/roleAssignments"


def put_into(azure: FakeAzure, good: Azure) -> None:
    """Let a server answer as `good` says."""
    for path, body in good.items():
        answer = error(404, "ResourceNotFound") if body is None else (200, {}, body)
        azure.answers[f"^GET {re.escape(path)}$"] = [answer]


@pytest.fixture
def template(azure: FakeAzure) -> CheckedTemplate:
    put_into(azure, build_azure())
    return read_template(build_template())


def refuse(azure: FakeAzure, path: str, answer: Any) -> None:
    azure.answers[f"^GET {re.escape(path)}$"] = [answer]


async def test_all_is_looked_up_by_get_with_the_persons_token(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader = build_reader(azure, credential)
    result = await check_parsed_template_live(reader, PERSON, template, "en")
    assert result.findings == ()
    assert result.was_looked_up
    assert result.not_checked == ("policies, locks, quotas, firewalls, and whether script URLs respond",)
    assert {method for method, *_ in azure.hits} == {"GET"}
    assert azure.tokens == {f"Bearer token for {azure.cloud.resource_scope}"}
    assert len(azure.hits) <= MAX_LOOKUPS
    (line,) = [record.getMessage() for record in caplog.records if "operation=live-checks" in record.getMessage()]
    assert "result=ok" in line
    assert "imageTemplates/golden" in line


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error(403, "AuthorizationFailed"), "denied"),
        (error(404, "ResourceNotFound"), "missing"),
        (error(404, "ResourceGroupNotFound"), "missing"),
        (error(404, "SubscriptionNotFound"), "hidden"),
        (error(404, "InvalidResourceType"), "trouble"),
        (error(401, "InvalidAuthenticationTokenTenant"), "hidden"),
        (error(429, "TooManyRequests", headers={"Retry-After": "60"}), "busy"),
        (error(409, "MissingSubscriptionRegistration"), "trouble"),
        (error(500, "InternalServerError"), "trouble"),
        ((200, {"Content-Type": "application/json"}, "{"), "trouble"),
        ((302, {"Location": "https://example.com/"}, ""), "trouble"),
        ("drop", "trouble"),
    ],
)
async def test_one_refusal_is_an_answer_and_the_rest_is_looked_up(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate, answer: Any, outcome: Outcome
) -> None:
    refuse(azure, VNET, answer)
    facts = await build_reader(azure, credential).fetch_live_facts(PERSON, template)
    found = facts.find(VNET)
    assert found is not None
    assert found.outcome == outcome
    assert facts.get_body(DEFINITION) is not None


async def test_what_does_not_answer_in_time_is_left_out(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    refuse(azure, VNET, "hang")
    facts = await build_reader(azure, credential, seconds=2).fetch_live_facts(PERSON, template)
    found = facts.find(VNET)
    assert found is not None
    assert found.outcome == "too-slow"
    assert facts.get_body(IDENTITY) is not None


async def test_what_was_not_looked_at_is_said_in_the_persons_language(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    refuse(azure, f"{NETWORK}{ROLES}", error(403, "AuthorizationFailed"))
    reader = build_reader(azure, credential)
    english = await check_parsed_template_live(reader, PERSON, template, "en")
    italian = await check_parsed_template_live(reader, PERSON, template, "it")
    assert english.findings == italian.findings == ()
    assert english.not_checked[0] == "role assignments (no access to rg-network)"
    assert italian.not_checked[0] == "le assegnazioni di ruolo (nessun accesso a rg-network)"


async def test_a_list_is_read_to_its_end(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    path = f"{NETWORK}{ROLES}"
    full = build_azure()[path]["value"]
    link = f"{azure.url}{path}?api-version=2022-04-01&$skipToken=2"
    azure.answers[f"^GET {re.escape(path)}$"] = [(200, {}, {"value": [], "nextLink": link}), (200, {}, {"value": full})]
    facts = await build_reader(azure, credential).fetch_live_facts(PERSON, template)
    assert facts.list_bodies(path) == full


@pytest.mark.parametrize("link", ["https://example.com/next", "/subscriptions/x/providers/Microsoft.KeyVault/vaults"])
async def test_a_next_page_elsewhere_gets_no_token(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate, link: str
) -> None:
    refuse(azure, f"{NETWORK}{ROLES}", (200, {}, {"value": [], "nextLink": link}))
    facts = await build_reader(azure, credential).fetch_live_facts(PERSON, template)
    found = facts.find(f"{NETWORK}{ROLES}")
    assert found is not None
    assert found.outcome == "trouble"
    assert not any("KeyVault" in path for path in azure.paths)


async def test_an_endless_list_is_given_up(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    path = f"{NETWORK}{ROLES}"
    link = f"{azure.url}{path}?api-version=2022-04-01"
    assignment = build_assignment(SUBSCRIPTION, NETWORK)
    refuse(azure, path, (200, {}, {"value": [assignment], "nextLink": link}))
    facts = await build_reader(azure, credential).fetch_live_facts(PERSON, template)
    found = facts.find(path)
    assert found is not None
    assert found.outcome == "trouble"
    assert azure.paths.count(f"GET {path}") <= 3


async def test_a_template_with_many_references_asks_no_more_than_the_limit(
    azure: FakeAzure, credential: FakeCredential
) -> None:
    put_into(azure, build_azure())
    identities = [VM_IDENTITY.replace("id-vm", f"id-{number}") for number in range(40)]
    targets = [
        {"type": "SharedImage", "runOutputName": str(number), "galleryImageId": f"{DEFINITION}{number}"}
        for number in range(12)
    ]
    many = build_template(vmProfile={"userAssignedIdentities": identities}, distribute=targets)
    result = await check_parsed_template_live(build_reader(azure, credential), PERSON, read_template(many), "en")
    assert len(azure.hits) <= MAX_LOOKUPS
    assert len(result.not_checked) == 8
    assert result.not_checked[-2].endswith(" more")


async def test_the_operators_list_limits_what_a_template_can_have_looked_up(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    other = "c4b7d912-0e5a-4f68-8a23-71d9e5f0b46c"
    group = build_template(stagingResourceGroup=f"/subscriptions/{other}/resourceGroups/rg-x")
    reader = build_reader(azure, credential, frozenset({SUBSCRIPTION}))
    facts = await reader.fetch_live_facts(PERSON, read_template(group))
    assert not any(other in path for path in azure.paths)
    assert any(outcome == "not-allowed" for _, outcome in facts.iterate_failures())


async def test_a_template_outside_the_operators_list_is_not_checked(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    reader = build_reader(azure, credential, frozenset({"c4b7d912-0e5a-4f68-8a23-71d9e5f0b46c"}))
    result = await check_parsed_template_live(reader, PERSON, template, "en")
    assert result.not_checked == ("everything in Azure: this bot doesn't read it for you",)
    assert azure.hits == []


async def test_without_a_sign_in_nothing_is_claimed(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate
) -> None:
    credential.fails = ClientAuthenticationError("nobody is signed in")
    result = await check_parsed_template_live(build_reader(azure, credential), PERSON, template, "en")
    assert (result.findings, result.was_looked_up) == ((), False)
    assert result.not_checked == ("everything in Azure: you aren't signed in",)
    assert azure.hits == []


async def test_the_bots_own_identity_is_never_used(
    azure: FakeAzure, credential: FakeCredential, template: CheckedTemplate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mode: AccessMode = "bot"
    reader = AzureTemplateReader(mode, azure.cloud, FakeCredentialProvider(credential), DIAGNOSER)
    result = await check_parsed_template_live(reader, PERSON, template, "en")
    assert (result.findings, result.was_looked_up) == ((), False)
    assert "own identity" in result.not_checked[0]
    with pytest.raises(AzureRefusedError) as caught:
        await reader.fetch_live_facts(PERSON, template)
    assert caught.value.refusal.reason == "not-allowed"
    assert (azure.hits, credential.asked) == ([], [])
    assert "operation=live-checks" in caplog.text


async def test_a_hostile_id_is_not_requested(azure: FakeAzure, credential: FakeCredential) -> None:
    put_into(azure, build_azure())
    hostile = build_template(
        stagingResourceGroup=f"{IMAGES}/providers/Microsoft.KeyVault/vaults/v",
        source={"publisher": "a", "offer": "b/../../..", "sku": "c?x=1", "version": "latest"},
        distribute=[{"type": "SharedImage", "galleryImageId": f"{DEFINITION}/../../../listKeys"}],
        vmProfile={"userAssignedIdentities": [f"{VM_IDENTITY}%2f..%2f..", "https://example.com/x"]},
    )
    await build_reader(azure, credential).fetch_live_facts(PERSON, read_template(hostile))
    assert not any(word in path for path in azure.paths for word in ("KeyVault", "listKeys", "..", "%2f", "example"))
