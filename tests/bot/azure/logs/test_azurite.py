"""Logs in Azurite, Microsoft's Storage emulator, so the answers aren't ours."""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import ContainerClient

from bot.azure.arm.request_policy import Deadline
from bot.azure.clients.management_clients import BLOB_VERSION, LOG_CONTAINER, ManagementClients
from bot.azure.logs import log_tail
from bot.azure.logs.log_blob import LogBlob, LogReplacedError
from bot.azure.logs.log_tail import read_tail
from bot.azure.templates.template_reader import TURN_SECONDS
from dialogs.model.errors import AzureRefusedError
from knowledge.azure_clouds import CLOUDS, AzureCloud
from tests.azurite.service import AnybodyCredential, Azurite
from tests.bot.azure.logs.test_logs import log_of

FILLER = (b"Get:1 http://azure.archive.ubuntu.com/ubuntu noble/main amd64 package [12 kB]\n" * 60_000)[: 4 << 20]


@pytest_asyncio.fixture
async def container(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    """The container of logs as the service sees it, which may write."""
    async with ContainerClient(
        azurite.url, LOG_CONTAINER, credential=AnybodyCredential(), connection_verify=str(azurite.authority),
        api_version=BLOB_VERSION,
    ) as client:  # fmt: skip
        if not await client.exists():
            await client.create_container()
        yield client


@pytest_asyncio.fixture
async def clients(azurite: Azurite) -> AsyncIterator[ManagementClients]:
    cloud = AzureCloud(
        "https://127.0.0.1:1",
        CLOUDS["public"].resource_scope,
        CLOUDS["public"].storage_scope,
        "",
        "",
        ca_file=azurite.authority,
    )
    async with ManagementClients(cloud, AnybodyCredential(), Deadline(TURN_SECONDS)) as clients:
        yield clients


@pytest.fixture
def name() -> str:
    return f"{secrets.token_hex(16)}/customization.log"


def opened(azurite: Azurite, clients: ManagementClients, name: str) -> LogBlob:
    return LogBlob(clients.get_log_container(azurite.url).get_blob_client(name), name, "/scope")


async def written(container: ContainerClient, name: str, fillers: int, end: bytes) -> int:
    """A log of so many fillers of 4 MB each and an end; a block is sent once and occurs many times."""
    client = container.get_blob_client(name)
    filler, last = (base64.b64encode(key).decode() for key in (b"filler", b"theend"))
    await client.stage_block(filler, io.BytesIO(FILLER), len(FILLER))
    await client.stage_block(last, end)
    await client.commit_block_list([*[BlobBlock(filler)] * fillers, BlobBlock(last)])
    return fillers * len(FILLER) + len(end)


@pytest.mark.parametrize("fillers", [0, 16, 256])
async def test_the_end_of_a_log_of_any_size(
    azurite: Azurite, container: ContainerClient, clients: ManagementClients, name: str, fillers: int
) -> None:
    """Up to a gigabyte."""
    end = log_of(2_000)
    size = await written(container, name, fillers, end)
    blob = opened(azurite, clients, name)
    await blob.open()
    assert blob.size == size
    text, read = await read_tail(blob)
    assert (FILLER * min(fillers, 1) + end).decode().endswith(text)
    assert "Provisioning with shell" in text
    assert read <= 2 * len(end) + log_tail.FIRST_STEP_BYTES < log_tail.MAX_TAIL_BYTES


async def test_a_log_that_is_appended_to(
    azurite: Azurite, container: ContainerClient, clients: ManagementClients, name: str
) -> None:
    writer = container.get_blob_client(name)
    content = log_of(200)
    await writer.create_append_blob()
    await writer.append_block(content)
    blob = opened(azurite, clients, name)
    await blob.open()
    half = len(content) // 2
    first = await blob.read(0, half)
    await writer.append_block(b"more\n")
    assert first + await blob.read(half, len(content)) == content
    await writer.append_block(b"and more\n")
    assert await blob.read(0, half) == first


@pytest.mark.parametrize("shorter", [False, True])
async def test_a_log_that_is_replaced(
    azurite: Azurite, container: ContainerClient, clients: ManagementClients, name: str, shorter: bool
) -> None:
    writer = container.get_blob_client(name)
    content = log_of(200)
    await writer.upload_blob(content)
    blob = opened(azurite, clients, name)
    await blob.open()
    half = len(content) // 2
    await blob.read(0, half)
    await writer.upload_blob(b"x" if shorter else content[::-1], overwrite=True)
    with pytest.raises(LogReplacedError):
        await blob.read(half, len(content))


async def test_what_is_not_there(
    azurite: Azurite, container: ContainerClient, clients: ManagementClients, name: str
) -> None:
    blob = opened(azurite, clients, name)
    with pytest.raises(AzureRefusedError) as caught:
        await blob.open()
    assert (caught.value.refusal.reason, caught.value.refusal.code) == ("no-log", "BlobNotFound")
    await container.get_blob_client(name).create_append_blob()
    await blob.open()
    assert (blob.size, await read_tail(blob)) == (0, ("", 0))
    assert name in [one.name async for one in clients.get_log_container(azurite.url).list_blobs()]


async def test_a_token_that_is_not_taken(azurite: Azurite, container: ContainerClient, name: str) -> None:
    cloud = AzureCloud(
        "https://127.0.0.1:1", "", CLOUDS["public"].storage_scope, "", "", ca_file=Path(azurite.authority)
    )
    async with ManagementClients(cloud, AnybodyCredential(exp=1), Deadline(TURN_SECONDS)) as clients:
        with pytest.raises(AzureRefusedError) as caught:
            await opened(azurite, clients, name).open()
    assert caught.value.refusal.reason == "unauthorized"
