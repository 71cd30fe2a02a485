"""One turn from end to end: taken with its request, run in its conversation's lane, its replies sent."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.cards.messages import Message
from bot.errors import BotError, RequestRefusedError, describe_error_location
from bot.state.store import StateStore, build_state_key
from bot.state.usage_counts import UsageCounter
from bot.telemetry.observer import NullObserver, Observer, classify_turn
from bot.turns.channel import Channel, ProactiveMessenger
from bot.turns.conversation_document import ConversationDocument
from bot.turns.conversation_locks import ConversationLocks, QueueFullError
from bot.turns.inbound import InboundActivity
from bot.turns.invoke_response import InvokeResponse
from bot.turns.job_runner import JobLimits, JobRunner
from bot.turns.notices import detect_language, render_notice
from bot.turns.outbox import DeliveryPolicy, Outbox
from bot.turns.persisted_turns import persist_turn
from bot.turns.turn_processor import TurnProcessor
from bot.turns.typing_indicator import TYPING_DELAY_SECONDS, show_typing
from bot.turns.unit_of_work import UnitOfWork
from dialogs.conversation import Conversation
from dialogs.model.turn import Turn

TURN_TIMEOUT_SECONDS = 60.0
"""Seconds after which a turn is given up, so that one that hangs does not hold its conversation for ever."""
RESPONSE_TIMEOUT_SECONDS = 8.0
"""Seconds after which a request is answered although its turn is not over; the turn is kept and goes on.

The channel gives up after 10 to 15, and shows an error then.
"""

_log = logging.getLogger(__name__)


class TurnRunner:
    """Runs turns against a `Medic` and a `StateStore`.

    `instance` tells apart the processes that share a store, where one can be shared. `counts` tells how often which
    outcome was met: those of `Delivery`, `again`, activities that had been done when they came, and `kept`, turns that
    went on after their requests.
    """

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        typing_after: float = TYPING_DELAY_SECONDS,
        timeout_seconds: float = TURN_TIMEOUT_SECONDS,
        delivery_policy: DeliveryPolicy | None = None,
        instance: str = "",
        clock: Callable[[], float] = time.time,
        observer: Observer | None = None,
        response_timeout_seconds: float = RESPONSE_TIMEOUT_SECONDS,
        job_limits: JobLimits | None = None,
        usage_counter: UsageCounter | None = None,
    ) -> None:
        self._store, self._instance, self._clock = store, instance, clock
        self._typing_after, self._response_timeout_seconds = typing_after, response_timeout_seconds
        self._locks = ConversationLocks()
        self._running_turns: set[asyncio.Task[None]] = set()
        self._outbox = Outbox(store, self._locks, delivery_policy, instance, clock)
        self._turn_processor = TurnProcessor(
            conversation,
            store,
            self._locks,
            self._outbox,
            timeout_seconds,
            clock,
            (usage_counter or UsageCounter(store, clock)).count_events,
            self._start_pending,
        )
        self._job_runner = JobRunner(
            conversation, store, self._locks, self._process_and_send, instance, clock, job_limits or JobLimits()
        )
        self.counts = self._outbox.counts
        self._observer = observer or NullObserver()
        self._observer.register_outcome_counts(lambda: self.counts)

    async def run_turn(
        self, incoming: InboundActivity, channel: Channel, response_timeout_seconds: float | None = None
    ) -> None:
        """Do what `incoming` asks for, unless that was done; whatever fails, the person gets a sentence.

        It returns when the turn is over, or after `hold` seconds (None: the usual ones), with the turn kept and going
        on. What is not sent when this returns is kept too, and sent before the conversation's next replies.

        Raises:
            RefusedRequest: nothing was done: too many turns or replies of this conversation wait, or what takes long
                could not be kept.
            DeliveryFailed: the turn was done, and its replies still wait, or were refused for good.
        """
        if incoming.intent == "nothing":
            return
        key, incoming = _assign_activity_key(incoming)
        turn = self._start_turn(key, incoming, channel)
        ended, _ = await asyncio.wait(
            [turn],
            timeout=self._response_timeout_seconds if response_timeout_seconds is None else response_timeout_seconds,
        )
        if ended:
            turn.result()
        else:
            turn.add_done_callback(_log_failure)
            await self._persist_running_turn(key, incoming, channel, turn)

    async def run_invoke(self, incoming: InboundActivity, channel: Channel) -> Message:
        """As `take`, for what is answered in an HTTP response: returns what that says, a card or a sentence.

        The other replies are sent after it; so is the answer where it takes too long. A repeated delivery is answered
        with the same.
        """
        response = InvokeResponse(self._response_timeout_seconds)
        key, incoming = _assign_activity_key(replace(incoming, response=response))
        turn = self._start_turn(key, incoming, channel)
        turn.add_done_callback(_log_failure)
        answer = await response.wait_for_message(turn)
        if answer is None and not turn.done():
            await self._persist_running_turn(key, incoming, channel, turn)
        return answer or {"text": render_notice("answer-follows", detect_language(incoming.turn.locale))}

    async def is_awaiting_sign_in(self, turn: Turn) -> bool:
        """Whether the conversation has just shown a way to sign in that nobody has used. Raises StoreError."""
        key = build_state_key(turn.person.tenant, turn.conversation_id, turn.person.id)
        return (await UnitOfWork(self._store, key).load()).document.sign_in_expires_at > self._clock()

    async def read_dialog_state(self, incoming: InboundActivity) -> tuple[Mapping[str, Any] | None, bool]:
        """What the dialogs keep of its conversation, and whether `incoming` was done before. Raises StoreError."""
        key, named = _assign_activity_key(incoming)
        envelope = (await UnitOfWork(self._store, key).load()).document
        return envelope.dialog_state, named.activity_key in envelope.processed_activities

    async def wait_for_running_turns(self) -> None:
        """Wait for the turns that still run after their HTTP response."""
        if self._running_turns:
            await asyncio.wait(self._running_turns)

    async def redeliver(self, messenger: ProactiveMessenger, stop: asyncio.Event) -> None:
        """Send replies that wait and do what is pending, that of a former process first, until `stop`."""
        async with self._job_runner.open(messenger, stop):
            await self._outbox.run(messenger, stop, self._job_runner.start_pending)

    async def sweep(self, messenger: ProactiveMessenger) -> None:
        """Send replies that wait, once."""
        await self._outbox.sweep(messenger, self._job_runner.start_pending)

    def _start_pending(self, key: str, document: ConversationDocument) -> None:
        self._job_runner.start_pending(key, document)

    def _start_turn(self, key: str, incoming: InboundActivity, channel: Channel) -> asyncio.Task[None]:
        turn = asyncio.create_task(self._process_and_send(key, incoming, channel))
        self._running_turns.add(turn)
        turn.add_done_callback(self._running_turns.discard)
        return turn

    async def _persist_running_turn(
        self, key: str, incoming: InboundActivity, channel: Channel, turn: asyncio.Task[None]
    ) -> None:
        """Keep a turn that takes long, so that its request can be answered while it goes on."""
        at_it = (key, incoming.activity_key)
        self.counts["kept"] += 1
        self._job_runner.active_ids.add(at_it)
        turn.add_done_callback(lambda _: self._job_runner.active_ids.discard(at_it))
        safe = incoming.intent != "forget" and await persist_turn(
            self._store, key, incoming, channel, self._instance, self._clock
        )
        if not safe and not turn.done():
            raise RequestRefusedError(503, "This takes long, and its state cannot be kept; its answer may still come.")

    async def _process_and_send(self, key: str, incoming: InboundActivity, channel: Channel) -> None:
        """Run a turn and send its replies; raises what `take` does."""
        # who waits for a response sees a sign of the client's own
        typing_after = self._typing_after if incoming.intent == "answer" and not incoming.response else None
        with self._observer.observe_turn(classify_turn(incoming.turn), incoming.turn.scope):
            try:
                async with show_typing(channel, typing_after) as answered, self._locks.acquire(key):
                    done = await self._turn_processor.process(key, incoming, channel)
                    await answered()
                    await self._send_result(done, incoming, channel)
            except QueueFullError:
                raise RequestRefusedError(
                    429, "Too many messages of this conversation are waiting; send them again later."
                ) from None

    async def _send_result(self, result: UnitOfWork | str, incoming: InboundActivity, channel: Channel) -> None:
        """Send what came of a turn, and begin the works that it left."""
        if isinstance(result, str):
            if incoming.response:
                incoming.response.set_message({"text": result})
            else:
                await channel.send({"text": result})
            return
        if incoming.response:
            incoming.response.set_message(_build_response_message(result, incoming))
        failed = await self._outbox.flush(result, channel, incoming.activity_key)
        self._job_runner.start_pending(result.key, result.document)
        if failed:
            raise failed


def _assign_activity_key(incoming: InboundActivity) -> tuple[str, InboundActivity]:
    """The key of the conversation, and the turn with a mark.

    What is kept needs a name, also where an activity has no id by which its repeated delivery could be told.
    """
    turn = incoming.turn
    key = build_state_key(turn.person.tenant, turn.conversation_id, turn.person.id)
    return key, incoming if incoming.activity_key else replace(incoming, activity_key=secrets.token_hex(12))


def _build_response_message(unit_of_work: UnitOfWork, incoming: InboundActivity) -> Message:
    """What the HTTP response says: the turn's answer, or that of the time when the turn was run."""
    kept = unit_of_work.response_message or unit_of_work.document.invoke_responses.get(incoming.activity_key)
    return kept or {
        "text": render_notice("done-before", unit_of_work.document.language or detect_language(incoming.turn.locale))
    }


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log how a turn ended whose request was answered before."""
    error = None if task.cancelled() else task.exception()
    if error:
        _log.warning(
            "A turn ended after its HTTP response: %s",
            error if isinstance(error, BotError) else describe_error_location(error),
        )
