"""Run one turn from end to end: wait for the conversation's lock, run the turn, send its replies."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.cards.messages import ResponseMessage, TextMessage
from bot.errors import BotError, RequestRefusedError, describe_error_location
from bot.state.store import StateStore, build_state_key
from bot.state.usage_counts import UsageCounter
from bot.telemetry.observer import NullObserver, Observer, classify_turn
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.conversation_locks import ConversationLocks, QueueFullError
from bot.turns.inbound import InboundActivity
from bot.turns.invoke_response import InvokeResponse
from bot.turns.job_runner import JobLimits, JobRunner
from bot.turns.notices import detect_language, render_notice
from bot.turns.outbox import DeliveryPolicy, Outbox
from bot.turns.outbox_sweeper import OutboxSweeper
from bot.turns.pending_leases import PendingLeases
from bot.turns.persisted_turns import MAX_PERSIST_SECONDS, PERSIST_TIMEOUT_SECONDS, TurnPersister
from bot.turns.turn_processor import TurnProcessor
from bot.turns.typing_indicator import TYPING_DELAY_SECONDS, TypingIndicator
from bot.turns.unit_of_work import UnitOfWork
from bot.workload.rate_limiter import RateLimiter
from bot.workload.text_workers import TextWorkers
from dialogs.conversation import Conversation
from dialogs.model.turn import MemberJoined, Turn

RESPONSE_TIMEOUT_SECONDS = 8.0
"""Seconds after which a request is answered even if its turn is still running; the turn is stored and continues.

The channel gives up after 10 to 15 seconds and shows an error.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """How long the parts of a turn may take, and how many turns there may be.

    Attributes:
        typing_delay_seconds: Seconds without an answer after which typing is shown.
        response_timeout_seconds: Seconds that a request waits for its turn.
        delivery: How replies are sent.
        jobs: How jobs are run.
        text_workers: The threads that work on long texts.
        rate_limiter: Limits each person's turns; None if nothing does.
    """

    typing_delay_seconds: float = TYPING_DELAY_SECONDS
    response_timeout_seconds: float = RESPONSE_TIMEOUT_SECONDS
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
    jobs: JobLimits = field(default_factory=JobLimits)
    text_workers: TextWorkers = field(default_factory=TextWorkers)
    rate_limiter: RateLimiter | None = None


class TurnRunner:
    """Runs turns against the dialogs and a state store, and sends their replies.

    `instance` distinguishes the processes that share a store, "" if only one uses it. `counts` counts outcomes:
    those of `Outbox`, `again` (activities processed already), `kept` (turns that outlasted their requests), and
    `limited` (turns that weren't run, since the person had too many).
    """

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        limits: TurnLimits | None = None,
        instance: str = "",
        clock: Callable[[], float] = time.time,
        observer: Observer | None = None,
        usage_counter: UsageCounter | None = None,
    ) -> None:
        limits = limits or TurnLimits()
        count_events = (usage_counter or UsageCounter(store, clock)).count_events
        self._store, self._instance, self._clock = store, instance, clock
        self._text_workers, self._rate_limiter = limits.text_workers, limits.rate_limiter
        self._persister = TurnPersister(store, instance, clock, limits.text_workers)
        self._typing_delay_seconds = limits.typing_delay_seconds
        self._response_timeout_seconds = limits.response_timeout_seconds
        self._running_turns: set[asyncio.Task[None]] = set()
        self._locks = locks = ConversationLocks()
        self._outbox = outbox = Outbox(limits.delivery, instance, clock)
        self._leases = PendingLeases(store, locks, instance, clock, limits.jobs.lease_seconds)
        self._job_runner = JobRunner(conversation, self._leases, self._process_and_send, clock, limits.jobs)
        start_pending = self._job_runner.start_pending
        self._outbox_sweeper = OutboxSweeper(store, locks, outbox, start_pending, limits.delivery, instance, clock)
        self._turn_processor = TurnProcessor(conversation, store, locks, outbox, clock, count_events, start_pending)
        self.counts = outbox.counts
        self._observer = observer or NullObserver()
        self._observer.register_outcome_counts(lambda: self.counts)

    async def run_turn(
        self, incoming: InboundActivity, channel: Channel, response_timeout_seconds: float | None = None
    ) -> None:
        """Run the turn of an activity, unless it has already run; if it fails, the person gets a notice.

        It returns when the turn is over, or after `response_timeout_seconds` (None: the default) with the turn stored
        and still running. Replies that aren't sent by then are stored, and sent before the conversation's next ones.

        Raises:
            RequestRefusedError: Nothing was done, since too many turns or replies of this conversation wait; or a long
                turn could not be stored.
            DeliveryError: The turn was run, and its replies are still waiting or were permanently refused.
        """
        if incoming.intent == "nothing":
            return
        key, incoming = _assign_activity_key(incoming)
        if notice := self._limit_rate(incoming):
            await channel.send(TextMessage(notice))
            return
        turn = self._start_turn(key, incoming, channel)
        timeout = self._response_timeout_seconds if response_timeout_seconds is None else response_timeout_seconds
        time_left = await self._text_workers.wait_unless_backlogged(turn, timeout)
        if turn.done():
            turn.result()
        else:
            turn.add_done_callback(_log_failure)
            await self._persist_running_turn(key, incoming, channel, turn, time_left)

    async def run_invoke(self, incoming: InboundActivity, channel: Channel) -> ResponseMessage:
        """Run the turn of an invoke, and return the message for its HTTP response: a card or a text.

        The turn's other replies are sent after it; so is the answer itself if it takes too long. A repeated delivery
        gets the same response.

        Raises:
            RequestRefusedError: As `run_turn`.
            DeliveryError: As `run_turn`, and there is no answer for the response.
        """
        response = InvokeResponse(self._response_timeout_seconds)
        key, incoming = _assign_activity_key(replace(incoming, response=response))
        if notice := self._limit_rate(incoming):
            return TextMessage(notice)
        turn = self._start_turn(key, incoming, channel)
        turn.add_done_callback(_log_failure)
        message = await response.wait_for_message(turn)
        if message is None and not turn.done():
            await self._persist_running_turn(key, incoming, channel, turn)
        return message or TextMessage(render_notice("answer-follows", detect_language(incoming.turn.locale)))

    async def is_awaiting_sign_in(self, turn: Turn) -> bool:
        """Return whether the conversation has recently offered a way to sign in that hasn't been used.

        Raises:
            StoreError: The state can't be read.
        """
        key = build_state_key(turn.person.tenant, turn.conversation_id, turn.person.id)
        return (await UnitOfWork(self._store, key).load()).document.sign_in_expires_at > self._clock()

    async def read_dialog_state(self, incoming: InboundActivity) -> tuple[Mapping[str, Any] | None, bool]:
        """Return the dialogs' state of a conversation, and whether the activity `incoming` was processed already.

        Raises:
            StoreError: The state can't be read.
        """
        key, incoming = _assign_activity_key(incoming)
        document = (await UnitOfWork(self._store, key).load()).document
        return document.dialog_state, incoming.activity_key in document.processed_activities

    async def wait_for_running_turns(self) -> None:
        """Wait for the turns that still run after their HTTP response."""
        if self._running_turns:
            await asyncio.wait(self._running_turns)

    async def redeliver(self, messenger: ProactiveMessenger, stop: asyncio.Event) -> None:
        """Send waiting replies and run what's pending until `stop`, starting with what an earlier process left."""
        async with self._job_runner.open(messenger, stop):
            await self._outbox_sweeper.run(messenger, stop)

    async def sweep(self, messenger: ProactiveMessenger) -> None:
        """Send waiting replies, once."""
        await self._outbox_sweeper.sweep(messenger)

    def _start_turn(self, key: str, incoming: InboundActivity, channel: Channel) -> asyncio.Task[None]:
        turn = asyncio.create_task(self._process_and_send(key, incoming, channel))
        # the event loop itself keeps only weak references to tasks
        self._running_turns.add(turn)
        turn.add_done_callback(self._running_turns.discard)
        return turn

    def _limit_rate(self, incoming: InboundActivity) -> str:
        """Return "" if the person's turn may run, else the sentence to answer.

        Raises:
            RequestRefusedError: They were told so already.
        """
        turn = incoming.turn
        if self._rate_limiter is None or isinstance(turn.event, MemberJoined):
            return ""
        decision = self._rate_limiter.request(build_state_key(turn.person.tenant, turn.person.id))
        if decision == "allowed":
            return ""
        self.counts["limited"] += 1
        # an invoke always has to be answered in words
        if decision == "first-over" or incoming.response:
            return render_notice("too-many", detect_language(turn.locale), limit=self._rate_limiter.per_minute)
        raise RequestRefusedError(429, "This person sends more in a minute than the bot answers.")

    async def _persist_running_turn(
        self,
        key: str,
        incoming: InboundActivity,
        channel: Channel,
        turn: asyncio.Task[None],
        time_left: float = 0.0,
    ) -> None:
        """Store a long turn, so that its request can be answered while it keeps running."""
        active_id = (key, incoming.activity_key)
        self.counts["kept"] += 1
        self._leases.active_ids.add(active_id)
        turn.add_done_callback(lambda _: self._leases.active_ids.discard(active_id))
        # a deletion can't be stored in the document that it deletes: the channel has to deliver it again
        is_safe = incoming.intent != "forget" and await self._persister.persist(
            key, incoming, channel, min(time_left + PERSIST_TIMEOUT_SECONDS, MAX_PERSIST_SECONDS)
        )
        if is_safe:
            return
        if turn.done():
            # it may have been refused meanwhile, and then nobody has it
            turn.result()
        else:
            raise RequestRefusedError(
                503, "This is taking long, and its state can't be stored; the answer may still come."
            )

    async def _process_and_send(self, key: str, incoming: InboundActivity, channel: Channel) -> None:
        """Run a turn and send its replies. Raises what `run_turn` raises."""
        # a client that waits for a response shows its own indicator
        typing_delay = self._typing_delay_seconds if incoming.intent == "answer" and not incoming.response else None
        with self._observer.observe_turn(classify_turn(incoming.turn), incoming.turn.scope) as span:
            try:
                async with TypingIndicator(channel, typing_delay) as typing, self._locks.acquire(key):
                    result = await self._turn_processor.process(key, incoming, channel, span.fail)
                    await typing.stop()
                    await self._send_result(result, incoming, channel)
            except QueueFullError:
                raise RequestRefusedError(
                    429, "Too many messages of this conversation are waiting; send them again later."
                ) from None

    async def _send_result(self, result: UnitOfWork | str, incoming: InboundActivity, channel: Channel) -> None:
        """Send a turn's result, a committed document or just a notice, and start the jobs that it left."""
        if isinstance(result, str):
            if incoming.response:
                incoming.response.set_message(TextMessage(result))
            else:
                await channel.send(TextMessage(result))
            return
        # first the response, which the person is waiting for; the other replies may take longer
        if incoming.response:
            incoming.response.set_message(_build_response_message(result, incoming))
        error = await self._outbox.flush(result, channel, incoming.activity_key)
        self._job_runner.start_pending(result.key, result.document)
        if error:
            raise error


def _assign_activity_key(incoming: InboundActivity) -> tuple[str, InboundActivity]:
    """Return the conversation's key, and the activity with an activity key.

    An activity without an id gets a random key: a repeated delivery can't be recognized, but the turn needs a name.
    """
    turn = incoming.turn
    key = build_state_key(turn.person.tenant, turn.conversation_id, turn.person.id)
    return key, incoming if incoming.activity_key else replace(incoming, activity_key=secrets.token_hex(12))


def _build_response_message(unit_of_work: UnitOfWork, incoming: InboundActivity) -> ResponseMessage:
    """Return the message for the HTTP response: this turn's answer, or that of the first delivery."""
    document = unit_of_work.document
    message = unit_of_work.response_message or document.invoke_responses.get(incoming.activity_key)
    return message or TextMessage(
        render_notice("done-before", document.language or detect_language(incoming.turn.locale))
    )


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log why a turn failed after its request was answered."""
    error = None if task.cancelled() else task.exception()
    if error:
        _log.warning(
            "A turn failed after its HTTP response: %s",
            error if isinstance(error, BotError) else describe_error_location(error),
        )
