"""How an answer in a group chat or a channel goes on in the person's private chat, which is opened for it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.cards.messages import Message
from bot.errors import DeliveryError, StateConflictError
from bot.state.store import StateStore, build_state_key
from bot.turns.channel import Channel
from bot.turns.conversation_document import ConversationDocument
from bot.turns.conversation_locks import ConversationLocks
from bot.turns.inbound import InboundActivity
from bot.turns.job_queue import enqueue_jobs
from bot.turns.outbox import Outbox
from bot.turns.rendering import render_messages
from bot.turns.unit_of_work import MAX_COMMIT_ATTEMPTS, UnitOfWork, back_off
from dialogs.conversation import Conversation, ConversationResult
from knowledge.model.entry import Language

CommitTurn = Callable[[UnitOfWork, InboundActivity, Channel, Sequence[Message], Language], Awaitable[UnitOfWork]]
StartPending = Callable[[str, ConversationDocument], None]

_log = logging.getLogger(__name__)


class PrivateChatHandoff:
    """Opens private chats and takes there what is to go on. `commit` is how a turn is kept, `look` begins its works."""

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        locks: ConversationLocks,
        outbox: Outbox,
        commit: CommitTurn,
        start_pending: StartPending,
        clock: Callable[[], float],
    ) -> None:
        self._conversation, self._store, self._locks = conversation, store, locks
        self._outbox, self._commit, self._start_pending, self._clock = outbox, commit, start_pending, clock

    async def hand_off(
        self, incoming: InboundActivity, channel: Channel, result: ConversationResult
    ) -> Mapping[str, Any] | None:
        """The state that stays, after the private chat was opened and shown what `answer` says is to go on there.

        None when Teams does not let the bot write to the person. The private chat is committed first, under the mark of
        this same activity: after a crash between the two commits nothing is missing and nothing is shown twice.
        """
        goes_on = next((reply.goes_on for reply in result.replies if reply.goes_on), "")
        if not goes_on or incoming.turn.scope == "personal":
            return result.state
        left: Mapping[str, Any] = result.state

        async def continue_privately(conversation: str, private: Channel) -> None:
            nonlocal left
            turn = replace(incoming.turn, conversation_id=conversation, scope="personal", text="", action=None)
            arriving = replace(incoming, turn=turn, response=None)
            key = build_state_key(turn.person.tenant, conversation, turn.person.id)
            async with self._locks.acquire(key):
                record, left = await self._commit_handoff(key, arriving, private, result.state, goes_on)
                failed = await self._outbox.flush(record, private, incoming.activity_key)
                self._start_pending(record.key, record.document)
                if failed and failed.outcome == "refused":
                    raise failed

        try:
            await channel.open_private_chat(incoming.turn.person.tenant, continue_privately)
        except DeliveryError as failed:
            _log.warning("A private chat could not be opened: %s", failed)
            return None
        return left

    async def _commit_handoff(
        self, key: str, incoming: InboundActivity, private: Channel, thread_state: Mapping[str, Any], handoff: str
    ) -> tuple[UnitOfWork, Mapping[str, Any]]:
        """The private chat's record with what it goes on with, and the state that stays in the thread."""
        for attempt in range(MAX_COMMIT_ATTEMPTS):
            record = await UnitOfWork(self._store, key).load()
            envelope = record.document
            answer, left = await self._conversation.hand_off(
                incoming.turn, envelope.dialog_state, thread_state, handoff
            )
            if incoming.activity_key in envelope.processed_activities:
                return record, left
            envelope.dialog_state, envelope.welcomed = dict(answer.state), True
            language = envelope.language = answer.replies[-1].language
            try:
                messages = render_messages(answer.replies, private, "")
                if answer.jobs:
                    messages += await enqueue_jobs(
                        envelope, incoming, private, answer, messages, self._conversation, self._clock()
                    )
                return await self._commit(record, incoming, private, messages, language), left
            except StateConflictError:
                await back_off(attempt)
        raise StateConflictError("The private chat was changed by other turns each time that it was to go on.")
