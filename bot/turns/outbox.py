"""Send a conversation's outbox in order: a send is committed before it starts, and again when its outcome is known.

A message is sent twice only if there's no way to know whether it arrived: the channel didn't say, or the program was
killed between the send and the commit.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.cards.messages import Message, TextMessage
from bot.errors import DeliveryError, StoreError, describe_error_location
from bot.turns.channel import Channel
from bot.turns.conversation_document import ConversationDocument
from bot.turns.notices import render_notice
from bot.turns.outbox_message import OutboxMessage
from bot.turns.unit_of_work import UnitOfWork

LEASE_SECONDS = 30
"""How long other instances leave a conversation's outbox to the one that began to send it."""
MAX_UNKNOWN_OUTCOMES = 6
"""How many sends with an unknown outcome, at least, before a message is abandoned.

Each one may have arrived, so they're few, and far apart: a channel that's down for an hour answers all that are made in
that time in the same way.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How often and how long to try. Times are in seconds.

    Attributes:
        max_flush_seconds: The limit for all messages that one turn sends.
        first_wait_seconds: Before the second attempt; it doubles with each further one, and after an unknown outcome
            it's six times as long as the one before.
        max_wait_seconds: The longest wait between two attempts.
        max_unknown_wait_seconds: The longest wait after an unknown outcome.
        min_retry_seconds: How long, from its turn on, a message isn't abandoned for its unknown outcomes.
        inline_attempts: Attempts while the turn waits; the sweep makes the others.
        sweep_interval_seconds: Between two sweeps.
    """

    max_flush_seconds: float = 8.0
    first_wait_seconds: float = 0.4
    max_wait_seconds: float = 600.0
    max_unknown_wait_seconds: float = 1800.0
    min_retry_seconds: float = 5400.0
    inline_attempts: int = 2
    sweep_interval_seconds: float = 15.0

    def compute_wait(self, attempts: int, retry_after: float | None, *, is_outcome_unknown: bool = False) -> float:
        """Return how long to wait after so many attempts: at least as long as the channel asked for.

        The wait is randomized, so that conversations that failed together don't retry together.
        """
        jitter: float = random.uniform(0.75, 1.25)  # noqa: S311 - not for security
        factor, max_wait = (6.0, self.max_unknown_wait_seconds) if is_outcome_unknown else (2.0, self.max_wait_seconds)
        backoff = self.first_wait_seconds * factor ** min(attempts, 20) * jitter
        return min(max(backoff, retry_after or 0.0), max_wait)


class Outbox:
    """Sends the messages in the outboxes of conversations.

    `counts` says what happened to them: sent, repeated, unknown, later, refused, replaced, given-up.
    """

    def __init__(self, policy: DeliveryPolicy, instance: str, clock: Callable[[], float]) -> None:
        self.counts: Counter[str] = Counter()
        self._policy, self._instance, self._clock = policy, instance, clock
        # key and message id -> activity id: sent, but the store failed to record it
        self._unrecorded_sends: dict[tuple[str, str], str | None] = {}

    def begin_send(self, unit_of_work: UnitOfWork) -> None:
        """Record, before a commit, that this process is about to send the first message, if it may."""
        document, now = unit_of_work.document, self._clock()
        # while another instance sends, a message in flight doesn't mean a crash
        if not document.is_leased_by_another(self._instance, now):
            self.give_up(document.drop_undeliverable(now))
        unit_of_work.is_sending = document.begin_send(self._instance, now, LEASE_SECONDS)

    async def flush(self, unit_of_work: UnitOfWork, channel: Channel, activity_key: str = "") -> DeliveryError | None:
        """Send the outbox until it is empty or its first message has to wait. The conversation's lock must be held.

        Returns:
            Why messages still wait, or why one that answers the activity `activity_key` was lost; else None, even if
            another instance is sending them.
        """
        deadline = time.monotonic() + self._policy.max_flush_seconds
        lost: DeliveryError | None = None
        try:
            if not unit_of_work.is_sending and unit_of_work.document.outbox:
                await self._commit_and_begin_next(unit_of_work, _change_nothing)
            while unit_of_work.is_sending:
                message = unit_of_work.document.outbox[0]
                # sent before, when the store failed to record it
                is_already_sent = (unit_of_work.key, message.id) in self._unrecorded_sends
                error = (
                    None if is_already_sent else await self._send_message(unit_of_work.key, channel, message, deadline)
                )
                wait = await self._record_outcome(unit_of_work, message, error)
                if wait is not None:
                    if message.attempts > self._policy.inline_attempts or time.monotonic() + wait >= deadline:
                        return error
                    await asyncio.sleep(wait)
                    await self._commit_and_begin_next(unit_of_work, _change_nothing)
                # what an earlier turn lost isn't this turn's failure
                elif error and _is_lost_answer(unit_of_work.document, message, activity_key):
                    lost = error
        except StoreError as error_of_store:
            _log.error("What was sent could not be recorded: %s", error_of_store)
            return DeliveryError("The state store failed while replies were sent.")
        return lost

    def give_up(self, messages: Sequence[OutboxMessage]) -> None:
        """Count and log messages that won't be sent anymore."""
        for message in messages:
            self.counts["given-up"] += 1
            _log.error(
                "A reply is abandoned: %d attempts failed, %d without a known outcome, %d crashes.",
                message.attempts,
                message.unknown_outcomes,
                message.crashed_attempts,
            )

    async def _send_message(
        self, key: str, channel: Channel, outbox_message: OutboxMessage, deadline: float
    ) -> DeliveryError | None:
        if outbox_message.is_possible_duplicate:
            self.counts["repeated"] += 1
        reference = outbox_message.conversation_reference
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
                if reference.get("activity") == channel.conversation_reference.get("activity"):
                    activity_id = await channel.send(outbox_message.message)
                else:  # left from an earlier turn, which it must still answer
                    activity_id = await channel.send(outbox_message.message, reference)
                self._unrecorded_sends[key, outbox_message.id] = activity_id
        except DeliveryError as error:
            return error
        except TimeoutError:
            return DeliveryError("The channel took too long to accept a reply.", outcome="unknown")
        except Exception as error:  # noqa: BLE001 - one reply must not block those behind it forever
            _log.error("A reply could not be sent: %s", describe_error_location(error))
            return DeliveryError("A reply could not be sent.", outcome="unknown")
        return None

    async def _record_outcome(
        self, unit_of_work: UnitOfWork, outbox_message: OutboxMessage, error: DeliveryError | None
    ) -> float | None:
        """Commit a message's outcome.

        Returns:
            The seconds to wait until its next attempt; None if the message is done and the next one has begun.
        """
        if error is None:
            await self._record_sent(unit_of_work, outbox_message)
            return None
        self.counts[error.outcome] += 1
        if error.outcome == "refused":
            await self._record_refused(unit_of_work, outbox_message, error)
            return None
        is_outcome_unknown = error.outcome == "unknown"
        if is_outcome_unknown and self._has_been_tried_enough(outbox_message):
            _log.error("%s", error)
            self.give_up([outbox_message])
            await self._commit_and_begin_next(unit_of_work, lambda document: document.remove_message(outbox_message.id))
            return None
        _log.warning("%s The reply waits for another attempt (%s).", error, error.outcome)
        wait = self._policy.compute_wait(
            outbox_message.unknown_outcomes if is_outcome_unknown else outbox_message.attempts,
            error.retry_after,
            is_outcome_unknown=is_outcome_unknown,
        )
        due_at = self._clock() + wait
        unit_of_work.is_sending = False
        await unit_of_work.change(
            lambda document: postpone_message(
                document, outbox_message.id, due_at, is_outcome_unknown=is_outcome_unknown
            )
        )
        return wait

    def _has_been_tried_enough(self, outbox_message: OutboxMessage) -> bool:
        """Return whether one more unknown outcome is the last: there were enough, over a long enough time."""
        return (
            outbox_message.unknown_outcomes + 1 >= MAX_UNKNOWN_OUTCOMES
            and self._clock() - outbox_message.created_at >= self._policy.min_retry_seconds
        )

    async def _record_sent(self, unit_of_work: UnitOfWork, outbox_message: OutboxMessage) -> None:
        send_key = (unit_of_work.key, outbox_message.id)
        # a fallback notice isn't the place to show a job's progress
        activity_id = None if outbox_message.is_fallback else self._unrecorded_sends[send_key]
        await self._commit_and_begin_next(
            unit_of_work, lambda document: document.remove_message(outbox_message.id, activity_id)
        )
        self._unrecorded_sends.pop(send_key, None)
        self.counts["sent"] += 1

    async def _record_refused(
        self, unit_of_work: UnitOfWork, outbox_message: OutboxMessage, error: DeliveryError
    ) -> None:
        """Replace a message that the channel refused, or remove it."""
        if outbox_message.message.replaced_activity_id:
            # the card is gone, too old, or not the bot's: send its replacement as a new message
            self.counts["replaced"] += 1
            message = replace(outbox_message.message, replaced_activity_id="")
            await self._replace_message(unit_of_work, outbox_message, message, is_fallback=False)
            return
        reference = secrets.token_hex(4)
        _log.error("%s It is not sent again, reference %s.", error, reference)
        # only what the channel can't show needs a notice; after a 403 or 404 that would be refused too
        if error.status in (400, 413) and not outbox_message.is_fallback:
            self.counts["replaced"] += 1
            notice = TextMessage(render_notice("not-shown", outbox_message.language, reference))
            await self._replace_message(unit_of_work, outbox_message, notice, is_fallback=True)
        else:
            await self._commit_and_begin_next(unit_of_work, lambda document: document.remove_message(outbox_message.id))

    async def _replace_message(
        self, unit_of_work: UnitOfWork, outbox_message: OutboxMessage, message: Message, *, is_fallback: bool
    ) -> None:
        def replace_stored(document: ConversationDocument) -> None:
            stored = document.find_message(outbox_message.id)
            if stored:
                stored.replace_message(message, is_fallback=is_fallback)

        await self._commit_and_begin_next(unit_of_work, replace_stored)

    async def _commit_and_begin_next(
        self, unit_of_work: UnitOfWork, edit: Callable[[ConversationDocument], None]
    ) -> None:
        def edit_and_begin(document: ConversationDocument) -> None:
            edit(document)
            self.begin_send(unit_of_work)

        await unit_of_work.change(edit_and_begin)


def postpone_message(
    document: ConversationDocument, message_id: str, due_at: float, *, is_outcome_unknown: bool
) -> None:
    """Let the message with that id, if it still waits, wait until `due_at` for its next attempt."""
    message = document.find_message(message_id)
    if message:
        message.postpone(due_at, is_outcome_unknown=is_outcome_unknown)


def _change_nothing(_: ConversationDocument) -> None:
    return None


def _is_lost_answer(document: ConversationDocument, message: OutboxMessage, activity_key: str) -> bool:
    """Return whether `message` answers that activity and was removed without being replaced."""
    return bool(activity_key) and message.id.startswith(activity_key) and document.find_message(message.id) is None
