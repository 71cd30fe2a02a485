"""Runs over time: past runs stay the same, a running one continues, its log grows, the next one starts."""

from __future__ import annotations

import pytest
from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError

from bot.sandbox.builds.scenario import TemplateSpec
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import HandClock, blobs, images
from tests.bot.sandbox.test_resource_manager import RESEARCH, template_of

AGENTS = template_of("ubuntu-agents")


async def state_of(sandbox: Sandbox, credential: AsyncTokenCredential, template: TemplateSpec) -> tuple[str, str]:
    async with images(sandbox, credential, template.subscription) as client:
        found = await client.virtual_machine_image_templates.get(template.group, template.name)
    return found.properties.last_run_status.run_state, found.properties.last_run_status.message or ""


async def newest_log(sandbox: Sandbox, credential: AsyncTokenCredential, template: TemplateSpec) -> tuple[str, bytes]:
    async with blobs(sandbox, credential, template.storage_account) as client:
        container = client.get_container_client("packerlogs")
        found = [blob async for blob in container.list_blobs()]
        name = max(found, key=lambda blob: blob.last_modified).name
        return name, await (await container.get_blob_client(name).download_blob()).readall()


async def test_a_running_build_writes_on_fails_and_is_followed_by_the_next(
    sandbox: Sandbox, credential: AsyncTokenCredential, clock: HandClock
) -> None:
    assert (await state_of(sandbox, credential, AGENTS))[0] == "Running"
    name, first = await newest_log(sandbox, credential, AGENTS)
    clock.pass_by(0.5)
    same, second = await newest_log(sandbox, credential, AGENTS)
    assert same == name
    assert second.startswith(first)
    assert len(second) > len(first)
    assert second.endswith(b"\n")
    assert b"Permission denied" not in second

    clock.pass_by(5)
    state, message = await state_of(sandbox, credential, AGENTS)
    same, third = await newest_log(sandbox, credential, AGENTS)
    assert state == "Failed"
    assert same == name
    assert name in message
    assert b"Permission denied" in third

    clock.pass_by(10)
    assert (await state_of(sandbox, credential, AGENTS))[0] == "Running"
    later, fourth = await newest_log(sandbox, credential, AGENTS)
    assert later != name
    assert len(fourth) < len(third)


async def test_a_reader_who_asks_for_what_is_new_gets_it(
    sandbox: Sandbox, credential: AsyncTokenCredential, clock: HandClock
) -> None:
    name, seen = await newest_log(sandbox, credential, AGENTS)
    async with blobs(sandbox, credential, AGENTS.storage_account) as client:
        blob = client.get_blob_client("packerlogs", name)
        etag = (await blob.get_blob_properties()).etag
        with pytest.raises(HttpResponseError) as nothing:
            await blob.download_blob(offset=len(seen), length=4096)
        clock.pass_by(0.5)
        new = await (await blob.download_blob(offset=len(seen))).readall()
        with pytest.raises(ResourceModifiedError):
            await blob.download_blob(offset=0, length=9, etag=etag, match_condition=MatchConditions.IfNotModified)
    assert nothing.value.status_code == 416
    assert new


async def test_a_pipelines_run_goes_on_and_ends_well(
    sandbox: Sandbox, credential: AsyncTokenCredential, clock: HandClock
) -> None:
    template = template_of("t_1763763312548")
    assert (await state_of(sandbox, credential, template))[0] == "Running"
    clock.pass_by(90)
    assert (await state_of(sandbox, credential, template))[0] == "Succeeded"
    async with images(sandbox, credential, RESEARCH) as client:
        outputs = [
            o async for o in client.virtual_machine_image_templates.list_run_outputs(template.group, template.name)
        ]
    assert [output.properties.artifact_id.split("/")[-1] for output in outputs] == ["1.0.31"]


@pytest.mark.parametrize("days", [1, 40])
async def test_last_nights_runs_stay_where_they_are(
    sandbox: Sandbox, credential: AsyncTokenCredential, clock: HandClock, days: int
) -> None:
    template = template_of("win11-golden")
    before = await newest_log(sandbox, credential, template)
    clock.pass_by(days * 24 * 60)
    assert await newest_log(sandbox, credential, template) == before


async def test_a_run_that_has_just_begun_has_no_log(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    template = template_of("ubuntu-edge")
    assert (await state_of(sandbox, credential, template))[0] == "Running"
    async with blobs(sandbox, credential, template.storage_account) as client:
        assert [blob async for blob in client.get_container_client("packerlogs").list_blobs()] == []


async def test_a_template_that_never_ran_has_no_container(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    async with blobs(sandbox, credential, template_of("ubuntu-new").storage_account) as client:
        with pytest.raises(ResourceNotFoundError) as caught:
            await client.get_container_client("packerlogs").get_container_properties()
    assert caught.value.error_code == "ContainerNotFound"
