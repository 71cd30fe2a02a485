"""The real Azure clients on a sandbox, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from azure.core.credentials_async import AsyncTokenCredential
from azure.mgmt.imagebuilder.aio import ImageBuilderClient
from azure.storage.blob.aio import BlobServiceClient

from bot.sandbox.server import Sandbox
from dialogs.model.turn import Person

NEWCOMER = Person("tenant", "newcomer")


class HandClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@asynccontextmanager
async def images(
    sandbox: Sandbox, credential: AsyncTokenCredential, subscription: str
) -> AsyncIterator[ImageBuilderClient]:
    """The client for image templates, without retries."""
    cloud = sandbox.cloud
    async with ImageBuilderClient(
        credential,
        subscription,
        base_url=cloud.resource_manager,
        credential_scopes=[cloud.resource_scope],
        connection_verify=str(cloud.ca_file),
        retry_total=0,
    ) as client:
        yield client


@asynccontextmanager
async def blobs(
    sandbox: Sandbox, credential: AsyncTokenCredential, account: str, **options: object
) -> AsyncIterator[BlobServiceClient]:
    """The client for blobs, without retries."""
    async with BlobServiceClient(
        f"{sandbox.cloud.blob_base}/{account}",
        credential=credential,
        connection_verify=str(sandbox.cloud.ca_file),
        retry_total=0,
        **options,
    ) as client:
        yield client
