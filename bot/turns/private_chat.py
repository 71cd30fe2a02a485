"""How an answer in a group chat or a channel goes on in the person's private chat, which is opened for it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.cards.messages import Message
from bot.errors import DeliveryFailed, StateConflict
from bot.state.store import StateStore, state_key
from bot.turns.channel import Channel
from bot.turns.conversation_document import Envelope
from bot.turns.conversation_locks import Lanes
from bot.turns.inbound import Incoming
from bot.turns.job_queue import leave_works
from bot.turns.outbox import Delivery
from bot.turns.record import TRIES, Record, give_way
from bot.turns.rendering import messages_of
from dialogs.conversation import Answer, Medic
from knowledge.model.entry import Language

Commit = Callable[[Record, Incoming, Channel, Sequence[Message], Language], Awaitable[Record]]
Look = Callable[[str, Envelope], None]

_log = logging.getLogger(__name__)


class PrivateChats:
    """Opens private chats and takes there what is to go on. `commit` is how a turn is kept, `look` begins its works."""

    def __init__(
        self,
        medic: Medic,
        store: StateStore,
        lanes: Lanes,
        delivery: Delivery,
        commit: Commit,
        look: Look,
        clock: Callable[[], float],
    ) -> None:
        self._medic, self._store, self._lanes = medic, store, lanes
        self._delivery, self._commit, self._look, self._clock = delivery, commit, look, clock

    async def go_on(self, incoming: Incoming, channel: Channel, answer: Answer) -> Mapping[str, Any] | None:
        """The state that stays, after the private chat was opened and shown what `answer` says is to go on there.

        None when Teams does not let the bot write to the person. The private chat is committed first, under the mark of
        this same activity: after a crash between the two commits nothing is missing and nothing is shown twice.
        """
        goes_on = next((reply.goes_on for reply in answer.replies if reply.goes_on), "")
        if not goes_on or incoming.turn.scope == "personal":
            return answer.state
        left: Mapping[str, Any] = answer.state

        async def there(conversation: str, private: Channel) -> None:
            nonlocal left
            turn = replace(incoming.turn, conversation=conversation, scope="personal", text="", action=None)
            arriving = replace(incoming, turn=turn, response=None)
            key = state_key(turn.person.tenant, conversation, turn.person.id)
            async with self._lanes.lane(key):
                record, left = await self._arrive(key, arriving, private, answer.state, goes_on)
                failed = await self._delivery.flush(record, private, incoming.mark)
                self._look(record.key, record.envelope)
                if failed and failed.outcome == "refused":
                    raise failed

        try:
            await channel.privately(incoming.turn.person.tenant, there)
        except DeliveryFailed as failed:
            _log.warning("A private chat could not be opened: %s", failed)
            return None
        return left

    async def _arrive(
        self, key: str, incoming: Incoming, private: Channel, thread: Mapping[str, Any], goes_on: str
    ) -> tuple[Record, Mapping[str, Any]]:
        """The private chat's record with what it goes on with, and the state that stays in the thread."""
        for attempt in range(TRIES):
            record = await Record(self._store, key).load()
            envelope = record.envelope
            answer, left = await self._medic.move(incoming.turn, envelope.medic, thread, goes_on)
            if incoming.mark in envelope.done:
                return record, left
            envelope.medic, envelope.welcomed = dict(answer.state), True
            language = envelope.language = answer.replies[-1].language
            try:
                messages = messages_of(answer.replies, private, "")
                if answer.work:
                    messages += await leave_works(
                        envelope, incoming, private, answer, messages, self._medic, self._clock()
                    )
                return await self._commit(record, incoming, private, messages, language), left
            except StateConflict:
                await give_way(attempt)
        raise StateConflict("The private chat was changed by other turns each time that it was to go on.")
