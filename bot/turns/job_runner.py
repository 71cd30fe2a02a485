"""Performs what turns left to be done: beside the conversation, one of it at a time, found again after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import DeliveryError, StateConflictError, StoreError, describe_error_location
from bot.state.store import StateStore
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.conversation_document import ConversationDocument
from bot.turns.conversation_locks import ConversationLocks, QueueFullError
from bot.turns.inbound import InboundActivity
from bot.turns.pending import MAX_CRASHED_ATTEMPTS, PendingTurn
from bot.turns.persisted_turns import restore_inbound_activity
from bot.turns.progress import ProgressIntervals, ProgressReporter
from bot.turns.unit_of_work import MAX_COMMIT_ATTEMPTS, UnitOfWork, back_off
from dialogs.conversation import Conversation
from dialogs.model.job import FAILURE_KEY, RETRY_AFTER_KEY, Job, JobDone, JobFailure
from dialogs.model.turn import Person
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)

RunTurn = Callable[[str, InboundActivity, Channel], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobLimits:
    """`at_once`: works that this process performs at a time. `seconds`: what one may take. `lease`: seconds after which
    another instance takes over from one that fell silent.
    """

    max_concurrent_jobs: int = 8
    timeout_seconds: float = 1800.0
    lease_seconds: float = 45.0
    progress_intervals: ProgressIntervals = field(default_factory=ProgressIntervals)


class JobRunner:
    """Does what is pending in conversations: works are performed by `medic`, and `run` runs the turns, also those that
    report works. `mine` holds what this process is at, by key and id.
    """

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        locks: ConversationLocks,
        run_turn: RunTurn,
        instance: str,
        clock: Callable[[], float],
        limits: JobLimits,
    ) -> None:
        self.active_ids: set[tuple[str, str]] = set()
        self._conversation, self._store, self._locks, self._run_turn = conversation, store, locks, run_turn
        self._instance, self._clock, self._limits = instance, clock, limits
        self._job_slots = asyncio.Semaphore(limits.max_concurrent_jobs)
        self._messenger: ProactiveMessenger | None = None
        self._stop = asyncio.Event()
        self._tasks: dict[tuple[str, bool], asyncio.Task[None]] = {}
        self._rescan_requests: set[tuple[str, bool]] = set()

    @asynccontextmanager
    async def open(self, messenger: ProactiveMessenger, stop: asyncio.Event) -> AsyncIterator[None]:
        """Perform works while the block runs; then leave those that are begun to the next process."""
        self._messenger, self._stop = messenger, stop
        try:
            yield
        finally:
            self._messenger = None
            stop.set()
            if self._tasks:
                await asyncio.wait(self._tasks.values())

    def start_pending(self, key: str, document: ConversationDocument) -> None:
        """Begin what is pending in a conversation, unless it is begun, or nothing can be."""
        if not document.pending_turns or self._messenger is None or self._stop.is_set():
            return
        for works in {
            pending.job_json is not None for pending in document.pending_turns if self._can_start(key, pending)
        }:
            if (key, works) in self._tasks:
                self._rescan_requests.add((key, works))
            else:
                self._tasks[key, works] = asyncio.create_task(self._process_pending(key, works, self._messenger))

    async def _process_pending(self, key: str, is_for_jobs: bool, messenger: ProactiveMessenger) -> None:
        """Run the turns or perform the works of one conversation, in order, until none is left or one has to wait."""
        this = (key, is_for_jobs)
        try:
            async with self._job_slots if is_for_jobs else contextlib.nullcontext():
                self._rescan_requests.add(this)
                while this in self._rescan_requests:
                    self._rescan_requests.discard(this)
                    while not self._stop.is_set() and await self._process_next(key, is_for_jobs, messenger):
                        pass
        except QueueFullError:
            _log.warning("What is pending has to wait: too many turns of its conversation do.")
        except StoreError as error:
            _log.error("What is pending could not be looked up or kept: %s", error)
        except Exception as error:  # noqa: BLE001 - the others must go on
            _log.error("What is pending could not be done: %s", describe_error_location(error))
        finally:
            self._rescan_requests.discard(this)
            del self._tasks[this]

    async def _process_next(self, key: str, is_for_jobs: bool, messenger: ProactiveMessenger) -> bool:
        """Do the first that is free; whether there was one and it is done."""
        begun = await self._lease_next(key, is_for_jobs)
        if begun is None:
            return False
        pending, language = begun
        try:
            work = pending.parsed_job
            if work is None:
                return await self._run_pending_turn(key, pending, restore_inbound_activity(pending), messenger)
            if pending.crashed_attempts >= MAX_CRASHED_ATTEMPTS:
                _log.error(
                    "A work (%s) is given up: it was begun %d times and never ended.",
                    work.name,
                    pending.crashed_attempts,
                )
                return await self._report_result(key, pending, JobDone(work, _build_failure("stopped")), messenger)
            progress = ProgressReporter(messenger, pending, language, self._limits.progress_intervals)
            result = await self._perform_job(key, work, progress, language)
            if result is None:
                await self._update_pending(key, pending.id, PendingTurn.release)
                return False
            again = result.get(RETRY_AFTER_KEY)
            if isinstance(again, int | float):
                due, args = self._clock() + again, result.get("args", work.args)
                await self._update_pending(key, pending.id, lambda left: left.postpone(args, due))
                return True
            await progress.finish()
            return await self._report_result(key, pending, JobDone(work, result), messenger)
        finally:
            self.active_ids.discard((key, pending.id))

    async def _lease_next(self, key: str, is_for_jobs: bool) -> tuple[PendingTurn, Language] | None:
        for attempt in range(MAX_COMMIT_ATTEMPTS):
            async with self._locks.acquire(key):
                record = await UnitOfWork(self._store, key).load()
                waiting = [
                    pending
                    for pending in record.document.pending_turns
                    if (pending.job_json is not None) == is_for_jobs
                ]
                # in order: what waits behind one that another instance does is that one's to begin
                first = next((pending for pending in waiting if pending.due_at <= self._clock()), None)
                if first is None or not self._can_start(key, first):
                    return None
                first.start(self._instance, self._clock(), self._limits.lease_seconds)
                try:
                    await record.commit()
                except StateConflictError:
                    await back_off(attempt)
                    continue
                self.active_ids.add((key, first.id))
                return first, record.document.language or "en"
        return None

    async def _perform_job(
        self, key: str, job: Job, progress: ProgressReporter, language: Language
    ) -> Mapping[str, Any] | None:
        """The result; None when the work is to be left: the program stops, or somebody else has it."""
        performing = asyncio.create_task(
            _perform_safely(
                self._conversation, progress.pending.parsed_turn.person, job, language, progress.record_progress
            )
        )
        beside = [
            asyncio.create_task(self._stop.wait()),
            asyncio.create_task(self._renew_lease(key, progress)),
            asyncio.create_task(progress.show()),
        ]
        try:
            ended, _ = await asyncio.wait(
                [performing, *beside], timeout=self._limits.timeout_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (performing, *beside):
                task.cancel()
            # a sign that is on its way must not come after the report; a work that does not end is not waited for
            await asyncio.wait(beside, timeout=2)
        if performing in ended:
            return performing.result()
        if ended:
            return None
        _log.error("A work (%s) took more than %d s and is ended.", job.name, self._limits.timeout_seconds)
        return _build_failure("too-long")

    async def _renew_lease(self, key: str, progress: ProgressReporter) -> None:
        """Keep the lease until somebody else has it, or it is no longer pending."""
        until = self._clock() + self._limits.lease_seconds
        while self._clock() < until:
            await asyncio.sleep(self._limits.lease_seconds / 3)
            try:
                kept = await self._update_pending(key, progress.pending.id, self._extend_lease)
            except StoreError as error:
                _log.warning("The lease of a work could not be renewed: %s", error)
                continue
            if kept is None:
                return
            until, progress.pending.progress_activity_id = kept.lease_expires_at, kept.progress_activity_id

    def _extend_lease(self, pending: PendingTurn) -> None:
        pending.lease_expires_at = self._clock() + self._limits.lease_seconds

    async def _update_pending(
        self, key: str, pending_id: str, edit: Callable[[PendingTurn], None]
    ) -> PendingTurn | None:
        """Change what this process is at, and return it; None if it is that no longer."""
        for attempt in range(MAX_COMMIT_ATTEMPTS):
            record = await UnitOfWork(self._store, key).load()
            pending = record.document.find_pending(pending_id)
            if pending is None or pending.lease_owner != self._instance:
                return None
            edit(pending)
            try:
                await record.commit()
            except StateConflictError:
                await back_off(attempt)
            else:
                return pending
        raise StateConflictError("The conversation was changed each time that a work was to be noted.")

    async def _report_result(
        self, key: str, pending: PendingTurn, job_done: JobDone, messenger: ProactiveMessenger
    ) -> bool:
        incoming = InboundActivity(
            "answer", replace(pending.parsed_turn, job_done=job_done), activity_key=pending.id, is_pending=True
        )
        return await self._run_pending_turn(key, pending, incoming, messenger)

    async def _run_pending_turn(
        self, key: str, pending: PendingTurn, incoming: InboundActivity, messenger: ProactiveMessenger
    ) -> bool:
        """Run a turn that ends what is pending; whether it did."""

        async def run_in_channel(channel: Channel) -> None:
            await self._run_turn(key, incoming, channel)

        try:
            await messenger.resume_conversation(pending.conversation_reference, run_in_channel)
        except DeliveryError as failed:
            _log.info("The replies of a turn that was kept still wait: %s", failed)
        except Exception as error:  # noqa: BLE001 - it is tried again with the next sweep
            _log.error("What was pending could not be ended: %s", describe_error_location(error))
        return await self._update_pending(key, pending.id, lambda left: left.release(failed=True)) is None

    def _can_start(self, key: str, pending: PendingTurn) -> bool:
        return (key, pending.id) not in self.active_ids and pending.can_start(self._instance, self._clock())


async def _perform_safely(
    conversation: Conversation, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    began = time.monotonic()
    try:
        return await conversation.perform_job(person, job, language, progress)
    except Exception as error:  # noqa: BLE001 - the last net: a person must never meet silence
        _log.error(
            "A work (%s) failed after %d s: %s", job.name, time.monotonic() - began, describe_error_location(error)
        )
        return _build_failure("broken")


def _build_failure(failure: JobFailure) -> Mapping[str, Any]:
    return {FAILURE_KEY: failure}
