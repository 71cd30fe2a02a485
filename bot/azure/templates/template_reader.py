"""Implement `dialogs.model.ports.Azure` over the SDK's clients: one lookup at a time, within the turn's time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from azure.mgmt.imagebuilder.models import RunOutput as SdkRunOutput

from bot.azure.arm.audit import write_audit_line
from bot.azure.arm.cloud import AzureCloud
from bot.azure.arm.names import is_valid_template_id
from bot.azure.arm.read_only_policy import Deadline
from bot.azure.clients.management_clients import ManagementClients
from bot.azure.clients.refusals import build_refused_error
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.logs.log_blob import LogBlob, LogReplacedError
from bot.azure.logs.log_locator import LocatedLog, is_running, locate_log
from bot.azure.logs.log_stream import LogChunkReader
from bot.azure.logs.log_tail import read_tail
from bot.azure.templates.template_search import check_allowed, find_failed_templates, find_templates
from bot.azure.templates.template_status import build_template_status, read_template_id
from bot.errors import describe_error_location
from bot.files.prefetching_reader import PrefetchingReader
from bot.telemetry.observer import NullObserver, Observer
from dialogs.model.azure import (
    AccessMode,
    AzureRefusal,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateId,
    TemplateQuery,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language

TURN_SECONDS = 7.5
"""Within the 8 seconds that a look may take of a turn."""
WHOLE_LOG_SECONDS = 1800.0
"""After which reading a whole log is given up."""

MAX_RESTARTS = 2

T = TypeVar("T")

_log = logging.getLogger(__name__)


class AzureTemplateReader:
    """Looks with `eyes` at `cloud`, read-only. `diagnoser` reads whole logs; `observer` is told of every look."""

    def __init__(
        self,
        mode: AccessMode,
        cloud: AzureCloud,
        credential_provider: CredentialProvider,
        diagnoser: Diagnoser,
        turn_seconds: float = TURN_SECONDS,
        observer: Observer | None = None,
    ) -> None:
        self._mode = mode
        self._cloud = cloud
        self._credential_provider = credential_provider
        self._diagnoser = diagnoser
        self._turn_seconds = turn_seconds
        self._observer = observer or NullObserver()

    @property
    def access_mode(self) -> AccessMode:
        """Whose eyes are used."""
        return self._mode

    async def find_templates(self, person: Person, query: TemplateQuery) -> TemplateSearchResult:
        """The templates that `wanted` may mean. Raises `LookRefused`."""
        what = query.name or query.staging_group or query.account or query.resource_group or query.subscription
        async with self._open_clients(person, "find", what) as reading:
            return await find_templates(reading, query, self._credential_provider.subscriptions)

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        """Every template whose last run failed, newest first. Raises `LookRefused`."""
        async with self._open_clients(person, "failing", "") as reading:
            return await find_failed_templates(reading, self._credential_provider.subscriptions)

    async def fetch_status(self, person: Person, template_id: TemplateId) -> TemplateStatus:
        """The template, its last run and that run's outputs. Raises `LookRefused`."""
        async with self._open_clients(person, "status", template_id.id) as reading:
            self._check(template_id)
            template, outputs = await asyncio.gather(
                reading.get_template(template_id), _list_outputs(reading, template_id)
            )
            return build_template_status(read_template_id(template) or template_id, template, outputs)

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """The end of the last run's log, back to where the failed provisioner began. Raises `LookRefused`."""
        async with self._open_clients(person, "log-tail", status.template_id.id) as reading:
            self._check(status.template_id)
            found = await locate_log(reading, status)
            text, read = await _retry_if_replaced(found.blob, lambda: read_tail(found.blob))
            return LogTail(found.file, text, read, found.blob.size, found.folder, is_running(status))

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        """The whole log, diagnosed in a thread while it is read. Raises `LookRefused`."""
        async with self._open_clients(person, "read-log", status.template_id.id, WHOLE_LOG_SECONDS) as reading:
            self._check(status.template_id)
            reading.deadline.renew(self._turn_seconds)
            found = await locate_log(reading, status)

            async def diagnose() -> Diagnosis:
                return await self._diagnose_log(reading, found, language, progress)

            diagnosis = await _retry_if_replaced(found.blob, diagnose)
            return LogDiagnosis(found.file, diagnosis, found.blob.size, found.folder, is_running(status))

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in; whether there was one. Raises `LookRefused`."""
        began = time.monotonic()
        refusal: AzureRefusal | None = None
        try:
            return await self._credential_provider.sign_out(person)
        except AzureRefusedError as failure:
            refusal = failure.refusal
            raise
        finally:
            self._record_lookup(person, "sign-out", "", refusal, time.monotonic() - began)

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._credential_provider.close()

    async def _diagnose_log(
        self,
        clients: ManagementClients,
        located_log: LocatedLog,
        language: Language,
        progress: Callable[[int, int], None],
    ) -> Diagnosis:
        pulled = PrefetchingReader(LogChunkReader(located_log.blob, clients.deadline, progress).fetch)
        try:
            return await asyncio.to_thread(self._diagnoser.diagnose_stream, pulled, language, located_log.file)
        finally:
            await pulled.end()

    def _check(self, template_id: TemplateId) -> None:
        if not is_valid_template_id(template_id):
            raise AzureRefusedError(AzureRefusal("not-found", template_id.id))
        check_allowed(template_id.subscription, self._credential_provider.subscriptions)

    @asynccontextmanager
    async def _open_clients(
        self, person: Person, operation: str, target: str, seconds: float | None = None
    ) -> AsyncIterator[ManagementClients]:
        """One look: the person's credential, clients of its own, a time limit, refusals, and a line in the audit."""
        began = time.monotonic()
        limit = seconds or self._turn_seconds
        refusal: AzureRefusal | None = AzureRefusal("unexpected", target)
        try:
            async with (
                asyncio.timeout(limit),
                self._credential_provider.open_credential(person) as credential,
                ManagementClients(self._cloud, credential, Deadline(limit)) as reading,
            ):
                yield reading
            refusal = None
        except Exception as error:
            failure = build_refused_error(error, target)
            refusal = failure.refusal
            if refusal.reason == "unexpected" and not refusal.code:  # a code says enough in the audit
                _log.error("A look came to nothing: %s", describe_error_location(error))
            if failure is error:
                raise
            raise failure from error
        finally:
            self._record_lookup(person, operation, target, refusal, time.monotonic() - began)

    def _record_lookup(
        self, person: Person, operation: str, target: str, refusal: AzureRefusal | None, seconds: float
    ) -> None:
        write_audit_line(person, self._mode, operation, target, refusal, seconds * 1000)
        self._observer.record_lookup(operation, refusal.reason if refusal else "ok", seconds)


async def _list_outputs(clients: ManagementClients, template_id: TemplateId) -> list[SdkRunOutput]:
    """The outputs of the runs; none where they cannot be read: the status is worth showing without them."""
    try:
        return await clients.list_run_outputs(template_id)
    except AzureRefusedError:
        return []


async def _retry_if_replaced(blob: LogBlob, read: Callable[[], Awaitable[T]]) -> T:
    """What `read` gives; where another log has taken the place of the one that was being read, from its start again."""
    for _ in range(MAX_RESTARTS):
        try:
            return await read()
        except LogReplacedError:
            await blob.open()
    return await read()
