"""Run what turns left to do: in the background, one job per conversation at a time, and again after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import DeliveryError, RequestRefusedError, StoreError, describe_error_location
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.conversation_document import ConversationDocument
from bot.turns.conversation_locks import QueueFullError
from bot.turns.inbound import InboundActivity
from bot.turns.pending import MAX_CRASHED_ATTEMPTS, PendingTurn
from bot.turns.pending_leases import PendingLeases
from bot.turns.persisted_turns import restore_inbound_activity
from bot.turns.progress import ProgressIntervals, ProgressReporter
from dialogs.conversation import Conversation
from dialogs.model.job import FAILURE_KEY, REFERENCE_KEY, RETRY_AFTER_KEY, Job, JobDone, JobFailure
from dialogs.model.turn import Person
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)

RunTurn = Callable[[str, InboundActivity, Channel], Awaitable[None]]
"""Runs a turn of the conversation with the given key and sends its replies."""


@dataclass(frozen=True, slots=True)
class JobLimits:
    """Limits on jobs.

    Attributes:
        max_concurrent_jobs: Jobs that this process runs at a time.
        timeout_seconds: How long one job may take.
        lease_seconds: How long a job stays with a process that doesn't renew its lease.
        progress_intervals: How often progress is shown.
    """

    max_concurrent_jobs: int = 8
    timeout_seconds: float = 1800.0
    lease_seconds: float = 45.0
    progress_intervals: ProgressIntervals = field(default_factory=ProgressIntervals)


class JobRunner:
    """Runs what is pending in conversations: `conversation` performs jobs, `run_turn` runs turns.

    The turns are those that took too long for their requests, and those that report jobs.
    """

    def __init__(
        self,
        conversation: Conversation,
        leases: PendingLeases,
        run_turn: RunTurn,
        clock: Callable[[], float],
        limits: JobLimits,
    ) -> None:
        self._conversation, self._leases, self._run_turn = conversation, leases, run_turn
        self._clock, self._limits = clock, limits
        self._job_slots = asyncio.Semaphore(limits.max_concurrent_jobs)
        self._messenger: ProactiveMessenger | None = None
        self._stop = asyncio.Event()
        # per conversation, one task for its turns and one for its jobs: a job that takes hours must not hold up a turn
        self._tasks: dict[tuple[str, bool], asyncio.Task[None]] = {}
        self._rescan_requests: set[tuple[str, bool]] = set()

    @asynccontextmanager
    async def open(self, messenger: ProactiveMessenger, stop: asyncio.Event) -> AsyncIterator[None]:
        """Run what's pending while the block runs; leave anything unfinished to the next process."""
        self._messenger, self._stop = messenger, stop
        try:
            yield
        finally:
            self._messenger = None
            stop.set()
            if self._tasks:
                await asyncio.wait(self._tasks.values())

    def start_pending(self, key: str, document: ConversationDocument) -> None:
        """Start what's pending in a conversation and not running yet; do nothing outside the block of `open`."""
        if not document.pending_turns or self._messenger is None or self._stop.is_set():
            return
        startable = (pending for pending in document.pending_turns if self._leases.can_start(key, pending))
        for is_for_jobs in {pending.job_json is not None for pending in startable}:
            if (key, is_for_jobs) in self._tasks:
                self._rescan_requests.add((key, is_for_jobs))
            else:
                self._tasks[key, is_for_jobs] = asyncio.create_task(
                    self._process_pending(key, is_for_jobs, self._messenger)
                )

    async def _process_pending(self, key: str, is_for_jobs: bool, messenger: ProactiveMessenger) -> None:
        """Run the jobs or the turns of one conversation, in order, until none is left or one has to wait."""
        task_key = (key, is_for_jobs)
        try:
            async with self._job_slots if is_for_jobs else contextlib.nullcontext():
                self._rescan_requests.add(task_key)
                # what's added after the document was last read must not wait for the next sweep
                while task_key in self._rescan_requests:
                    self._rescan_requests.discard(task_key)
                    while not self._stop.is_set() and await self._process_next(key, is_for_jobs, messenger):
                        pass
        except QueueFullError:
            _log.warning("A pending job has to wait: too many turns of its conversation are waiting.")
        except StoreError as error:
            _log.error("A pending job could not be read or recorded: %s", error)
        except Exception as error:  # noqa: BLE001 - the other conversations must go on
            _log.error("A pending job could not be run: %s", describe_error_location(error))
        finally:
            self._rescan_requests.discard(task_key)
            del self._tasks[task_key]

    async def _process_next(self, key: str, is_for_jobs: bool, messenger: ProactiveMessenger) -> bool:
        """Run the first one that's due; return whether there was one and the next may follow."""
        leased = await self._leases.lease_next(key, is_for_jobs)
        if leased is None:
            return False
        pending, language = leased
        try:
            job = pending.parsed_job
            if job is None:
                return await self._run_pending_turn(key, pending, restore_inbound_activity(pending), messenger)
            return await self._run_job(key, pending, job, language, messenger)
        finally:
            self._leases.active_ids.discard((key, pending.id))

    async def _run_job(
        self, key: str, pending: PendingTurn, job: Job, language: Language, messenger: ProactiveMessenger
    ) -> bool:
        if pending.crashed_attempts >= MAX_CRASHED_ATTEMPTS:
            _log.error(
                "A job (%s) is abandoned: it was started %d times and never finished.",
                job.name,
                pending.crashed_attempts,
            )
            return await self._report_result(key, pending, JobDone(job, _build_failure("stopped")), messenger)
        progress = ProgressReporter(messenger, pending, language, self._limits.progress_intervals)
        result = await self._perform_job(key, job, progress, language)
        if result is None:  # not a crash: the next process starts it again
            await self._leases.update(key, pending.id, PendingTurn.release)
            return False
        retry_after = result.get(RETRY_AFTER_KEY)
        if isinstance(retry_after, int | float):
            args, due_at = result.get("args", job.args), self._clock() + retry_after
            await self._leases.update(key, pending.id, lambda stored: stored.postpone(args, due_at))
            return True
        await progress.finish()
        return await self._report_result(key, pending, JobDone(job, result), messenger)

    async def _perform_job(
        self, key: str, job: Job, progress: ProgressReporter, language: Language
    ) -> Mapping[str, Any] | None:
        """Perform a job and return its result; None if the program stops or the lease is lost."""
        person = progress.pending.parsed_turn.person
        performing = asyncio.create_task(
            perform_safely(self._conversation, person, job, language, progress.record_progress)
        )
        companions = [
            asyncio.create_task(self._stop.wait()),
            asyncio.create_task(self._leases.renew_until_lost(key, progress.pending)),
            asyncio.create_task(progress.show()),
        ]
        try:
            ended, _ = await asyncio.wait(
                [performing, *companions], timeout=self._limits.timeout_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (performing, *companions):
                task.cancel()
            # an update that's being sent must not arrive after the report; don't wait for a job that won't stop
            await asyncio.wait(companions, timeout=2)
        if performing in ended:
            return performing.result()
        if ended:
            return None
        _log.error("A job (%s) took more than %d s and was canceled.", job.name, self._limits.timeout_seconds)
        return _build_failure("too-long")

    async def _report_result(
        self, key: str, pending: PendingTurn, job_done: JobDone, messenger: ProactiveMessenger
    ) -> bool:
        turn = replace(pending.parsed_turn, event=job_done)
        incoming = InboundActivity("answer", turn, activity_key=pending.id, is_pending=True)
        return await self._run_pending_turn(key, pending, incoming, messenger)

    async def _run_pending_turn(
        self, key: str, pending: PendingTurn, incoming: InboundActivity, messenger: ProactiveMessenger
    ) -> bool:
        """Run a turn that completes `pending`; return whether it did."""

        async def run_in_channel(channel: Channel) -> None:
            await self._run_turn(key, incoming, channel)

        is_begun = True
        try:
            await messenger.resume_conversation(pending.conversation_reference, run_in_channel)
        except RequestRefusedError as error:
            # only begun attempts count: one that has to wait for its channel for an hour must still run
            is_begun = False
            _log.info("A pending turn has to wait: %s", error)
        except DeliveryError as error:
            _log.info("The replies of a stored turn still wait: %s", error)
        except Exception as error:  # noqa: BLE001 - the next sweep tries again
            _log.error("A pending turn could not be run: %s", describe_error_location(error))
        # a committed turn has removed it from the document, so there's nothing to release
        return await self._leases.update(key, pending.id, lambda stored: stored.release(failed=is_begun)) is None


async def perform_safely(
    conversation: Conversation, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """Perform a job. If it raises, log where under a reference, and return a failed result with that reference."""
    started_at = time.monotonic()
    try:
        return await conversation.perform_job(person, job, language, progress)
    except Exception as error:  # noqa: BLE001 - the last net: a person must never meet silence
        reference = secrets.token_hex(4)
        _log.error(
            "A job (%s) failed after %d s, reference %s: %s",
            job.name,
            time.monotonic() - started_at,
            reference,
            describe_error_location(error),
        )
        return {**_build_failure("broken"), REFERENCE_KEY: reference}


def _build_failure(failure: JobFailure) -> Mapping[str, Any]:
    return {FAILURE_KEY: failure}
