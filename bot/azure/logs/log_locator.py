"""Finds the log of a template's last run: in the accounts of its staging group, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from bot.azure.arm.names import group_of
from bot.azure.clients.management_clients import CONTAINER, Reading
from bot.azure.clients.refusals import refused
from bot.azure.logs.log_address import CUSTOMIZATION, VALIDATION, LogPlace, endpoints_of, place_in
from bot.azure.logs.log_blob import LogBlob
from dialogs.model.azure import LogFile, Refusal, TemplateStatus
from dialogs.model.errors import LookRefused
from knowledge.text.patterns import compiled

MOST_LISTED = 5_000
_NAME = compiled(r"^([a-z0-9][a-z0-9-]{7,63})/(customization|validation)\.log$")
_EARLY = timedelta(minutes=5)
"""How much the clocks of Storage and of the service may differ."""
_RUNNING = frozenset({"running", "canceling"})


@dataclass(frozen=True, slots=True)
class LogFound:
    """The log of the last run, opened, and what to call it."""

    blob: LogBlob
    file: LogFile
    folder: str


def is_running(status: TemplateStatus) -> bool:
    """Whether the last run has not ended yet."""
    return status.run_state.lower() in _RUNNING


async def log_of(reading: Reading, status: TemplateStatus) -> LogFound:
    """The log of the last run. Raises `LookRefused`."""
    if not status.run_state:
        raise LookRefused(Refusal("no-run", status.ref.id))
    staging = group_of(status.staging_group)
    if staging is None:
        raise LookRefused(Refusal("no-log", status.ref.id))
    if staging[0] != status.ref.subscription.lower():
        raise LookRefused(Refusal("suspicious", status.staging_group))
    place = place_in(status.message, staging)
    try:
        endpoints = endpoints_of(await reading.accounts(*staging), reading.cloud)
    except LookRefused as failure:
        if failure.refusal.reason == "not-found":
            raise LookRefused(Refusal("log-gone", status.staging_group, code=failure.refusal.code)) from failure
        raise
    if not endpoints:
        raise LookRefused(Refusal("log-gone", status.staging_group))
    scopes = {
        account: f"{status.staging_group.rstrip('/')}/providers/Microsoft.Storage/storageAccounts/{account}"
        for account in endpoints
    }
    if place is None:
        return await _newest(reading, status, endpoints, scopes)
    if place.account not in endpoints:
        raise LookRefused(Refusal("suspicious", place.account, scope=status.staging_group))
    return await _named(reading, status, place, endpoints[place.account], scopes[place.account])


async def _named(reading: Reading, status: TemplateStatus, place: LogPlace, endpoint: str, scope: str) -> LogFound:
    """The log in the folder that the message names; of a run that failed in validating, the log of that."""
    container = reading.container(endpoint)
    files: list[LogFile] = [place.file]
    if _in_validating(status) and place.file != VALIDATION:
        files.insert(0, VALIDATION)
    for file in files:
        blob = _blob(container, place.folder, file, scope)
        try:
            await blob.open()
        except LookRefused as failure:
            if file != files[-1] and _is_missing(failure):
                continue
            if _is_missing(failure) and not is_running(status):
                # it was written: the message says so
                raise LookRefused(Refusal("log-gone", failure.refusal.what, code=failure.refusal.code)) from failure
            raise
        return LogFound(_filled(blob, scope), file, place.folder)
    raise AssertionError("there is always one file")


async def _newest(
    reading: Reading, status: TemplateStatus, endpoints: Mapping[str, str], scopes: Mapping[str, str]
) -> LogFound:
    """The newest log in the containers of the staging group, if it is not older than the run."""
    newest: tuple[datetime, str, str] | None = None
    files: dict[tuple[str, str], set[str]] = {}
    for account, endpoint in endpoints.items():
        for name, modified in await _names(reading.container(endpoint), scopes[account]):
            found = _NAME.search(name.encode())
            if found is None:
                continue
            folder = found[1].decode()
            files.setdefault((account, folder), set()).add(found[2].decode().lower())
            newest = max(newest, (modified, account, folder)) if newest else (modified, account, folder)
    if newest is None or _before(newest[0], status.started):
        raise LookRefused(Refusal("no-log", status.ref.id))
    _, account, folder = newest
    there = files[account, folder]
    validation = "validation" in there and (_in_validating(status) or "customization" not in there)
    file = VALIDATION if validation else CUSTOMIZATION
    blob = _blob(reading.container(endpoints[account]), folder, file, scopes[account])
    await blob.open()
    return LogFound(_filled(blob, scopes[account]), file, folder)


async def _names(container: ContainerClient, scope: str) -> list[tuple[str, datetime]]:
    found: list[tuple[str, datetime]] = []
    try:
        async for blob in container.list_blobs():
            found.append((blob.name, blob.last_modified))
            if len(found) >= MOST_LISTED:
                break
    except ResourceNotFoundError:
        return []  # no run has made the container yet
    except Exception as error:
        raise refused(error, CONTAINER, "storage", scope) from error
    return found


def _blob(container: ContainerClient, folder: str, file: LogFile, scope: str) -> LogBlob:
    name = f"{folder}/{file}"
    return LogBlob(
        # the account stands in the scope; here it would look like a key, and be hidden
        container.get_blob_client(name),
        f"{CONTAINER}/{name}",
        scope,
    )


def _filled(blob: LogBlob, scope: str) -> LogBlob:
    if blob.size == 0:
        raise LookRefused(Refusal("no-log", scope))
    return blob


def _is_missing(failure: LookRefused) -> bool:
    return failure.refusal.reason in ("no-log", "not-found")


def _in_validating(status: TemplateStatus) -> bool:
    return status.run_sub_state.lower() == "validating"


def _before(modified: datetime, started: str | None) -> bool:
    """Whether a log was last written before the run began: then it is an earlier run's."""
    if started is None:
        return False
    try:
        return modified + _EARLY < datetime.fromisoformat(started).astimezone(UTC)
    except ValueError:
        return False
