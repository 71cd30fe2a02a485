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
from bot.errors import BotError, RefusedRequest, where
from bot.state.store import StateStore, state_key
from bot.state.usage_counts import Tally
from bot.telemetry.observer import Observer, Unobserved, kind_of
from bot.turns.channel import Channel, Post
from bot.turns.conversation_document import Envelope
from bot.turns.conversation_locks import LaneFull, Lanes
from bot.turns.inbound import Incoming
from bot.turns.invoke_response import Response
from bot.turns.job_runner import Bounds, Working
from bot.turns.notices import language_of, say
from bot.turns.outbox import Delivery, Pace
from bot.turns.persisted_turns import keep_turn
from bot.turns.record import Record
from bot.turns.turn_processor import Answering
from bot.turns.typing_indicator import TYPING_AFTER, typing_sign
from dialogs.conversation import Medic
from dialogs.model.turn import Turn

PATIENCE = 60.0
"""Seconds after which a turn is given up, so that one that hangs does not hold its conversation for ever."""
HOLD = 8.0
"""Seconds after which a request is answered although its turn is not over; the turn is kept and goes on.

The channel gives up after 10 to 15, and shows an error then.
"""

_log = logging.getLogger(__name__)


class Turns:
    """Runs turns against a `Medic` and a `StateStore`.

    `instance` tells apart the processes that share a store, where one can be shared. `counts` tells how often which
    outcome was met: those of `Delivery`, `again`, activities that had been done when they came, and `kept`, turns that
    went on after their requests.
    """

    def __init__(
        self,
        medic: Medic,
        store: StateStore,
        typing_after: float = TYPING_AFTER,
        patience: float = PATIENCE,
        pace: Pace | None = None,
        instance: str = "",
        clock: Callable[[], float] = time.time,
        observer: Observer | None = None,
        hold: float = HOLD,
        bounds: Bounds | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._store, self._instance, self._clock = store, instance, clock
        self._typing_after, self._hold = typing_after, hold
        self._lanes = Lanes()
        self._running: set[asyncio.Task[None]] = set()
        self._delivery = Delivery(store, self._lanes, pace, instance, clock)
        self._answering = Answering(
            medic, store, self._lanes, self._delivery, patience, clock, (tally or Tally(store, clock)).note, self._look
        )
        self._working = Working(medic, store, self._lanes, self._run, instance, clock, bounds or Bounds())
        self.counts = self._delivery.counts
        self._observer = observer or Unobserved()
        self._observer.counting(lambda: self.counts)

    async def take(self, incoming: Incoming, channel: Channel, hold: float | None = None) -> None:
        """Do what `incoming` asks for, unless that was done; whatever fails, the person gets a sentence.

        It returns when the turn is over, or after `hold` seconds (None: the usual ones), with the turn kept and going
        on. What is not sent when this returns is kept too, and sent before the conversation's next replies.

        Raises:
            RefusedRequest: nothing was done: too many turns or replies of this conversation wait, or what takes long
                could not be kept.
            DeliveryFailed: the turn was done, and its replies still wait, or were refused for good.
        """
        if incoming.wants == "nothing":
            return
        key, incoming = _named(incoming)
        turn = self._start(key, incoming, channel)
        ended, _ = await asyncio.wait([turn], timeout=self._hold if hold is None else hold)
        if ended:
            turn.result()
        else:
            turn.add_done_callback(_note_failure)
            await self._let_go(key, incoming, channel, turn)

    async def invoke(self, incoming: Incoming, channel: Channel) -> Message:
        """As `take`, for what is answered in an HTTP response: returns what that says, a card or a sentence.

        The other replies are sent after it; so is the answer where it takes too long. A repeated delivery is answered
        with the same.
        """
        response = Response(self._hold)
        key, incoming = _named(replace(incoming, response=response))
        turn = self._start(key, incoming, channel)
        turn.add_done_callback(_note_failure)
        answer = await response.answer(turn)
        if answer is None and not turn.done():
            await self._let_go(key, incoming, channel, turn)
        return answer or {"text": say("answer-follows", language_of(incoming.turn.locale))}

    async def awaits_sign_in(self, turn: Turn) -> bool:
        """Whether the conversation has just shown a way to sign in that nobody has used. Raises StoreError."""
        key = state_key(turn.person.tenant, turn.conversation, turn.person.id)
        return (await Record(self._store, key).load()).envelope.sign_in > self._clock()

    async def state_of(self, incoming: Incoming) -> tuple[Mapping[str, Any] | None, bool]:
        """What the dialogs keep of its conversation, and whether `incoming` was done before. Raises StoreError."""
        key, named = _named(incoming)
        envelope = (await Record(self._store, key).load()).envelope
        return envelope.medic, named.mark in envelope.done

    async def finish(self) -> None:
        """Wait for the turns that still run after their HTTP response."""
        if self._running:
            await asyncio.wait(self._running)

    async def redeliver(self, post: Post, stop: asyncio.Event) -> None:
        """Send replies that wait and do what is pending, that of a former process first, until `stop`."""
        async with self._working.open(post, stop):
            await self._delivery.run(post, stop, self._working.look)

    async def sweep(self, post: Post) -> None:
        """Send replies that wait, once."""
        await self._delivery.sweep(post, self._working.look)

    def _look(self, key: str, envelope: Envelope) -> None:
        self._working.look(key, envelope)

    def _start(self, key: str, incoming: Incoming, channel: Channel) -> asyncio.Task[None]:
        turn = asyncio.create_task(self._run(key, incoming, channel))
        self._running.add(turn)
        turn.add_done_callback(self._running.discard)
        return turn

    async def _let_go(self, key: str, incoming: Incoming, channel: Channel, turn: asyncio.Task[None]) -> None:
        """Keep a turn that takes long, so that its request can be answered while it goes on."""
        at_it = (key, incoming.mark)
        self.counts["kept"] += 1
        self._working.mine.add(at_it)
        turn.add_done_callback(lambda _: self._working.mine.discard(at_it))
        safe = incoming.wants != "forget" and await keep_turn(
            self._store, key, incoming, channel, self._instance, self._clock
        )
        if not safe and not turn.done():
            raise RefusedRequest(503, "This takes long, and its state cannot be kept; its answer may still come.")

    async def _run(self, key: str, incoming: Incoming, channel: Channel) -> None:
        """Run a turn and send its replies; raises what `take` does."""
        # who waits for a response sees a sign of the client's own
        typing_after = self._typing_after if incoming.wants == "answer" and not incoming.response else None
        with self._observer.turn(kind_of(incoming.turn), incoming.turn.scope):
            try:
                async with typing_sign(channel, typing_after) as answered, self._lanes.lane(key):
                    done = await self._answering.settle(key, incoming, channel)
                    await answered()
                    await self._tell(done, incoming, channel)
            except LaneFull:
                raise RefusedRequest(
                    429, "Too many messages of this conversation are waiting; send them again later."
                ) from None

    async def _tell(self, done: Record | str, incoming: Incoming, channel: Channel) -> None:
        """Send what came of a turn, and begin the works that it left."""
        if isinstance(done, str):
            if incoming.response:
                incoming.response.give({"text": done})
            else:
                await channel.send({"text": done})
            return
        if incoming.response:
            incoming.response.give(_response(done, incoming))
        failed = await self._delivery.flush(done, channel, incoming.mark)
        self._working.look(done.key, done.envelope)
        if failed:
            raise failed


def _named(incoming: Incoming) -> tuple[str, Incoming]:
    """The key of the conversation, and the turn with a mark.

    What is kept needs a name, also where an activity has no id by which its repeated delivery could be told.
    """
    turn = incoming.turn
    key = state_key(turn.person.tenant, turn.conversation, turn.person.id)
    return key, incoming if incoming.mark else replace(incoming, mark=secrets.token_hex(12))


def _response(record: Record, incoming: Incoming) -> Message:
    """What the HTTP response says: the turn's answer, or that of the time when the turn was run."""
    kept = record.answer or record.envelope.answers.get(incoming.mark)
    return kept or {"text": say("done-before", record.envelope.language or language_of(incoming.turn.locale))}


def _note_failure(task: asyncio.Task[None]) -> None:
    """Log how a turn ended whose request was answered before."""
    error = None if task.cancelled() else task.exception()
    if error:
        _log.warning("A turn ended after its HTTP response: %s", error if isinstance(error, BotError) else where(error))
