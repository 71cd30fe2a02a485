"""What the sandbox refuses, in Azure's own words."""

from __future__ import annotations

import pytest
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

from bot.sandbox.builds.scenario import read_scenario
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import blobs, images
from tests.bot.sandbox.test_resource_manager import IMAGES, RESEARCH, template_of

ACCOUNTS = "/providers/Microsoft.Storage/storageAccounts?api-version=2023-05-01"


async def test_a_denied_template_is_in_no_list_and_says_which_right_is_missing(
    sandbox: Sandbox, credential: AsyncTokenCredential
) -> None:
    template = template_of("win11-hr")
    async with images(sandbox, credential, IMAGES) as client:
        listed = [found.name async for found in client.virtual_machine_image_templates.list()]
        groups = await client.send_request(
            HttpRequest("GET", f"/subscriptions/{IMAGES}/resourcegroups?api-version=2021-04-01")
        )
        accounts = await client.send_request(
            HttpRequest("GET", f"/subscriptions/{IMAGES}/resourceGroups/{template.staging_group}{ACCOUNTS}")
        )
        with pytest.raises(HttpResponseError) as caught:
            await client.virtual_machine_image_templates.get(template.group, template.name)
    assert template.name not in listed
    assert template.group not in groups.text()
    assert accounts.status_code == 403
    assert caught.value.status_code == 403
    assert caught.value.error.code == "AuthorizationFailed"
    assert (
        f"to perform action 'Microsoft.VirtualMachineImages/imageTemplates/read' over scope '{template.id}' or the scope"
        in caught.value.error.message
    )


async def test_every_other_reading_is_one_too_many(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    template = template_of("win11-notebooks")
    async with images(sandbox, credential, RESEARCH) as client:
        for _ in range(2):
            with pytest.raises(HttpResponseError) as caught:
                await client.virtual_machine_image_templates.get(template.group, template.name)
            assert caught.value.status_code == 429
            assert caught.value.response.headers["Retry-After"] == "5"
            found = await client.virtual_machine_image_templates.get(template.group, template.name)
            assert found.name == template.name


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("win11-finance", "AuthorizationPermissionMismatch", "perform this operation using this permission."),
        ("ubuntu-vault", "AuthorizationFailure", "not authorized to perform this operation."),
    ],
)
async def test_a_log_that_may_not_be_read_says_why(
    sandbox: Sandbox, credential: AsyncTokenCredential, name: str, code: str, said: str
) -> None:
    template = template_of(name)
    async with blobs(sandbox, credential, template.storage_account) as client:
        container = client.get_container_client("packerlogs")
        with pytest.raises(HttpResponseError) as listing:
            [blob async for blob in container.list_blobs()]
        with pytest.raises(HttpResponseError) as reading:
            await container.get_blob_client(f"{template.derive_guid('folder')}/customization.log").download_blob()
        with pytest.raises(HttpResponseError) as heading:
            await container.get_blob_client(f"{template.derive_guid('folder')}/customization.log").get_blob_properties()
    assert [caught.value.status_code for caught in (listing, reading, heading)] == [403] * 3
    assert {caught.value.error_code for caught in (listing, reading, heading)} == {code}
    assert said in listing.value.message


async def test_a_deleted_staging_group_takes_its_log_along(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    template = template_of("win2019-legacy")
    async with images(sandbox, credential, IMAGES) as client:
        found = await client.virtual_machine_image_templates.get(template.group, template.name)
        staging = found.properties.exact_staging_resource_group
        gone = await client.send_request(HttpRequest("GET", f"{staging}{ACCOUNTS}"))
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "ResourceGroupNotFound"
    async with blobs(sandbox, credential, template.storage_account) as client:
        with pytest.raises(ResourceNotFoundError):
            [container async for container in client.list_containers()]


async def test_a_message_can_point_to_an_account_that_is_not_the_templates(
    sandbox: Sandbox, credential: AsyncTokenCredential
) -> None:
    template = template_of("win11-partner")
    async with images(sandbox, credential, IMAGES) as client:
        found = await client.virtual_machine_image_templates.get(template.group, template.name)
        accounts = await client.send_request(
            HttpRequest("GET", f"{found.properties.exact_staging_resource_group}{ACCOUNTS}")
        )
    assert "https://sendmeyourtokens00000000.blob.core.windows.net/" in found.properties.last_run_status.message
    assert [account["name"] for account in accounts.json()["value"]] == [template.storage_account]


async def test_two_subscriptions_have_a_template_of_the_same_name(
    sandbox: Sandbox, credential: AsyncTokenCredential
) -> None:
    holding = []
    for subscription in (IMAGES, RESEARCH):
        async with images(sandbox, credential, subscription) as client:
            names = [found.name async for found in client.virtual_machine_image_templates.list()]
        holding += [subscription] * names.count("ubuntu-web")
    assert holding == [IMAGES, RESEARCH]


async def test_a_subscription_of_another_tenant_says_which(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    (elsewhere, tenant) = next(iter(read_scenario().foreign_subscriptions.items()))
    async with images(sandbox, credential, elsewhere) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            await client.virtual_machine_image_templates.get("rg", "any")
    assert caught.value.error.code == "InvalidAuthenticationTokenTenant"
    assert tenant in caught.value.error.message
