"""What the commands in our answers read: groups, accounts, resource lists, providers, the cloud itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.sandbox.builds.scenario import TENANT_ID
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import HandClock
from tests.bot.sandbox.test_guarding import bearer, session_of
from tests.bot.sandbox.test_resource_manager import IMAGES, OPEN, template_of

GOLDEN, MINIMAL = template_of("win11-golden"), template_of("ubuntu-minimal")
STAGING = f"/subscriptions/{IMAGES}/resourceGroups/{GOLDEN.staging_group}"
OWN = [template for template in OPEN if template.subscription == IMAGES]
TEMPLATE_TYPE = "Microsoft.VirtualMachineImages/imageTemplates"


async def read(sandbox: Sandbox, session: ClientSession, path: str, query: str = "") -> dict[str, Any]:
    headers = await bearer(sandbox, sandbox.cloud.resource_scope)
    response = await session.get(f"{path}?api-version=2024-02-01{query}", headers=headers)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def read_all(sandbox: Sandbox, session: ClientSession, path: str, query: str = "") -> list[dict[str, Any]]:
    headers = await bearer(sandbox, sandbox.cloud.resource_scope)
    address, found = f"{path}?api-version=2024-02-01{query}", []
    while address:
        page = await (await session.get(address, headers=headers)).json()
        found += page["value"]
        address = page.get("nextLink", "")
    return found


@pytest.mark.parametrize(
    ("group", "status"),
    [(GOLDEN.group, 204), (GOLDEN.group.upper(), 204), (GOLDEN.staging_group, 204), ("rg-nowhere", 404)],
)
async def test_whether_a_group_exists_is_answered_without_a_body(sandbox: Sandbox, group: str, status: int) -> None:
    async with session_of(sandbox) as session:
        response = await session.head(
            f"/subscriptions/{IMAGES}/resourcegroups/{group}?api-version=2021-04-01",
            headers=await bearer(sandbox, sandbox.cloud.resource_scope),
        )
    assert response.status == status


async def test_a_single_account_is_the_one_of_the_list(sandbox: Sandbox) -> None:
    accounts = f"{STAGING}/providers/Microsoft.Storage/storageAccounts"
    async with session_of(sandbox) as session:
        (listed,) = (await read(sandbox, session, accounts))["value"]
        assert await read(sandbox, session, f"{accounts}/{GOLDEN.storage_account}") == listed
        other = await session.get(
            f"{accounts}/{MINIMAL.storage_account}?api-version=2023-05-01",
            headers=await bearer(sandbox, sandbox.cloud.resource_scope),
        )
        assert (other.status, (await other.json())["error"]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        (
            "",
            f"&$filter=resourceType eq '{TEMPLATE_TYPE}'",
            [template.name for template in OWN],
        ),
        ("", f"&$filter=resourceType eq '{TEMPLATE_TYPE.upper()}' and name eq 'WIN11-golden'", ["win11-golden"]),
        (f"/resourceGroups/{GOLDEN.staging_group}", "", [GOLDEN.storage_account]),
        (f"/resourceGroups/{MINIMAL.group}", "&$filter=name eq 'ubuntu-minimal'", ["ubuntu-minimal"]),
        ("", f"&$filter=resourceGroup eq '{GOLDEN.staging_group}'", [GOLDEN.storage_account]),
        ("", "&$filter=tagName eq 'nobody-has-it'", []),
    ],
)
async def test_resources_of_all_kinds_are_listed_and_filtered(
    sandbox: Sandbox, path: str, query: str, names: list[str]
) -> None:
    async with session_of(sandbox) as session:
        found = await read_all(sandbox, session, f"/subscriptions/{IMAGES}{path}/resources", query)
    assert [resource["name"] for resource in found] == names
    assert all("properties" not in resource and "provisioningState" not in resource for resource in found)


async def test_a_list_of_resources_has_more_on_request(sandbox: Sandbox) -> None:
    query = "&$filter=name eq 'win11-golden'&$expand=createdTime,changedTime,provisioningState"
    async with session_of(sandbox) as session:
        (found,) = await read_all(sandbox, session, f"/subscriptions/{IMAGES}/resources", query)
        headers = await bearer(sandbox, sandbox.cloud.resource_scope)
        refused = await session.get(
            f"/subscriptions/{IMAGES}/resources?api-version=2021-04-01&$filter=what else", headers=headers
        )
    assert (found["type"], found["provisioningState"]) == (TEMPLATE_TYPE, "Succeeded")
    assert (refused.status, (await refused.json())["error"]["code"]) == (400, "InvalidFilterInQueryString")


async def test_providers_are_registered(sandbox: Sandbox) -> None:
    async with session_of(sandbox) as session:
        providers = await read_all(sandbox, session, f"/subscriptions/{IMAGES}/providers")
        one = await read(sandbox, session, f"/subscriptions/{IMAGES}/providers/microsoft.virtualmachineimages")
    assert one in providers
    assert {provider["registrationState"] for provider in providers} == {"Registered"}
    assert "imageTemplates" in [kind["resourceType"] for kind in one["resourceTypes"]]


async def test_a_template_has_its_trigger_and_a_staging_group_as_it_was_written(sandbox: Sandbox) -> None:
    async with session_of(sandbox) as session:
        template = await read(sandbox, session, MINIMAL.id)
        (listed,) = await read_all(sandbox, session, f"{MINIMAL.id}/triggers")
        assert await read(sandbox, session, f"{MINIMAL.id}/triggers/New-Source-Image") == listed
        assert await read_all(sandbox, session, f"{GOLDEN.id}/triggers") == []
    properties = template["properties"]
    assert f"/{properties['stagingResourceGroup']}" == properties["exactStagingResourceGroup"]


async def test_the_operation_of_a_run_ends_as_the_run_did(sandbox: Sandbox, clock: HandClock) -> None:
    agents = template_of("ubuntu-agents")
    path = f"/subscriptions/{IMAGES}/providers/Microsoft.VirtualMachineImages/locations/westeurope/operations"
    async with session_of(sandbox) as session:
        operation = agents.derive_guid("operation")
        assert (await read(sandbox, session, f"{path}/{operation}"))["status"] == "InProgress"
        clock.pass_by(6)
        ended = await read(sandbox, session, f"{path}/{operation.upper()}")
        canceled = await read(sandbox, session, f"{path}/{template_of('win11-lab').derive_guid('operation')}")
        unknown = await session.get(
            f"{path}/{agents.derive_guid('else')}?api-version=2024-02-01",
            headers=await bearer(sandbox, sandbox.cloud.resource_scope),
        )
    assert ended["status"] == "Failed"
    assert ended["error"]["message"]
    assert canceled["error"] == {"code": "Canceled", "message": "The build was canceled"}
    assert unknown.status == 404


async def test_a_runs_states_follow_each_other_as_in_azure(sandbox: Sandbox, clock: HandClock) -> None:
    """Queued, then Building to the end, and none once the run has ended."""
    agents, states = template_of("ubuntu-agents"), []
    async with session_of(sandbox) as session:
        for _ in range(22 * 4):
            status = (await read(sandbox, session, agents.id))["properties"]["lastRunStatus"]
            state = (status["runState"], status.get("runSubState", ""))
            states += [state] if states[-1:] != [state] else []
            if state[0] == "Running":
                assert (status["endTime"], status["message"]) == ("0001-01-01T00:00:00Z", "")
            assert re.fullmatch(r".*\.[0-9]{7,9}Z", status["startTime"])
            clock.pass_by(0.25)
    cycle = [("Running", "Building"), ("Failed", ""), ("Running", "Queued"), ("Running", "Building")]
    assert states[: len(cycle)] == cycle


@pytest.mark.parametrize("version", ["2015-01-01", "2022-09-01"])
async def test_the_cloud_describes_itself_to_everyone(sandbox: Sandbox, version: str) -> None:
    async with session_of(sandbox) as session:
        response = await session.get(f"/metadata/endpoints?api-version={version}")
        found = await response.json()
        assert (await session.get("/metadata/endpoints")).status == 400
        assert (await session.post(f"/metadata/endpoints?api-version={version}")).status == 405
        elsewhere = await session.get(f"/metadata/endpoints/x?api-version={version}")
    assert response.status == 200
    assert found["authentication"]["audiences"] == [sandbox.cloud.resource_scope.removesuffix("/.default")]
    assert elsewhere.status in (401, 404)
    assert TENANT_ID not in str(found)
