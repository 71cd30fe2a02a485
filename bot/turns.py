"""One turn from end to end: the dialogs asked once an activity, all that came of it committed at once, replies sent."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.activities import Incoming
from bot.channel import Channel, Post
from bot.conversation import Medic, messages_of
from bot.delivery import Delivery, Pace
from bot.envelope import Message
from bot.errors import BotError, RefusedRequest, StateConflict, StateTooLarge, StoreError, where
from bot.lanes import LaneFull, Lanes
from bot.observing import Observer, Unobserved, kind_of
from bot.private_chat import PrivateChats
from bot.record import TRIES, Record
from bot.response import Response, divided, without_here
from bot.sentences import Sentence, language_of, say
from bot.store import StateStore, state_key
from bot.typing_sign import TYPING_AFTER, typing_sign
from knowledge.entry import Language

PATIENCE = 60.0
"""Seconds after which a turn is given up, so that one that hangs does not hold its conversation for ever."""
MOST_UNSENT = 30
"""Replies that may wait in one conversation before it takes no more turns; its channel takes nothing anyway."""

_log = logging.getLogger(__name__)


class Turns:
    """Runs turns against a `Medic` and a `StateStore`.

    `instance` tells apart the processes that share a store, where one can be shared. `counts` tells how often which
    outcome was met: those of `Delivery`, and `again`, activities that had been done when they came.
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
    ) -> None:
        self._medic = medic
        self._store = store
        self._typing_after = typing_after
        self._patience = patience
        self._clock = clock
        self._lanes = Lanes()
        self._running: set[asyncio.Task[None]] = set()
        self._delivery = Delivery(store, self._lanes, pace, instance, clock)
        self._private = PrivateChats(medic, store, self._lanes, self._delivery, self._commit)
        self.counts = self._delivery.counts
        self._observer = observer or Unobserved()
        self._observer.counting(lambda: self.counts)

    async def take(self, incoming: Incoming, channel: Channel) -> None:
        """Do what `incoming` asks for, unless that was done; whatever fails, the person gets a sentence.

        What is not sent when this returns is kept, and sent before the conversation's next replies.

        Raises:
            RefusedRequest: nothing was done: too many turns or replies of this conversation wait.
            DeliveryFailed: the turn was done, and its replies still wait, or were refused for good.
        """
        if incoming.wants == "nothing":
            return
        with self._observer.turn(kind_of(incoming.turn), incoming.turn.scope):
            await self._take(incoming, channel)

    async def _take(self, incoming: Incoming, channel: Channel) -> None:
        turn = incoming.turn
        key = state_key(turn.person.tenant, turn.conversation, turn.person.id)
        try:
            # who waits for a response sees a sign of the client's own
            typing_after = self._typing_after if incoming.wants == "answer" and not incoming.response else None
            async with typing_sign(channel, typing_after) as answered, self._lanes.lane(key):
                done = await self._settle(key, incoming, channel)
                await answered()
                if incoming.response:
                    incoming.response.give({"text": done} if isinstance(done, str) else self._response(done, incoming))
                if isinstance(done, str):
                    if not incoming.response:
                        await channel.send({"text": done})
                elif failed := await self._delivery.flush(done, channel, incoming.mark):
                    raise failed
        except LaneFull:
            raise RefusedRequest(
                429, "Too many messages of this conversation are waiting; send them again later."
            ) from None

    async def invoke(self, incoming: Incoming, channel: Channel) -> Message:
        """As `take`, for what is answered in an HTTP response: returns what that says, a card or a sentence.

        The other replies are sent after it; so is the answer where it takes too long. A repeated delivery is answered
        with the same.
        """
        response = Response()
        turn = asyncio.create_task(self.take(replace(incoming, response=response), channel))
        self._running.add(turn)
        turn.add_done_callback(self._ended)
        answer = await response.answer(turn)
        return answer or {"text": say("answer-follows", language_of(incoming.turn.locale))}

    async def finish(self) -> None:
        """Wait for the turns that still run after their HTTP response."""
        if self._running:
            await asyncio.wait(self._running)

    def _ended(self, turn: asyncio.Task[None]) -> None:
        self._running.discard(turn)
        error = None if turn.cancelled() else turn.exception()
        if error:
            _log.warning(
                "A turn ended after its HTTP response: %s", error if isinstance(error, BotError) else where(error)
            )

    def _response(self, record: Record, incoming: Incoming) -> Message:
        """What the HTTP response says: the turn's answer, or that of the time when the turn was run."""
        kept = record.answer or record.envelope.answers.get(incoming.mark)
        return kept or {"text": say("done-before", record.envelope.language or language_of(incoming.turn.locale))}

    async def redeliver(self, post: Post, stop: asyncio.Event) -> None:
        """Send replies that wait, those of a former process first, until `stop`."""
        await self._delivery.run(post, stop)

    async def sweep(self, post: Post) -> None:
        """Send replies that wait, once."""
        await self._delivery.sweep(post)

    async def _settle(self, key: str, incoming: Incoming, channel: Channel) -> Record | str:
        """The record with what is to be sent; where nothing can be kept, the sentence that says so."""
        language = language_of(incoming.turn.locale)
        try:
            async with asyncio.timeout(self._patience):
                if incoming.wants == "forget":
                    await self._store.forget(key)
                    return Record(self._store, key)
                return await self._answer(key, incoming, channel)
        except RefusedRequest:
            raise
        except TimeoutError as error:
            sentence = _failure("too-slow", language, error)
        except StoreError as error:
            sentence = _failure("failed" if isinstance(error, StateTooLarge) else "state-lost", language, error)
        except Exception as error:  # noqa: BLE001 - the last net: a person must never meet silence or a traceback
            sentence = _failure("failed", language, error)
        try:
            return await self._own_up(key, incoming, channel, sentence)
        except StoreError as error:
            _log.error("The failure could not be kept either: %s", error)
            return sentence

    async def _answer(self, key: str, incoming: Incoming, channel: Channel) -> Record:
        turn = incoming.turn
        for _ in range(TRIES):
            record = await Record(self._store, key).load()
            envelope = record.envelope
            if self._done(record, incoming) or (turn.joined and envelope.welcomed):
                return record
            if len(envelope.outbox) >= MOST_UNSENT:
                raise RefusedRequest(
                    503, "Earlier answers of this conversation could not be sent yet; try again later."
                )
            language = envelope.language or language_of(turn.locale)
            messages: list[Message] = []
            if incoming.wants == "answer":
                answer = await self._medic.answer(turn, envelope.medic)
                language = envelope.language = answer.replies[-1].language if answer.replies else language
                left = await self._private.go_on(incoming, channel, answer)
                if left is None:
                    failed = say("private-failed", language, link=channel.private_link())
                    messages.append({"text": failed})
                else:
                    messages += messages_of(answer.replies, channel, incoming.replaces)
                envelope.medic = dict(answer.state if left is None else left)
            elif turn.joined:
                language = language_of(turn.locale)
            envelope.welcomed = envelope.welcomed or turn.joined
            if incoming.say:
                messages.append({"text": say(incoming.say, language)})
            try:
                return await self._commit(record, incoming, channel, messages, language)
            except StateConflict:
                continue
        raise StateConflict("The conversation was changed by other turns each time that this one was to be kept.")

    async def _own_up(self, key: str, incoming: Incoming, channel: Channel, sentence: str) -> Record:
        """Keep the state as it was, and the sentence about the failure; nothing, if the turn was kept after all."""
        for _ in range(TRIES):
            record = await Record(self._store, key).load()
            if self._done(record, incoming):
                return record
            try:
                language = language_of(incoming.turn.locale)
                return await self._commit(record, incoming, channel, [{"text": sentence}], language)
            except StateConflict:
                continue
        raise StateConflict("The conversation was changed by other turns each time that a failure was to be kept.")

    def _done(self, record: Record, incoming: Incoming) -> bool:
        """Whether the activity was done before. What it is answered with may still wait to be sent."""
        done = incoming.mark in record.envelope.done
        self.counts["again"] += done
        return done

    async def _commit(
        self, record: Record, incoming: Incoming, channel: Channel, messages: Sequence[Message], language: Language
    ) -> Record:
        """State, the activity's mark and the replies, in one document and so in one transaction."""
        now = self._clock()
        # without an id nobody can tell a repeated delivery, but the rows need names
        mark = incoming.mark or secrets.token_hex(12)
        if incoming.mark:
            record.envelope.remember(mark, now)
        if messages and incoming.response and incoming.response.take():
            record.answer, messages = divided(messages)
            record.envelope.keep_answer(mark, record.answer)
        record.envelope.post(mark, [without_here(message) for message in messages], channel.back, language, now)
        self._delivery.begin(record)
        await record.commit()
        return record


def _failure(sentence: Sentence, language: Language, error: BaseException) -> str:
    """Log what failed and where under a new reference, and the sentence that names the reference to the person."""
    reference = secrets.token_hex(4)
    _log.error("Turn failed, reference %s: %s", reference, where(error))
    return say(sentence, language, reference)
