"""A template's JSON, with everything that Azure returns, and nothing of it in a log."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.sandbox.builds.scenario import read_scenario
from bot.sandbox.server import Sandbox
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.template.template_id import TemplateId
from tests.bot.azure.fake_azure import ONE, PERSON, REF, TWO, FakeAzure, FakeCredential, error, template
from tests.bot.azure.template_readers import build_reader
from tests.shipped_knowledge import DIAGNOSER

SECRET = "Tr4verse-Quarry-58"
SCRIPT = {"type": "PowerShell", "name": "user", "inline": [f"net user svc-build {SECRET} /add"]}


async def test_it_is_what_azure_returned(
    azure: FakeAzure, credential: FakeCredential, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = template(customize=[SCRIPT], futureProperty={"later": 1})
    azure.templates = [sent]
    text = await build_reader(azure, credential).fetch_template_json(PERSON, REF)
    assert json.loads(text) == sent
    assert azure.hits == [
        (
            "GET",
            f"{REF.to_resource_id()}?api-version=2025-10-01",
            f"Bearer token for {azure.cloud.resource_scope}",
        )
    ]
    assert "operation=template" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error(403, "AuthorizationFailed"), "denied"),
        (error(404, "ResourceNotFound"), "not-found"),
        (error(429, "TooManyRequests", headers={"Retry-After": "60"}), "busy"),
        ((200, {"Content-Type": "application/json"}, "{"), "unexpected"),
    ],
)
async def test_a_refusal_has_a_reason(azure: FakeAzure, credential: FakeCredential, answer: Any, reason: str) -> None:
    azure.answers["imageTemplates"] = [answer]
    with pytest.raises(AzureRefusedError) as caught:
        await build_reader(azure, credential).fetch_template_json(PERSON, REF)
    assert caught.value.refusal.reason == reason


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        (TemplateId("x", "rg", "t"), "not-found"),
        (TemplateId(ONE, "rg", "../../x"), "not-found"),
        (TemplateId(ONE, "rg", "t?x=1"), "not-found"),
        (replace(REF, subscription=TWO), "not-allowed"),
    ],
)
async def test_what_may_not_be_read_is_not_requested(
    azure: FakeAzure, credential: FakeCredential, ref: TemplateId, reason: str
) -> None:
    with pytest.raises(AzureRefusedError) as caught:
        await build_reader(azure, credential, frozenset({ONE})).fetch_template_json(PERSON, ref)
    assert caught.value.refusal.reason == reason
    assert not azure.hits


async def test_the_sandbox_has_the_scripts_that_its_logs_echo() -> None:
    (golden,) = (one for one in read_scenario().templates if one.name == "win11-golden")
    async with Sandbox() as sandbox:
        reader = open_azure_reader(AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud)
        ref = TemplateId(golden.subscription, golden.group, golden.name)
        steps = json.loads(await reader.fetch_template_json(Person("sandbox", "me"), ref))["properties"]["customize"]
        await reader.close()
    assert f"net user svc-build {SECRET} /add" in steps[0]["inline"]
    assert steps[2]["inline"][6:] == ['    Write-Error "An error occurred: $_', "}"]
