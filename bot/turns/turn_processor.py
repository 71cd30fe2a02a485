"""What comes of a turn: the dialogs asked once an activity, all that they answer committed at once."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from bot.cards.messages import Message
from bot.errors import RefusedRequest, StateConflict, StateTooLarge, StoreError, where
from bot.state.store import StateStore
from bot.turns.channel import Channel
from bot.turns.conversation_document import SIGN_IN_SECONDS, Envelope
from bot.turns.conversation_locks import Lanes
from bot.turns.inbound import Incoming
from bot.turns.invoke_response import divided, without_here
from bot.turns.job_queue import leave_works
from bot.turns.notices import Sentence, language_of, say
from bot.turns.outbox import Delivery
from bot.turns.private_chat import PrivateChats
from bot.turns.record import TRIES, Record, give_way
from bot.turns.rendering import messages_of
from dialogs.conversation import Answer, Medic
from dialogs.solution.usage_events import Note
from knowledge.model.entry import Language

MOST_UNSENT = 30
"""Replies that may wait in one conversation before it takes no more turns; its channel takes nothing anyway."""

_log = logging.getLogger(__name__)


class Answering:
    """Runs turns, whose lane must be held, against a `Medic` and a `StateStore`, `patience` seconds each at most."""

    def __init__(
        self,
        medic: Medic,
        store: StateStore,
        lanes: Lanes,
        delivery: Delivery,
        patience: float,
        clock: Callable[[], float],
        note: Callable[[Sequence[Note]], None] = lambda _: None,
        look: Callable[[str, Envelope], None] = lambda key, envelope: None,
    ) -> None:
        """`note` counts what a turn told, `look` begins the works that it left elsewhere than in its conversation."""
        self._medic, self._store, self._delivery = medic, store, delivery
        self._patience, self._clock = patience, clock
        self._private = PrivateChats(medic, store, lanes, delivery, self.commit, look, clock)
        self._counts = delivery.counts
        self._note = note

    async def settle(self, key: str, incoming: Incoming, channel: Channel) -> Record | str:
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
        """Ask the dialogs, and keep what they say; again on what somebody else kept meanwhile.

        Replies and works that were noted meanwhile change nothing for the dialogs, which are asked only once about the
        same state.
        """
        turn = incoming.turn
        asked: tuple[dict[str, Any] | None, Answer] | None = None
        attempt = 0
        while True:  # until the turn's time is over; whoever is in the way has got on
            record = await Record(self._store, key).load()
            envelope = record.envelope
            if self._void(envelope, incoming):
                return record
            # a sign-in is over when another client of the person, or another way, was sooner
            late = turn.signed_in is not None and not envelope.sign_in
            if late or (turn.joined and envelope.welcomed):
                if envelope.pending_of(incoming.mark):
                    await record.change(lambda envelope: envelope.end(incoming.mark))
                return record
            if len(envelope.outbox) >= MOST_UNSENT:
                raise RefusedRequest(
                    503, "Earlier answers of this conversation could not be sent yet; try again later."
                )
            language = envelope.language or language_of(turn.locale)
            messages: list[Message] = []
            if incoming.wants == "answer":
                if asked is None or asked[0] != envelope.medic:
                    asked = envelope.medic, await self._medic.answer(turn, envelope.medic)
                answer = asked[1]
                language = envelope.language = answer.replies[-1].language if answer.replies else language
                left = await self._private.go_on(incoming, channel, answer)
                if left is None:
                    failed = say("private-failed", language, link=channel.private_link())
                    messages.append({"text": failed})
                else:
                    messages += messages_of(answer.replies, channel, incoming.replaces)
                envelope.medic = dict(answer.state if left is None else left)
                if any(reply.forgets for reply in answer.replies):
                    envelope.forget()
                if stopped := {identifier for reply in answer.replies for identifier in reply.stops}:
                    envelope.stop(stopped)
                if answer.work:
                    messages += await leave_works(
                        envelope, incoming, channel, answer, messages, self._medic, self._clock()
                    )
            elif turn.joined:
                language = language_of(turn.locale)
            envelope.welcomed = envelope.welcomed or turn.joined
            envelope.sign_in = 0.0 if turn.signed_in else envelope.sign_in
            if incoming.say:
                link = channel.private_link() if incoming.say == "file-in-group" else ""
                messages.append({"text": say(incoming.say, language, link=link)})
            if incoming.gives:
                messages.append(incoming.gives)
            try:
                record = await self.commit(record, incoming, channel, messages, language)
                self._note(asked[1].notes if asked else ())
                return record
            except StateConflict:
                await give_way(attempt)
                attempt += 1

    async def _own_up(self, key: str, incoming: Incoming, channel: Channel, sentence: str) -> Record:
        """Keep the state as it was, and the sentence about the failure; nothing, if the turn was kept after all."""
        for attempt in range(TRIES):
            record = await Record(self._store, key).load()
            if self._void(record.envelope, incoming):
                return record
            try:
                language = language_of(incoming.turn.locale)
                return await self.commit(record, incoming, channel, [{"text": sentence}], language)
            except StateConflict:
                await give_way(attempt)
        raise StateConflict("The conversation was changed by other turns each time that a failure was to be kept.")

    def _void(self, envelope: Envelope, incoming: Incoming) -> bool:
        """Whether the turn is not to be run (again). What it was answered with may still wait to be sent."""
        done = incoming.mark in envelope.done
        self._counts["again"] += done
        return done or (incoming.kept and envelope.pending_of(incoming.mark) is None)

    async def commit(
        self, record: Record, incoming: Incoming, channel: Channel, messages: Sequence[Message], language: Language
    ) -> Record:
        """State, the activity's mark and the replies, in one document and so in one transaction."""
        envelope, now = record.envelope, self._clock()
        envelope.remember(incoming.mark, now)
        envelope.end(incoming.mark)
        if any("sign_in" in message for message in messages):
            envelope.sign_in = now + SIGN_IN_SECONDS
        if messages and incoming.response and incoming.response.take():
            record.answer, messages = divided(messages)
            envelope.keep_answer(incoming.mark, record.answer)
        sent = [without_here(message) for message in messages]
        envelope.post(incoming.mark, sent, channel.back, language, now)
        self._delivery.begin(record)
        await record.commit()
        return record


def _failure(sentence: Sentence, language: Language, error: BaseException) -> str:
    """Log what failed and where under a new reference, and the sentence that names the reference to the person."""
    reference = secrets.token_hex(4)
    _log.error("Turn failed, reference %s: %s", reference, where(error))
    return say(sentence, language, reference)
