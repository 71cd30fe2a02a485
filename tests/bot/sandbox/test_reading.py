"""The bot's own clients, with all their guards, read the sandbox as they read Azure."""

from __future__ import annotations

import pytest
from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.arm.request_policy import Deadline
from bot.azure.clients.management_clients import ManagementClients
from bot.sandbox.server import Sandbox
from dialogs.model.errors import AzureRefusedError
from knowledge.template.template_id import TemplateId
from tests.bot.sandbox.test_resource_manager import IMAGES, OPEN, RESEARCH, template_of


async def test_the_bots_clients_find_a_template_its_account_and_its_log(
    sandbox: Sandbox, credential: AsyncTokenCredential
) -> None:
    golden = template_of("win11-golden")
    async with ManagementClients(sandbox.cloud, credential, Deadline(20)) as reading:
        subscriptions = [found["subscriptionId"] for found in await reading.list_subscriptions()]
        names = [found.name async for found in reading.list_templates(IMAGES)]
        found = await reading.get_template(TemplateId(IMAGES, golden.group, golden.name))
        outputs = await reading.list_run_outputs(TemplateId(IMAGES, "rg-linux", "ubuntu-minimal"))
        tags = await reading.get_group_tags(IMAGES, golden.staging_group)
        (account,) = await reading.list_storage_accounts(IMAGES, golden.staging_group)
        everywhere = await reading.list_storage_accounts(RESEARCH)
        async with reading.get_log_container(
            account["properties"]["primaryEndpoints"]["blob"].rstrip("/")
        ) as container:
            blobs = [blob.name async for blob in container.list_blobs()]
            log = await (await container.download_blob(blobs[0])).readall()
    assert subscriptions == [IMAGES, RESEARCH]
    assert names == [template.name for template in OPEN if template.subscription == IMAGES]
    assert found.run.state == "Failed"
    assert len(outputs) == 2
    assert tags["imagetemplatename"] == golden.name
    assert len(everywhere) == len([template for template in OPEN if template.subscription == RESEARCH])
    assert len(blobs) == 3
    assert b"PACKER" in log


@pytest.mark.parametrize(
    ("subscription", "group", "name", "reason"),
    [
        (IMAGES, "rg-hr", "win11-hr", "denied"),
        (IMAGES, "rg-images", "nothing", "not-found"),
        (IMAGES, "rg-nowhere", "nothing", "not-found"),
        (RESEARCH, "rg-research", "win11-notebooks", "busy"),
        ("2d9e4b70-6f1c-4a85-b3d8-5e07c9a1f264", "rg", "any", "other-tenant"),
    ],
)
async def test_the_bots_clients_understand_every_refusal(
    sandbox: Sandbox, credential: AsyncTokenCredential, subscription: str, group: str, name: str, reason: str
) -> None:
    async with ManagementClients(sandbox.cloud, credential, Deadline(8)) as reading:
        with pytest.raises(AzureRefusedError) as caught:
            await reading.get_template(TemplateId(subscription, group, name))
    assert caught.value.refusal.reason == reason
