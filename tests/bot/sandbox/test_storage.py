"""The sandbox's Storage, as the real client for blobs sees it."""

from __future__ import annotations

import pytest
from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import blobs
from tests.bot.sandbox.test_resource_manager import template_of

GOLDEN = template_of("win11-golden")
LOG = f"{GOLDEN.derive_guid('folder')}/customization.log"


async def test_containers_and_blobs_are_listed(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    async with blobs(sandbox, credential, GOLDEN.storage_account) as client:
        containers = [found.name async for found in client.list_containers(name_starts_with="pack")]
        container = client.get_container_client("packerlogs")
        await container.get_container_properties()
        found = [blob async for blob in container.list_blobs()]
        of_run = [blob async for blob in container.list_blobs(name_starts_with=LOG.split("/")[0] + "/")]
        folders = [item.name async for item in container.walk_blobs(delimiter="/")]
        paged = [blob.name async for blob in container.list_blobs(results_per_page=2)]
    assert containers == ["packerlogs"]
    assert len(found) == 3, "a run for each night"
    assert [blob.name for blob in of_run] == [LOG]
    assert max(found, key=lambda blob: blob.last_modified).name == LOG
    assert len(folders) == 3
    assert all(folder.endswith("/") for folder in folders)
    assert sorted(paged) == paged == [blob.name for blob in found]


async def test_a_blob_is_read_in_ranges(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    async with blobs(sandbox, credential, GOLDEN.storage_account) as client:
        blob = client.get_blob_client("packerlogs", LOG)
        properties = await blob.get_blob_properties()
        whole = await (await blob.download_blob()).readall()
        piece = await (await blob.download_blob(offset=100, length=50)).readall()
        rest = await blob.download_blob(offset=properties.size - 20, length=400)
        last = await rest.readall()
        with pytest.raises(HttpResponseError) as behind:
            await blob.download_blob(offset=properties.size, length=10)
    assert len(whole) == properties.size > 20_000
    assert piece == whole[100:150]
    assert last == whole[-20:]
    assert rest.properties.etag == properties.etag
    assert (behind.value.status_code, behind.value.error_code) == (416, "InvalidRange")
    assert b"The string is missing the terminator" in whole


async def test_a_long_read_comes_in_chunks(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    async with blobs(
        sandbox, credential, GOLDEN.storage_account, max_single_get_size=10_000, max_chunk_get_size=10_000
    ) as client:
        stream = await client.get_blob_client("packerlogs", LOG).download_blob()
        chunks = [chunk async for chunk in stream.chunks()]
    assert len(chunks) > 2
    assert sum(map(len, chunks)) == stream.size


async def test_conditions_hold(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    async with blobs(sandbox, credential, GOLDEN.storage_account) as client:
        blob = client.get_blob_client("packerlogs", LOG)
        etag = (await blob.get_blob_properties()).etag
        same = await blob.download_blob(offset=0, length=5, etag=etag, match_condition=MatchConditions.IfNotModified)
        assert len(await same.readall()) == 5
        with pytest.raises(ResourceModifiedError) as stale:
            await blob.download_blob(offset=0, length=5, etag='"0x8D0"', match_condition=MatchConditions.IfNotModified)
        with pytest.raises(HttpResponseError) as unchanged:
            await blob.download_blob(offset=0, length=5, etag=etag, match_condition=MatchConditions.IfModified)
    assert stale.value.status_code == 412
    assert unchanged.value.status_code == 304


@pytest.mark.parametrize(
    ("account", "container", "blob", "code"),
    [
        (GOLDEN.storage_account, "packerlogs", "nowhere/customization.log", "BlobNotFound"),
        (GOLDEN.storage_account, "vhds", "os.vhd", "ContainerNotFound"),
        ("a" * 24, "packerlogs", LOG, "ResourceNotFound"),
    ],
)
async def test_what_is_not_there_has_storages_code(
    sandbox: Sandbox, credential: AsyncTokenCredential, account: str, container: str, blob: str, code: str
) -> None:
    async with blobs(sandbox, credential, account) as client:
        with pytest.raises(ResourceNotFoundError) as caught:
            await client.get_blob_client(container, blob).download_blob(offset=0, length=10)
        with pytest.raises(ResourceNotFoundError) as headed:
            await client.get_blob_client(container, blob).get_blob_properties()
    assert caught.value.error_code == headed.value.error_code == code
