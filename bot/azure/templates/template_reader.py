"""Implement `dialogs.model.ports.Azure` over the SDK's clients: one lookup at a time, within the turn's time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from azure.mgmt.imagebuilder.models import RunOutput as SdkRunOutput

from bot.azure.arm.audit import audited
from bot.azure.arm.cloud import AzureCloud
from bot.azure.arm.names import is_ref
from bot.azure.arm.read_only_policy import Deadline
from bot.azure.clients.management_clients import Reading
from bot.azure.clients.refusals import refused
from bot.azure.credentials.credential_provider import Eyes
from bot.azure.logs.log_blob import LogBlob, Replaced
from bot.azure.logs.log_locator import LogFound, is_running, log_of
from bot.azure.logs.log_stream import LogParts
from bot.azure.logs.log_tail import read_tail
from bot.azure.templates.template_search import check_allowed, failing, find
from bot.azure.templates.template_status import ref_of, status_of
from bot.errors import where
from bot.files.prefetching_reader import Pulled
from bot.telemetry.observer import Observer, Unobserved
from dialogs.model.azure import Failing, Found, LogRead, LogTail, LookMode, Refusal, TemplateRef, TemplateStatus, Wanted
from dialogs.model.errors import LookRefused
from dialogs.model.turn import Person
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language

TURN_SECONDS = 7.5
"""Within the 8 seconds that a look may take of a turn."""
WHOLE_SECONDS = 1800.0
"""After which reading a whole log is given up."""

MOST_RESTARTS = 2

T = TypeVar("T")

_log = logging.getLogger(__name__)


class AzureLooks:
    """Looks with `eyes` at `cloud`, read-only. `diagnoser` reads whole logs; `observer` is told of every look."""

    def __init__(
        self,
        mode: LookMode,
        cloud: AzureCloud,
        eyes: Eyes,
        diagnoser: Diagnoser,
        turn_seconds: float = TURN_SECONDS,
        observer: Observer | None = None,
    ) -> None:
        self._mode = mode
        self._cloud = cloud
        self._eyes = eyes
        self._diagnoser = diagnoser
        self._turn_seconds = turn_seconds
        self._observer = observer or Unobserved()

    @property
    def mode(self) -> LookMode:
        """Whose eyes are used."""
        return self._mode

    async def find(self, person: Person, wanted: Wanted) -> Found:
        """The templates that `wanted` may mean. Raises `LookRefused`."""
        what = wanted.name or wanted.staging_group or wanted.account or wanted.resource_group or wanted.subscription
        async with self._look(person, "find", what) as reading:
            return await find(reading, wanted, self._eyes.subscriptions)

    async def failing(self, person: Person) -> Failing:
        """Every template whose last run failed, newest first. Raises `LookRefused`."""
        async with self._look(person, "failing", "") as reading:
            return await failing(reading, self._eyes.subscriptions)

    async def status(self, person: Person, ref: TemplateRef) -> TemplateStatus:
        """The template, its last run and that run's outputs. Raises `LookRefused`."""
        async with self._look(person, "status", ref.id) as reading:
            self._check(ref)
            template, outputs = await asyncio.gather(reading.template(ref), _outputs(reading, ref))
            return status_of(ref_of(template) or ref, template, outputs)

    async def log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """The end of the last run's log, back to where the failed provisioner began. Raises `LookRefused`."""
        async with self._look(person, "log-tail", status.ref.id) as reading:
            self._check(status.ref)
            found = await log_of(reading, status)
            text, read = await _again_if_replaced(found.blob, lambda: read_tail(found.blob))
            return LogTail(found.file, text, read, found.blob.size, found.folder, is_running(status))

    async def read_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogRead:
        """The whole log, diagnosed in a thread while it is read. Raises `LookRefused`."""
        async with self._look(person, "read-log", status.ref.id, WHOLE_SECONDS) as reading:
            self._check(status.ref)
            reading.deadline.renew(self._turn_seconds)
            found = await log_of(reading, status)

            async def diagnosed() -> Diagnosis:
                return await self._diagnosed(reading, found, language, progress)

            diagnosis = await _again_if_replaced(found.blob, diagnosed)
            return LogRead(found.file, diagnosis, found.blob.size, found.folder, is_running(status))

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in; whether there was one. Raises `LookRefused`."""
        began = time.monotonic()
        refusal: Refusal | None = None
        try:
            return await self._eyes.sign_out(person)
        except LookRefused as failure:
            refusal = failure.refusal
            raise
        finally:
            self._note(person, "sign-out", "", refusal, time.monotonic() - began)

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._eyes.close()

    async def _diagnosed(
        self, reading: Reading, found: LogFound, language: Language, progress: Callable[[int, int], None]
    ) -> Diagnosis:
        pulled = Pulled(LogParts(found.blob, reading.deadline, progress).fetch)
        try:
            return await asyncio.to_thread(self._diagnoser.diagnose_stream, pulled, language, found.file)
        finally:
            await pulled.end()

    def _check(self, ref: TemplateRef) -> None:
        if not is_ref(ref):
            raise LookRefused(Refusal("not-found", ref.id))
        check_allowed(ref.subscription, self._eyes.subscriptions)

    @asynccontextmanager
    async def _look(
        self, person: Person, operation: str, what: str, seconds: float | None = None
    ) -> AsyncIterator[Reading]:
        """One look: the person's credential, clients of its own, a time limit, refusals, and a line in the audit."""
        began = time.monotonic()
        limit = seconds or self._turn_seconds
        refusal: Refusal | None = Refusal("unexpected", what)
        try:
            async with (
                asyncio.timeout(limit),
                self._eyes.credential(person) as credential,
                Reading(self._cloud, credential, Deadline(limit)) as reading,
            ):
                yield reading
            refusal = None
        except Exception as error:
            failure = refused(error, what)
            refusal = failure.refusal
            if refusal.reason == "unexpected" and not refusal.code:  # a code says enough in the audit
                _log.error("A look came to nothing: %s", where(error))
            if failure is error:
                raise
            raise failure from error
        finally:
            self._note(person, operation, what, refusal, time.monotonic() - began)

    def _note(self, person: Person, operation: str, what: str, refusal: Refusal | None, seconds: float) -> None:
        audited(person, self._mode, operation, what, refusal, seconds * 1000)
        self._observer.looked(operation, refusal.reason if refusal else "ok", seconds)


async def _outputs(reading: Reading, ref: TemplateRef) -> list[SdkRunOutput]:
    """The outputs of the runs; none where they cannot be read: the status is worth showing without them."""
    try:
        return await reading.outputs(ref)
    except LookRefused:
        return []


async def _again_if_replaced(blob: LogBlob, read: Callable[[], Awaitable[T]]) -> T:
    """What `read` gives; where another log has taken the place of the one that was being read, from its start again."""
    for _ in range(MOST_RESTARTS):
        try:
            return await read()
        except Replaced:
            await blob.open()
    return await read()
