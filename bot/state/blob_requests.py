"""Requests to Azure Blob Storage, limited in time. Failures become `StoreError`s that say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobClient

from bot.errors import StoreError

OPERATION_TIMEOUT_SECONDS = 15.0
"""How long one operation may take with all its retries; a turn is abandoned after 60 seconds."""


@asynccontextmanager
async def translate_errors(container_url: str, timeout_factor: float | None = 1) -> AsyncIterator[None]:
    """Limit the time of the block's operations, and raise failures as `StoreError`.

    Args:
        container_url: The container that the message names.
        timeout_factor: A multiple of the usual timeout; None for no limit.

    Raises:
        StoreError: An operation failed or took too long.
    """
    try:
        async with asyncio.timeout(None if timeout_factor is None else timeout_factor * OPERATION_TIMEOUT_SECONDS):
            yield
    except (AzureError, TimeoutError, ValueError, OSError) as error:
        raise StoreError(_describe_error(container_url, error)) from error


async def download_blob(client: BlobClient) -> tuple[bytes, BlobProperties] | None:
    """Return the content and properties of a blob, None if it does not exist."""
    try:
        stream = await client.download_blob()
        return await stream.readall(), stream.properties
    except ResourceNotFoundError as error:
        if not is_missing_blob(error):
            raise
        return None


async def delete_blob(client: BlobClient, **condition: Any) -> bool:
    """Delete a blob; return whether it was there and, with a `condition`, hadn't been replaced."""
    try:
        await client.delete_blob(**condition)
    except (ResourceNotFoundError, ResourceModifiedError):
        return False
    return True


def is_missing_blob(error: ResourceNotFoundError) -> bool:
    """Return whether only the blob is missing, and not its container."""
    return getattr(error, "error_code", None) != "ContainerNotFound"


def _describe_error(container_url: str, error: Exception) -> str:
    code = getattr(error, "error_code", None) or getattr(error, "status_code", None) or type(error).__name__
    summary = f"State cannot be kept in {container_url} ({code})"
    if isinstance(error, ClientAuthenticationError) or getattr(error, "status_code", None) in (401, 403):
        return (
            f"{summary}: the bot's identity lacks permission. Assign it Storage Blob Data Contributor on the container "
            "or its account, and let the bot through the account's network rules."
        )
    if isinstance(error, ResourceNotFoundError):
        return f"{summary}: the container is gone. Restart the bot, which creates it, or check STATE_BLOB_URL."
    if isinstance(error, HttpResponseError):
        return f"{summary}: the storage account refused. If that doesn't pass, check the account's health in Azure."
    return f"{summary}: the storage account doesn't answer. Check STATE_BLOB_URL and the network path to it."
