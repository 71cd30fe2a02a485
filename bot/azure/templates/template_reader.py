"""The Azure reader over the SDK's clients: each call is one lookup, with its credential, time limit, and audit line."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bot.azure.arm.audit import write_audit_line
from bot.azure.arm.request_policy import Deadline
from bot.azure.arm.settings import PERSONAL_ACCESS_MODES
from bot.azure.clients.management_clients import ManagementClients
from bot.azure.clients.refusals import build_refused_error
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.azure.logs.log_blob import LogBlob, LogReplacedError
from bot.azure.logs.log_locator import LocatedLog, locate_log
from bot.azure.logs.log_stream import LogChunkReader
from bot.azure.logs.log_tail import read_tail
from bot.azure.templates.live_facts import fetch_live_facts
from bot.azure.templates.template_search import check_allowed, find_failed_templates, find_templates
from bot.azure.templates.template_status import build_template_status
from bot.errors import describe_error_location
from bot.files.prefetching_reader import PrefetchingReader
from bot.telemetry.observer import NullObserver, Observer
from dialogs.model.azure import (
    AccessMode,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.azure_clouds import AzureCloud
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.preflight.live.lookup import LiveFacts
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.template.template_id import TemplateId, TemplateQuery

TURN_SECONDS = 7.5
"""Time limit of a lookup in a turn, below the 8 seconds after which the dialog gives up."""
WHOLE_LOG_SECONDS = 1800.0
"""Time limit for reading a whole log, which runs as a job."""

MAX_RESTARTS = 2
"""How often reading starts over if the log was replaced."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class AzureTemplateReader:
    """`dialogs.model.ports.AzureReader` for the templates of `cloud`, read-only.

    `diagnoser` diagnoses whole logs; `observer` is notified of every lookup.
    """

    def __init__(
        self,
        access_mode: AccessMode,
        cloud: AzureCloud,
        credential_provider: CredentialProvider,
        diagnoser: Diagnoser,
        turn_seconds: float = TURN_SECONDS,
        observer: Observer | None = None,
    ) -> None:
        self._access_mode = access_mode
        self._cloud = cloud
        self._credential_provider = credential_provider
        self._diagnoser = diagnoser
        self._turn_seconds = turn_seconds
        self._observer = observer or NullObserver()

    @property
    def access_mode(self) -> AccessMode:
        """Return whose credentials are used."""
        return self._access_mode

    async def find_templates(self, person: Person, query: TemplateQuery) -> TemplateSearchResult:
        """Find the templates that `query` could mean. Raise `AzureRefusedError`."""
        target = query.name or query.staging_group or query.account or query.resource_group or query.subscription
        async with self._open_clients(person, "find", target) as clients:
            return await find_templates(clients, query, self._credential_provider.subscriptions)

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        """Find all templates whose last run failed, newest first. Raise `AzureRefusedError`."""
        async with self._open_clients(person, "failing", "") as clients:
            return await find_failed_templates(clients, self._credential_provider.subscriptions)

    async def fetch_status(self, person: Person, template_id: TemplateId) -> TemplateStatus:
        """Fetch the template, its last run, and its run outputs. Raise `AzureRefusedError`."""
        async with self._open_clients(person, "status", template_id.to_resource_id()) as clients:
            self._check_template_id(template_id)
            template, outputs = await asyncio.gather(
                clients.get_template(template_id), _list_outputs(clients, template_id)
            )
            return build_template_status(template.template_id or template_id, template, outputs)

    async def fetch_template_json(self, person: Person, template_id: TemplateId) -> str:
        """Fetch the template as Resource Manager's JSON text, unredacted. Raise `AzureRefusedError`."""
        async with self._open_clients(person, "template", template_id.to_resource_id()) as clients:
            self._check_template_id(template_id)
            return await clients.get_template_json(template_id)

    async def fetch_live_facts(self, person: Person, template: CheckedTemplate) -> LiveFacts:
        """Look up what the template refers to, only with the person's own permissions. Raise `AzureRefusedError`."""
        template_id = template.parsed.template_id
        target = template_id.to_resource_id() if template_id else ""
        if self._access_mode not in PERSONAL_ACCESS_MODES:
            refusal = AzureRefusal("not-allowed", target)
            self._record_lookup(person, "live-checks", target, refusal, 0.0)
            raise AzureRefusedError(refusal)
        async with self._open_clients(person, "live-checks", target) as clients:
            if template_id is None:
                raise AzureRefusedError(AzureRefusal("not-found"))
            self._check_template_id(template_id)
            return await fetch_live_facts(clients, template, self._credential_provider.subscriptions)

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """Fetch the end of the last run's log, from where the failed provisioner started. Raise `AzureRefusedError`."""
        async with self._open_clients(person, "log-tail", status.template_id.to_resource_id()) as clients:
            self._check_template_id(status.template_id)
            log = await locate_log(clients, status)
            text, read_bytes = await _retry_if_replaced(log.blob, lambda: read_tail(log.blob))
            return LogTail(log.file, text, read_bytes, log.blob.size, log.folder, status.run.is_running)

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        """Diagnose the whole log, in a thread while it is fetched. Raise `AzureRefusedError`.

        `progress` is called with the bytes fetched so far and the size of the log.
        """
        async with self._open_clients(
            person, "read-log", status.template_id.to_resource_id(), WHOLE_LOG_SECONDS
        ) as clients:
            self._check_template_id(status.template_id)
            # finding the log has a turn's time; after that, each chunk renews the deadline
            clients.deadline.renew(self._turn_seconds)
            log = await locate_log(clients, status)

            async def diagnose() -> Diagnosis:
                return await self._diagnose_log(clients, log, language, progress)

            diagnosis = await _retry_if_replaced(log.blob, diagnose)
            return LogDiagnosis(log.file, diagnosis, log.blob.size, log.folder, status.run.is_running)

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in; return whether there was one. Raise `AzureRefusedError`."""
        started_at = time.monotonic()
        refusal: AzureRefusal | None = None
        try:
            return await self._credential_provider.sign_out(person)
        except AzureRefusedError as failure:
            refusal = failure.refusal
            raise
        finally:
            self._record_lookup(person, "sign-out", "", refusal, time.monotonic() - started_at)

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._credential_provider.close()

    async def _diagnose_log(
        self,
        clients: ManagementClients,
        log: LocatedLog,
        language: Language,
        progress: Callable[[int, int], None],
    ) -> Diagnosis:
        reader = PrefetchingReader(LogChunkReader(log.blob, clients.deadline, progress).fetch)
        try:
            return await asyncio.to_thread(self._diagnoser.diagnose_stream, reader, language, log.file)
        finally:
            await reader.end()

    def _check_template_id(self, template_id: TemplateId) -> None:
        if not template_id.is_valid:
            raise AzureRefusedError(AzureRefusal("not-found", template_id.to_resource_id()))
        check_allowed(template_id.subscription, self._credential_provider.subscriptions)

    @asynccontextmanager
    async def _open_clients(
        self, person: Person, operation: str, target: str, seconds: float | None = None
    ) -> AsyncIterator[ManagementClients]:
        """Run one lookup: with the person's credential and a time limit; every error ends as an `AzureRefusedError`.

        The lookup is recorded in the audit log, however it ends.
        """
        started_at = time.monotonic()
        time_limit = seconds or self._turn_seconds
        # what the audit line says if the lookup is canceled
        refusal: AzureRefusal | None = AzureRefusal("unexpected", target)
        try:
            async with (
                asyncio.timeout(time_limit),
                self._credential_provider.open_credential(person) as credential,
                ManagementClients(self._cloud, credential, Deadline(time_limit)) as clients,
            ):
                yield clients
            refusal = None
        except Exception as error:
            failure = build_refused_error(error, target)
            refusal = failure.refusal
            if refusal.reason == "unexpected" and not refusal.code:  # a code in the audit line says enough
                _log.error("An Azure lookup failed unexpectedly: %s", describe_error_location(error))
            if failure is error:
                raise
            raise failure from error
        finally:
            self._record_lookup(person, operation, target, refusal, time.monotonic() - started_at)

    def _record_lookup(
        self, person: Person, operation: str, target: str, refusal: AzureRefusal | None, seconds: float
    ) -> None:
        write_audit_line("look", person, operation, target, refusal or "ok", seconds * 1000, self._access_mode)
        self._observer.record_lookup(operation, refusal.reason if refusal else "ok", seconds)


async def _list_outputs(clients: ManagementClients, template_id: TemplateId) -> list[dict[str, Any]]:
    """Fetch the run outputs; return none if they can't be read, since the status is useful without them."""
    try:
        return await clients.list_run_outputs(template_id)
    except AzureRefusedError:
        return []


async def _retry_if_replaced(blob: LogBlob, read: Callable[[], Awaitable[T]]) -> T:
    """Return what `read` returns. If the log is replaced meanwhile, open the new one and read it from the start."""
    for _ in range(MAX_RESTARTS):
        try:
            return await read()
        except LogReplacedError:
            await blob.open()
    return await read()
