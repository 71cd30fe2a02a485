"""The sandbox's Resource Manager, as the real client for image templates sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

from bot.sandbox.builds.scenario import TemplateSpec, read_scenario
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import HandClock, images
from tests.bot.sandbox.recording import RecordingSandbox
from tests.reporting import failures_together

SCENARIO = read_scenario()
IMAGES, RESEARCH = SCENARIO.subscriptions
OPEN = [template for template in SCENARIO.templates if not template.denied]
VERSION = "api-version=2021-04-01"


def template_of(name: str) -> TemplateSpec:
    return next(template for template in SCENARIO.templates if template.name == name)


async def test_the_list_of_a_subscription_goes_over_several_pages(
    sandbox: RecordingSandbox, credential: AsyncTokenCredential
) -> None:
    async with images(sandbox, credential, IMAGES) as client:
        names = [found.name async for found in client.virtual_machine_image_templates.list()]
    assert names == [template.name for template in OPEN if template.subscription == IMAGES]
    assert len(sandbox.guard.request_log) == -(-len(names) // 8)


async def test_every_template_has_the_shape_that_the_client_reads(
    sandbox: Sandbox, credential: AsyncTokenCredential, clock: HandClock
) -> None:
    with failures_together(at_least=20) as failures:
        for template in OPEN:
            if not template.throttled:
                with failures.check(template.name):
                    await check_shape(sandbox, credential, clock, template)


async def check_shape(
    sandbox: Sandbox, credential: AsyncTokenCredential, clock: HandClock, template: TemplateSpec
) -> None:
    async with images(sandbox, credential, template.subscription) as client:
        found = await client.virtual_machine_image_templates.get(template.group, template.name)
        outputs = [
            o async for o in client.virtual_machine_image_templates.list_run_outputs(template.group, template.name)
        ]
    assert found.id == template.id.replace("/resourceGroups/", "/resourcegroups/", 1)
    assert found.properties.provisioning_state == template.provisioning["state"]
    assert found.properties.exact_staging_resource_group.endswith(template.staging_group)
    assert found.properties.distribute
    assert found.properties.customize
    if template.last_run is None:
        assert found.properties.last_run_status is None
        return
    status = found.properties.last_run_status
    assert status.start_time < clock.now
    if status.run_state == "Running":
        assert status.end_time.year == 1
        assert status.run_sub_state in ("Queued", "Building")
    else:
        assert (status.run_state, status.run_sub_state) == (template.last_run.state, None)
        assert clock.now - timedelta(days=4) < status.start_time < status.end_time < clock.now
        assert "{" not in (status.message or "").replace("{[Error", "")
    assert len(outputs) == (len(template.last_run.outputs) if status.run_state != "Running" else 0)


async def test_names_are_compared_without_case(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    template = template_of("win11-golden")
    async with images(sandbox, credential, template.subscription.upper()) as client:
        found = await client.virtual_machine_image_templates.get(template.group.upper(), template.name.upper())
        listed = [t.name async for t in client.virtual_machine_image_templates.list_by_resource_group("RG-Images")]
    assert found.name == template.name
    assert template.name in listed


@pytest.mark.parametrize(
    ("subscription", "group", "name", "code", "said"),
    [
        ("1a9cd4e6-5f0b-4c37-8d52-e3f6a7b90c14", "rg", "t", "SubscriptionNotFound", "could not be found"),
        (IMAGES, "rg-nowhere", "t", "ResourceGroupNotFound", "Resource group 'rg-nowhere' could not be found."),
        (
            IMAGES,
            "rg-images",
            "win12",
            "ResourceNotFound",
            "imageTemplates/win12' under resource group 'rg-images' was not",
        ),
    ],
)
async def test_what_is_not_there_is_said_in_azures_words(
    sandbox: Sandbox, credential: AsyncTokenCredential, subscription: str, group: str, name: str, code: str, said: str
) -> None:
    async with images(sandbox, credential, subscription) as client:
        with pytest.raises(ResourceNotFoundError) as caught:
            await client.virtual_machine_image_templates.get(group, name)
    assert caught.value.error.code == code
    assert said in caught.value.error.message


async def test_subscriptions_groups_and_accounts_are_read_by_plain_requests(
    sandbox: Sandbox, credential: AsyncTokenCredential
) -> None:
    template = template_of("win11-golden")
    async with images(sandbox, credential, IMAGES) as client:

        async def read(path: str) -> list[dict[str, object]]:
            response = await client.send_request(HttpRequest("GET", path))
            response.raise_for_status()
            return response.json()["value"]

        subscriptions = await read(f"/subscriptions?{VERSION}")
        groups = await read(
            f"/subscriptions/{IMAGES}/resourcegroups?{VERSION}"
            "&$filter=tagName eq 'imageTemplateName' and tagValue eq 'win11-golden'".replace(" ", "%20")
        )
        accounts = await read(
            f"/subscriptions/{IMAGES}/resourceGroups/{template.staging_group}/providers/Microsoft.Storage/storageAccounts?{VERSION}"
        )
    assert {s["subscriptionId"]: s["displayName"] for s in subscriptions} == SCENARIO.subscriptions
    assert [group["name"] for group in groups] == [template.staging_group]
    assert groups[0]["tags"]["imageTemplateResourceGroupName"] == template.group
    assert [account["name"] for account in accounts] == [template.storage_account]
    assert (
        accounts[0]["properties"]["primaryEndpoints"]["blob"]
        == f"{sandbox.cloud.blob_base}/{template.storage_account}/"
    )


@pytest.mark.parametrize(
    ("query", "code"), [("", "MissingApiVersionParameter"), ("api-version=newest", "InvalidApiVersionParameter")]
)
async def test_a_version_is_required(sandbox: Sandbox, credential: AsyncTokenCredential, query: str, code: str) -> None:
    async with images(sandbox, credential, IMAGES) as client:
        response = await client.send_request(HttpRequest("GET", f"/subscriptions?{query}"))
        with pytest.raises(HttpResponseError):
            response.raise_for_status()
    assert response.status_code == 400
    assert response.json()["error"]["code"] == code


async def test_the_accounts_of_a_whole_subscription_are_those_of_its_staging_groups(
    sandbox: Sandbox, credential: AsyncTokenCredential
) -> None:
    path: str | None = f"/subscriptions/{RESEARCH}/providers/Microsoft.Storage/storageAccounts?api-version=2023-05-01"
    names = []
    async with images(sandbox, credential, RESEARCH) as client:
        while path:
            page = (await client.send_request(HttpRequest("GET", path))).json()
            names += [account["name"] for account in page["value"]]
            path = page.get("nextLink")
    assert names == [template.storage_account for template in OPEN if template.subscription == RESEARCH]
