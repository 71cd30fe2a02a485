"""The sandbox's templates in rg-checks: each live check finds its mistake there, over HTTP, and is silent elsewhere."""

from __future__ import annotations

import pytest
from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.sandbox.builds.scenario import read_scenario
from dialogs.live_checks.template_live_check import LiveCheckResult, check_template_live
from knowledge.preflight.live.live_rule_catalog import load_live_rules
from knowledge.template.template_id import TemplateId
from tests.bot.sandbox.clients import NEWCOMER
from tests.bot.sandbox.recording import RecordingSandbox
from tests.shipped_knowledge import DIAGNOSER

EXPECTED: dict[str, set[str]] = {
    "preflight-good": set(),
    "preflight-network": {
        "subnet-elsewhere", "subnet-reserved", "subnet-no-outbound", "container-subnet-not-delegated",
    },
    "preflight-subnet": {"subnet-private-link-policy"},
    "preflight-no-subnet": {"subnet-gone"},
    "preflight-gallery": {
        "source-version-elsewhere", "target-gallery-gone", "target-definition-gone", "target-generation-differs",
        "target-os-differs", "target-security-differs", "target-specialized", "target-version-exists",
    },
    "preflight-specialized": {"source-specialized"},
    "preflight-marketplace": {
        "source-plan-missing", "source-image-deprecated", "source-security-unsupported", "target-group-gone",
    },
    "preflight-misspelled": {"source-image-gone"},
    "preflight-identity": {
        "identity-cannot-write-version", "identity-cannot-write-image", "identity-cannot-join-subnet",
        "identity-cannot-assign-vm-identity", "identity-cannot-read-scripts", "vm-identity-gone",
    },
    "preflight-staging": {"staging-group-elsewhere", "staging-group-taken", "identity-cannot-use-staging-group"},
    "preflight-staging-full": {"staging-group-not-empty"},
    "preflight-managed": {"source-managed-image-elsewhere"},
    "preflight-elsewhere": {
        "source-managed-image-gone", "source-managed-image-subscription", "staging-group-subscription",
        "staging-group-taken",
    },
    "preflight-no-role": {"identity-cannot-read-managed-image"},
    "preflight-no-reader": {"identity-cannot-read-source"},
    "preflight-secret": set(),
    # templates that show something else, and this, too
    "rhel-base": {"identity-cannot-join-subnet"},
    "rhel-sap": {"identity-gone"},
    "ubuntu-gpu": {"source-version-gone"},
}  # fmt: skip
TEMPLATES = {template.name: template for template in read_scenario().templates if not template.denied}


async def check(sandbox: RecordingSandbox, name: str) -> LiveCheckResult:
    template = TEMPLATES[name]
    reader = open_azure_reader(AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud)
    template_id = TemplateId(template.subscription, template.group, template.name)
    text = await reader.fetch_template_json(NEWCOMER, template_id)
    return await check_template_live(reader, NEWCOMER, text, name, "en")


def list_ids(result: LiveCheckResult) -> set[str]:
    return {finding.rule.id for finding in result.findings}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
async def test_a_template_shows_what_it_says(sandbox: RecordingSandbox, name: str, expected: set[str]) -> None:
    assert list_ids(await check(sandbox, name)) == expected
    assert {line.split(" ")[0] for line in sandbox.guard.request_log} == {"GET"}


def test_every_rule_is_shown() -> None:
    assert set().union(*EXPECTED.values()) == {rule.rule.id for rule in load_live_rules()}


@pytest.mark.parametrize(
    "name", sorted(name for name in TEMPLATES if name not in EXPECTED and name != "win11-notebooks")
)
async def test_every_other_template_finds_what_it_needs(sandbox: RecordingSandbox, name: str) -> None:
    assert list_ids(await check(sandbox, name)) == set()


async def test_what_could_not_be_looked_at_is_named(
    sandbox: RecordingSandbox, credential: AsyncTokenCredential
) -> None:
    result = await check(sandbox, "preflight-secret")
    assert result.not_checked[:2] == (
        "the network vnet-secret (no access to rg-secret)",
        "role assignments (no access to rg-secret)",
    )
