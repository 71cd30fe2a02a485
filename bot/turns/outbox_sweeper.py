"""Find conversations where something is waiting after a crash or a channel failure, and send it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.errors import RequestRefusedError, StoreError, describe_error_location
from bot.state.store import StateStore
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.conversation_document import ConversationDocument
from bot.turns.conversation_locks import ConversationLocks, QueueFullError
from bot.turns.outbox import DeliveryPolicy, Outbox, postpone_message
from bot.turns.unit_of_work import UnitOfWork

MAX_SWEPT_CONVERSATIONS = 1000
MAX_CONCURRENT_CONVERSATIONS = 8

_log = logging.getLogger(__name__)


class OutboxSweeper:
    """Sends what's waiting in the outboxes of `store` and is due.

    `start_pending` gets each conversation in which anything waits: it starts the jobs and turns that are left to do.
    """

    def __init__(
        self,
        store: StateStore,
        locks: ConversationLocks,
        outbox: Outbox,
        start_pending: Callable[[str, ConversationDocument], None],
        policy: DeliveryPolicy,
        instance: str,
        clock: Callable[[], float],
    ) -> None:
        self._store, self._locks, self._outbox, self._start_pending = store, locks, outbox, start_pending
        self._policy, self._instance, self._clock = policy, instance, clock

    async def run(self, messenger: ProactiveMessenger, stop: asyncio.Event) -> None:
        """Sweep right away, for what a crash left, then at intervals until `stop`; finish a sweep that has begun."""
        while not stop.is_set():
            try:
                await self.sweep(messenger, stop)
            except StoreError as error:
                _log.error("Waiting replies could not be looked up: %s", error)
            except Exception as error:  # noqa: BLE001 - it must go on while the program does
                _log.error("Waiting replies could not be sent: %s", describe_error_location(error))
            try:
                async with asyncio.timeout(self._policy.sweep_interval_seconds):
                    await stop.wait()
            except TimeoutError:
                continue

    async def sweep(self, messenger: ProactiveMessenger, stop: asyncio.Event | None = None) -> None:
        """Send the messages that are due, once, in every conversation where some wait and no turn runs."""
        slots = asyncio.Semaphore(MAX_CONCURRENT_CONVERSATIONS)

        async def sweep_in_slot(key: str) -> None:
            async with slots:
                if not (stop and stop.is_set()):
                    await self._sweep_conversation(key, messenger)

        keys = await self._store.list_waiting_keys(MAX_SWEPT_CONVERSATIONS)
        await asyncio.gather(*(sweep_in_slot(key) for key in keys))

    async def _sweep_conversation(self, key: str, messenger: ProactiveMessenger) -> None:
        if self._locks.is_busy(key):
            return  # its own turns send what's waiting; waiting for them here would hold up the other conversations
        try:
            async with self._locks.acquire(key):
                unit_of_work = await UnitOfWork(self._store, key).load()
                document, now = unit_of_work.document, self._clock()
                # before checking the lease, which only covers the outbox: jobs have their own
                self._start_pending(key, document)
                if document.is_leased_by_another(self._instance, now):
                    return
                if undeliverable := document.drop_undeliverable(now):
                    await unit_of_work.commit()
                    self._outbox.give_up(undeliverable)
                # a message in flight is due regardless of its time: its sender died
                if document.outbox and (document.outbox[0].in_flight or document.outbox[0].due_at <= now):
                    await self._flush_proactively(unit_of_work, messenger)
        except QueueFullError:
            return  # its own turns send what's waiting
        except StoreError as error:
            _log.error("Waiting replies could not be read or recorded: %s", error)

    async def _flush_proactively(self, unit_of_work: UnitOfWork, messenger: ProactiveMessenger) -> None:
        async def flush_to_channel(channel: Channel) -> None:
            await self._outbox.flush(unit_of_work, channel)

        first = unit_of_work.document.outbox[0]
        try:
            await messenger.resume_conversation(first.conversation_reference, flush_to_channel)
        except RequestRefusedError as error:
            self._outbox.counts["refused"] += 1
            _log.error("A waiting reply can no longer be sent: %s", error)
            await unit_of_work.change(lambda document: document.remove_message(first.id))
        except Exception as error:  # noqa: BLE001 - one conversation out of reach must not stop the others
            self._outbox.counts["later"] += 1
            _log.warning("A conversation could not be reached: %s", describe_error_location(error))
            due_at = self._clock() + self._policy.compute_wait(first.attempts, None)
            await unit_of_work.change(
                lambda document: postpone_message(document, first.id, due_at, is_outcome_unknown=False)
            )
