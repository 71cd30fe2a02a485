"""Continue an answer from a group chat or a channel in the person's private chat, which is opened for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.cards.messages import Message
from bot.errors import DeliveryError
from bot.state.store import StateStore, build_state_key
from bot.turns.channel import Channel, render_messages
from bot.turns.conversation_document import ConversationDocument
from bot.turns.conversation_locks import ConversationLocks
from bot.turns.inbound import InboundActivity
from bot.turns.outbox import Outbox
from bot.turns.turn_effects import apply_effects
from bot.turns.unit_of_work import UnitOfWork, update_document
from dialogs.conversation import Conversation, ConversationResult
from dialogs.model.effects import HandOff, HandoffTopic
from dialogs.model.turn import MessageSent, Turn
from knowledge.model.entry import Language

RecordTurn = Callable[[UnitOfWork, InboundActivity, Channel, Sequence[Message], Language], None]
"""Records a turn's outcome in a document: `TurnProcessor.record_turn`."""
StartPending = Callable[[str, ConversationDocument], None]
"""Starts the jobs that a document holds under the given key: `JobRunner.start_pending`."""

_log = logging.getLogger(__name__)


class PrivateChatHandoff:
    """Opens the private chat with the person of a turn, and commits and sends there what continues there."""

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        locks: ConversationLocks,
        outbox: Outbox,
        record_turn: RecordTurn,
        start_pending: StartPending,
        clock: Callable[[], float],
    ) -> None:
        self._conversation, self._store, self._locks = conversation, store, locks
        self._outbox, self._record_turn, self._start_pending, self._clock = outbox, record_turn, start_pending, clock

    async def hand_off(
        self, incoming: InboundActivity, channel: Channel, result: ConversationResult
    ) -> Mapping[str, Any] | None:
        """Continue in the private chat if `result` says so, and return the dialogs' state that stays in the thread.

        Returns None if Teams doesn't let the bot write to the person.

        The private chat is committed first, under this activity's key. After a crash between the two commits, nothing
        is missing, and nothing is shown twice.
        """
        topic = next((effect.topic for effect in result.effects if isinstance(effect, HandOff)), None)
        if topic is None or incoming.turn.scope == "personal":
            return result.state
        remaining_state: Mapping[str, Any] = result.state

        async def continue_privately(conversation_id: str, private_channel: Channel) -> None:
            nonlocal remaining_state
            # neither what was said nor the HTTP response belongs to the private chat
            turn = replace(incoming.turn, conversation_id=conversation_id, scope="personal", event=MessageSent())
            private_incoming = replace(incoming, turn=turn, response=None)
            key = build_state_key(turn.person.tenant, conversation_id, turn.person.id)
            async with self._locks.acquire(key):
                unit_of_work, remaining_state = await self._commit_handoff(
                    key, private_incoming, private_channel, incoming.turn, result.state, topic
                )
                error = await self._outbox.flush(unit_of_work, private_channel, incoming.activity_key)
                self._start_pending(unit_of_work.key, unit_of_work.document)
                # what's waiting is sent later; what was refused never arrives, so the thread must say so
                if error and error.outcome == "refused":
                    raise error

        try:
            await channel.open_private_chat(incoming.turn.person.tenant, continue_privately)
        except DeliveryError as error:
            _log.warning("A private chat could not be opened: %s", error)
            return None
        return remaining_state

    async def _commit_handoff(
        self,
        key: str,
        incoming: InboundActivity,
        private_channel: Channel,
        thread_turn: Turn,
        thread_state: Mapping[str, Any],
        topic: HandoffTopic,
    ) -> tuple[UnitOfWork, Mapping[str, Any]]:
        """Commit the private chat with what continues there; return it, and the state that stays in the thread."""
        remaining_state = thread_state

        async def continue_there(unit_of_work: UnitOfWork) -> bool | None:
            nonlocal remaining_state
            document = unit_of_work.document
            result, remaining_state = await self._conversation.hand_off(
                incoming.turn, document.dialog_state, thread_turn, thread_state, topic
            )
            if incoming.activity_key in document.processed_activities:
                return None
            # no welcome will follow: the handoff itself introduces the bot there
            document.dialog_state, document.welcomed = dict(result.state), True
            language = document.language = result.replies[-1].language
            messages = render_messages(result, private_channel)
            messages += await apply_effects(
                document, incoming, private_channel, result, messages, self._conversation, self._clock()
            )
            self._record_turn(unit_of_work, incoming, private_channel, messages, language)
            return True

        unit_of_work, _ = await update_document(self._store, key, continue_there)
        return unit_of_work, remaining_state
