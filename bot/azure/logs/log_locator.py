"""Find the log of a template's last run. Only the storage accounts of its staging resource group are searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from bot.azure.clients.management_clients import LOG_CONTAINER, ManagementClients
from bot.azure.clients.refusals import STORAGE, build_refused_error
from bot.azure.logs.log_address import (
    CUSTOMIZATION_LOG,
    VALIDATION_LOG,
    LogAddress,
    extract_blob_endpoints,
    parse_log_address,
)
from bot.azure.logs.log_blob import LogBlob
from dialogs.model.azure import LogFile, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from knowledge.azure_names import parse_resource_group_id
from knowledge.azure_times import parse_time
from knowledge.patterns import compile_pattern

MAX_LISTED_BLOBS = 5_000
_BLOB_NAME = compile_pattern(r"^([a-z0-9][a-z0-9-]{7,63})/(customization|validation)\.log$")
_CLOCK_TOLERANCE = timedelta(minutes=5)
"""How much the clocks of Storage and of Image Builder may differ."""


@dataclass(frozen=True, slots=True)
class LocatedLog:
    """The log of the last run, opened, with its file and folder name."""

    blob: LogBlob
    file: LogFile
    folder: str


async def locate_log(clients: ManagementClients, status: TemplateStatus) -> LocatedLog:
    """Find and open the log of the last run. Raise `AzureRefusedError`."""
    if not status.run.state:
        raise AzureRefusedError(AzureRefusal("no-run", status.template_id.to_resource_id()))
    staging = parse_resource_group_id(status.template.staging_group)
    if staging is None:
        raise AzureRefusedError(AzureRefusal("no-log", status.template_id.to_resource_id()))
    if staging[0] != status.template_id.subscription.lower():
        raise AzureRefusedError(AzureRefusal("suspicious", status.template.staging_group))
    address = parse_log_address(status.run.message, staging)
    try:
        endpoints = extract_blob_endpoints(await clients.list_storage_accounts(*staging), clients.cloud)
    except AzureRefusedError as failure:
        if failure.refusal.reason == "not-found":
            raise AzureRefusedError(
                AzureRefusal("log-gone", status.template.staging_group, code=failure.refusal.code)
            ) from failure
        raise
    if not endpoints:
        raise AzureRefusedError(AzureRefusal("log-gone", status.template.staging_group))
    scopes = {
        account: f"{status.template.staging_group.rstrip('/')}/providers/Microsoft.Storage/storageAccounts/{account}"
        for account in endpoints
    }
    if address is None:
        return await _open_newest_log(clients, status, endpoints, scopes)
    if address.account not in endpoints:
        raise AzureRefusedError(AzureRefusal("suspicious", address.account, scope=status.template.staging_group))
    return await _open_named_log(clients, status, address, endpoints[address.account], scopes[address.account])


async def _open_named_log(
    clients: ManagementClients, status: TemplateStatus, address: LogAddress, endpoint: str, scope: str
) -> LocatedLog:
    """Open the log in the folder that the message names; if the run may have failed in validation, its log."""
    container = clients.get_log_container(endpoint)
    files: list[LogFile] = [address.file]
    if _may_be_validating(status) and address.file != VALIDATION_LOG:
        files.insert(0, VALIDATION_LOG)
    for file in files:
        blob = _build_log_blob(container, address.folder, file, scope)
        try:
            await blob.open()
        except AzureRefusedError as failure:
            if file != files[-1] and _is_missing(failure):
                continue
            if _is_missing(failure) and not status.run.is_running:
                # the message says it was written, so it must have been deleted
                raise AzureRefusedError(
                    AzureRefusal("log-gone", failure.refusal.target, code=failure.refusal.code)
                ) from failure
            raise
        return LocatedLog(_require_content(blob, scope), file, address.folder)
    raise AssertionError("files is never empty")


async def _open_newest_log(
    clients: ManagementClients, status: TemplateStatus, endpoints: Mapping[str, str], scopes: Mapping[str, str]
) -> LocatedLog:
    """Open the newest log in the staging group's containers, unless it's older than the run."""
    newest: tuple[datetime, str, str] | None = None
    files: dict[tuple[str, str], set[str]] = {}
    for account, endpoint in endpoints.items():
        for name, modified in await _list_blobs(clients.get_log_container(endpoint), scopes[account]):
            match = _BLOB_NAME.search(name.encode())
            if match is None:
                continue
            folder = match[1].decode()
            files.setdefault((account, folder), set()).add(match[2].decode().lower())
            newest = max(newest, (modified, account, folder)) if newest else (modified, account, folder)
    if newest is None or _is_before_run(newest[0], status.run.started):
        raise AzureRefusedError(AzureRefusal("no-log", status.template_id.to_resource_id()))
    _, account, folder = newest
    written = files[account, folder]
    has_failed_validation = "validation" in written and (_may_be_validating(status) or "customization" not in written)
    file = VALIDATION_LOG if has_failed_validation else CUSTOMIZATION_LOG
    blob = _build_log_blob(clients.get_log_container(endpoints[account]), folder, file, scopes[account])
    await blob.open()
    return LocatedLog(_require_content(blob, scopes[account]), file, folder)


async def _list_blobs(container: ContainerClient, scope: str) -> list[tuple[str, datetime]]:
    blobs: list[tuple[str, datetime]] = []
    try:
        async for blob in container.list_blobs():
            blobs.append((blob.name, blob.last_modified))
            if len(blobs) >= MAX_LISTED_BLOBS:
                break
    except ResourceNotFoundError:
        return []  # the first run creates the container
    except Exception as error:
        raise build_refused_error(error, LOG_CONTAINER, STORAGE, scope) from error
    return blobs


def _build_log_blob(container: ContainerClient, folder: str, file: LogFile, scope: str) -> LogBlob:
    name = f"{folder}/{file}"
    # the target leaves out the account's name, which redaction would mistake for a key; the scope has it
    return LogBlob(container.get_blob_client(name), target=f"{LOG_CONTAINER}/{name}", scope=scope)


def _require_content(blob: LogBlob, scope: str) -> LogBlob:
    if blob.size == 0:
        raise AzureRefusedError(AzureRefusal("no-log", scope))
    return blob


def _is_missing(failure: AzureRefusedError) -> bool:
    return failure.refusal.reason in ("no-log", "not-found")


def _may_be_validating(status: TemplateStatus) -> bool:
    """Tell whether validation may be what failed: Azure says so, or says nothing about a run that has ended.

    A validation log is written only after the customizers have finished.
    """
    sub_state = status.run.sub_state.lower()
    return sub_state == "validating" or (not sub_state and status.run.outcome == "failed")


def _is_before_run(modified: datetime, started: str | None) -> bool:
    """Tell whether a log was last written before the run began, so it belongs to an earlier run."""
    start_time = parse_time(started)
    return start_time is not None and modified + _CLOCK_TOLERANCE < start_time
