"""Sends what the outboxes hold: each reply in order, noted before it is begun and again when its outcome is known.

A reply is sent twice only where nobody can know whether it arrived: the channel did not say, or the program was killed
between sending and noting.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.cards.messages import Message
from bot.errors import DeliveryError, RequestRefusedError, StoreError, describe_error_location
from bot.state.store import StateStore
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.conversation_document import ConversationDocument, OutboxMessage
from bot.turns.conversation_locks import ConversationLocks, QueueFullError
from bot.turns.notices import render_notice
from bot.turns.unit_of_work import UnitOfWork

LEASE_SECONDS = 30
"""How long another instance leaves the replies of a conversation to the one that began to send them."""
MAX_SWEPT_CONVERSATIONS = 1000
MAX_CONCURRENT_CONVERSATIONS = 8
MAX_UNKNOWN_OUTCOMES = 4
"""Sends without a known outcome after which a reply is not sent again. Of a channel that leaves one in twenty open, two
would lose a reply in four hundred; with four nobody sees it lost, and hardly anybody thrice.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """Seconds. `most`: one turn's sending, all in all; `first_wait`: before a reply is tried again, doubled each time.

    `quick_tries` are made while the turn waits; the rest by the sweep, every `sweep`.
    """

    max_flush_seconds: float = 8.0
    first_wait_seconds: float = 0.4
    max_wait_seconds: float = 600.0
    inline_attempts: int = 2
    sweep_interval_seconds: float = 15.0

    def compute_wait(self, attempts: int, retry_after: float | None) -> float:
        """How long to wait after so many tries: what the channel asked for, or longer each time, never in step."""
        spread: float = random.uniform(0.75, 1.25)  # noqa: S311 - it hides nothing
        own = self.first_wait_seconds * 2.0 ** min(attempts, 20) * spread
        return min(max(own, retry_after or 0.0), self.max_wait_seconds)


class Outbox:
    """Sends from the outboxes of `store`; `lanes` keeps the turns and the sweeps of one conversation apart.

    `counts` tells what became of replies: sent, repeated, unknown, later, refused, replaced, given-up.
    """

    def __init__(
        self,
        store: StateStore,
        locks: ConversationLocks,
        policy: DeliveryPolicy | None = None,
        instance: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._store, self._locks, self._policy = store, locks, policy or DeliveryPolicy()
        self._instance, self._clock = instance, clock
        self._unrecorded_sends: dict[tuple[str, str], str | None] = {}

    def begin_send(self, unit_of_work: UnitOfWork) -> None:
        """Note, before a commit, that the first reply of the outbox is about to be sent: by this process, if it may."""
        now = self._clock()
        self._give_up(unit_of_work.document.drop_undeliverable(now))
        unit_of_work.is_sending = unit_of_work.document.begin_send(self._instance, now, LEASE_SECONDS)

    async def flush(self, unit_of_work: UnitOfWork, channel: Channel, activity_key: str = "") -> DeliveryError | None:
        """Send the outbox until it is empty, or its first reply has to wait; the conversation's lane must be held.

        Returns why replies still wait, or why one to the activity of `mark` was lost; None also where another instance
        sends them.
        """
        ends = time.monotonic() + self._policy.max_flush_seconds
        lost: DeliveryError | None = None
        try:
            if not unit_of_work.is_sending and unit_of_work.document.outbox:
                await self._commit_and_begin_next(unit_of_work, lambda _: None)
            while unit_of_work.is_sending:
                row = unit_of_work.document.outbox[0]
                error = (
                    None
                    if (unit_of_work.key, row.id) in self._unrecorded_sends
                    else await self._send_message(unit_of_work.key, channel, row, ends)
                )
                wait = await self._record_outcome(unit_of_work, row, error)
                if wait is not None:
                    if row.attempts > self._policy.inline_attempts or time.monotonic() + wait >= ends:
                        return error
                    await asyncio.sleep(wait)
                    await self._commit_and_begin_next(unit_of_work, lambda _: None)
                elif (
                    error
                    and activity_key
                    and row.id.startswith(activity_key)
                    and not unit_of_work.document.find_message(row.id)
                ):
                    lost = error
        except StoreError as error_of_store:
            _log.error("What was sent could not be noted: %s", error_of_store)
            return DeliveryError("The state store failed while replies were sent.")
        return lost

    async def run(
        self,
        messenger: ProactiveMessenger,
        stop: asyncio.Event,
        on_waiting: Callable[[str, ConversationDocument], None],
    ) -> None:
        """Sweep now, for what a crash left, and then every so often until `stop`; a sweep is finished first."""
        while not stop.is_set():
            try:
                await self.sweep(messenger, on_waiting, stop)
            except StoreError as error:
                _log.error("Waiting replies could not be looked up: %s", error)
            except Exception as error:  # noqa: BLE001 - it must go on while the program does
                _log.error("Waiting replies could not be sent: %s", describe_error_location(error))
            try:
                async with asyncio.timeout(self._policy.sweep_interval_seconds):
                    await stop.wait()
            except TimeoutError:
                continue

    async def sweep(
        self,
        messenger: ProactiveMessenger,
        on_waiting: Callable[[str, ConversationDocument], None],
        stop: asyncio.Event | None = None,
    ) -> None:
        """Send, in every conversation where replies wait and no turn runs, those that are due.

        `seen` gets every conversation in which anything waits.
        """
        free = asyncio.Semaphore(MAX_CONCURRENT_CONVERSATIONS)

        async def sweep_if_free(key: str) -> None:
            async with free:
                if not (stop and stop.is_set()):
                    await self._sweep_conversation(key, messenger, on_waiting)

        await asyncio.gather(
            *(sweep_if_free(key) for key in await self._store.list_waiting_keys(MAX_SWEPT_CONVERSATIONS))
        )

    async def _sweep_conversation(
        self, key: str, messenger: ProactiveMessenger, on_waiting: Callable[[str, ConversationDocument], None]
    ) -> None:
        if self._locks.is_busy(key):
            return  # its own turns send what waits; who waited for them here would hold up the others
        try:
            async with self._locks.acquire(key):
                record = await UnitOfWork(self._store, key).load()
                envelope, now = record.document, self._clock()
                on_waiting(key, envelope)
                if envelope.is_leased_by_another(self._instance, now):
                    return
                if hopeless := envelope.drop_undeliverable(now):
                    await record.commit()
                    self._give_up(hopeless)
                if envelope.outbox and (envelope.outbox[0].in_flight or envelope.outbox[0].due_at <= now):
                    await self._flush_proactively(record, messenger)
        except QueueFullError:
            return  # its own turns send it
        except StoreError as error:
            _log.error("Waiting replies could not be read or noted: %s", error)

    async def _flush_proactively(self, unit_of_work: UnitOfWork, messenger: ProactiveMessenger) -> None:
        async def flush_to_channel(channel: Channel) -> None:
            await self.flush(unit_of_work, channel)

        row = unit_of_work.document.outbox[0]
        try:
            await messenger.resume_conversation(row.conversation_reference, flush_to_channel)
        except RequestRefusedError as refused:
            self.counts["refused"] += 1
            _log.error("A reply that waited is not sent: %s", refused)
            await unit_of_work.change(lambda envelope: envelope.remove_message(row.id))
        except Exception as error:  # noqa: BLE001 - one conversation out of reach must not stop the others
            self.counts["later"] += 1
            _log.warning("A conversation could not be reached: %s", describe_error_location(error))
            due = self._clock() + self._policy.compute_wait(row.attempts, None)
            await unit_of_work.change(lambda envelope: _postpone_message(envelope, row.id, False, due))

    async def _send_message(
        self, key: str, channel: Channel, outbox_message: OutboxMessage, deadline: float
    ) -> DeliveryError | None:
        if outbox_message.is_possible_duplicate:
            self.counts["repeated"] += 1
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
                another = outbox_message.conversation_reference.get("activity") != channel.conversation_reference.get(
                    "activity"
                )
                sent = await (
                    channel.send(outbox_message.message, outbox_message.conversation_reference)
                    if another
                    else channel.send(outbox_message.message)
                )
                self._unrecorded_sends[key, outbox_message.id] = sent
        except DeliveryError as error:
            return error
        except TimeoutError:
            return DeliveryError("The channel took too long to take a reply.", outcome="unknown")
        except Exception as error:  # noqa: BLE001 - one reply must not stop those behind it for ever
            _log.error("A reply could not be sent: %s", describe_error_location(error))
            return DeliveryError("A reply could not be sent.", outcome="unknown")
        return None

    async def _record_outcome(
        self, unit_of_work: UnitOfWork, outbox_message: OutboxMessage, error: DeliveryError | None
    ) -> float | None:
        """Note the outcome, and begin the next reply. Returns the seconds to wait for, None if that one is next."""
        if error is None:
            sent = (unit_of_work.key, outbox_message.id)
            activity = None if outbox_message.is_fallback else self._unrecorded_sends[sent]
            await self._commit_and_begin_next(
                unit_of_work, lambda envelope: envelope.remove_message(outbox_message.id, activity)
            )
            self._unrecorded_sends.pop(sent, None)
            self.counts["sent"] += 1
            return None
        self.counts[error.outcome] += 1
        if error.outcome == "refused":
            reference = secrets.token_hex(4)
            if "replaces" in outbox_message.message:
                # the card is gone, too old or not the bot's: what was to stand there is sent below
                self.counts["replaced"] += 1
                message = {key: value for key, value in outbox_message.message.items() if key != "replaces"}
                await self._commit_and_begin_next(
                    unit_of_work,
                    lambda envelope: _replace_message(envelope, outbox_message.id, message, is_fallback=False),
                )
                return None
            _log.error("%s It is not sent again, reference %s.", error, reference)
            if error.status in (400, 413) and not outbox_message.is_fallback:
                self.counts["replaced"] += 1
                spare = {"text": render_notice("not-shown", outbox_message.language, reference)}
                await self._commit_and_begin_next(
                    unit_of_work, lambda envelope: _replace_message(envelope, outbox_message.id, spare)
                )
            else:
                await self._commit_and_begin_next(
                    unit_of_work, lambda envelope: envelope.remove_message(outbox_message.id)
                )
            return None
        if error.outcome == "unknown" and outbox_message.unknown_outcomes + 1 >= MAX_UNKNOWN_OUTCOMES:
            _log.error("%s", error)
            self._give_up([outbox_message])
            await self._commit_and_begin_next(unit_of_work, lambda envelope: envelope.remove_message(outbox_message.id))
            return None
        _log.warning("%s The reply waits for another try (%s).", error, error.outcome)
        wait = self._policy.compute_wait(outbox_message.attempts, error.retry_after)
        doubt, due = error.outcome == "unknown", self._clock() + wait
        unit_of_work.is_sending = False
        await unit_of_work.change(lambda envelope: _postpone_message(envelope, outbox_message.id, doubt, due))
        return wait

    async def _commit_and_begin_next(
        self, unit_of_work: UnitOfWork, edit: Callable[[ConversationDocument], None]
    ) -> None:
        def edit_and_begin(document: ConversationDocument) -> None:
            edit(document)
            self.begin_send(unit_of_work)

        await unit_of_work.change(edit_and_begin)

    def _give_up(self, outbox_messages: Sequence[OutboxMessage]) -> None:
        for row in outbox_messages:
            self.counts["given-up"] += 1
            _log.error(
                "A reply is given up: %d tries failed, %d without a known outcome, %d crashes.",
                row.attempts,
                row.unknown_outcomes,
                row.crashed_attempts,
            )


def _replace_message(
    document: ConversationDocument, message_id: str, message: Message, is_fallback: bool = True
) -> None:
    row = document.find_message(message_id)
    if row:
        row.message, row.is_fallback, row.in_flight, row.attempts = message, is_fallback, False, 0


def _postpone_message(document: ConversationDocument, message_id: str, is_unknown: bool, due_at: float) -> None:
    row = document.find_message(message_id)
    if row:
        row.in_flight, row.due_at = False, due_at
        row.attempts += 1
        row.unknown_outcomes += is_unknown
