"""What comes of a turn: the dialogs asked once an activity, all that they answer committed at once."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from bot.cards.messages import Message
from bot.errors import RequestRefusedError, StateConflictError, StateTooLargeError, StoreError, describe_error_location
from bot.state.store import StateStore
from bot.turns.channel import Channel
from bot.turns.conversation_document import SIGN_IN_TIMEOUT_SECONDS, ConversationDocument
from bot.turns.conversation_locks import ConversationLocks
from bot.turns.inbound import InboundActivity
from bot.turns.invoke_response import split_messages, strip_response_only
from bot.turns.job_queue import enqueue_jobs
from bot.turns.notices import NoticeId, detect_language, render_notice
from bot.turns.outbox import Outbox
from bot.turns.private_chat import PrivateChatHandoff
from bot.turns.rendering import render_messages
from bot.turns.unit_of_work import MAX_COMMIT_ATTEMPTS, UnitOfWork, back_off
from dialogs.conversation import Conversation, ConversationResult
from dialogs.solution.usage_events import UsageEvent
from knowledge.model.entry import Language

MAX_UNSENT_MESSAGES = 30
"""Replies that may wait in one conversation before it takes no more turns; its channel takes nothing anyway."""

_log = logging.getLogger(__name__)


class TurnProcessor:
    """Runs turns, whose lane must be held, against a `Medic` and a `StateStore`, `patience` seconds each at most."""

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        locks: ConversationLocks,
        outbox: Outbox,
        timeout_seconds: float,
        clock: Callable[[], float],
        count_usage_events: Callable[[Sequence[UsageEvent]], None] = lambda _: None,
        start_pending: Callable[[str, ConversationDocument], None] = lambda key, envelope: None,
    ) -> None:
        """`note` counts what a turn told, `look` begins the works that it left elsewhere than in its conversation."""
        self._conversation, self._store, self._outbox = conversation, store, outbox
        self._timeout_seconds, self._clock = timeout_seconds, clock
        self._private_chat_handoff = PrivateChatHandoff(
            conversation, store, locks, outbox, self.commit, start_pending, clock
        )
        self._counts = outbox.counts
        self._count_usage_events = count_usage_events

    async def process(self, key: str, incoming: InboundActivity, channel: Channel) -> UnitOfWork | str:
        """The record with what is to be sent; where nothing can be kept, the sentence that says so."""
        language = detect_language(incoming.turn.locale)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                if incoming.intent == "forget":
                    await self._store.forget(key)
                    return UnitOfWork(self._store, key)
                return await self._answer_turn(key, incoming, channel)
        except RequestRefusedError:
            raise
        except TimeoutError as error:
            sentence = _log_failure("too-slow", language, error)
        except StoreError as error:
            sentence = _log_failure(
                "failed" if isinstance(error, StateTooLargeError) else "state-lost", language, error
            )
        except Exception as error:  # noqa: BLE001 - the last net: a person must never meet silence or a traceback
            sentence = _log_failure("failed", language, error)
        try:
            return await self._commit_failure(key, incoming, channel, sentence)
        except StoreError as error:
            _log.error("The failure could not be kept either: %s", error)
            return sentence

    async def _answer_turn(self, key: str, incoming: InboundActivity, channel: Channel) -> UnitOfWork:
        """Ask the dialogs, and keep what they say; again on what somebody else kept meanwhile.

        Replies and works that were noted meanwhile change nothing for the dialogs, which are asked only once about the
        same state.
        """
        turn = incoming.turn
        asked: tuple[dict[str, Any] | None, ConversationResult] | None = None
        attempt = 0
        while True:  # until the turn's time is over; whoever is in the way has got on
            record = await UnitOfWork(self._store, key).load()
            envelope = record.document
            if self._is_already_processed(envelope, incoming):
                return record
            # a sign-in is over when another client of the person, or another way, was sooner
            late = turn.has_signed_in is not None and not envelope.sign_in_expires_at
            if late or (turn.has_joined and envelope.welcomed):
                if envelope.find_pending(incoming.activity_key):
                    await record.change(lambda envelope: envelope.remove_pending(incoming.activity_key))
                return record
            if len(envelope.outbox) >= MAX_UNSENT_MESSAGES:
                raise RequestRefusedError(
                    503, "Earlier answers of this conversation could not be sent yet; try again later."
                )
            language = envelope.language or detect_language(turn.locale)
            messages: list[Message] = []
            if incoming.intent == "answer":
                if asked is None or asked[0] != envelope.dialog_state:
                    asked = envelope.dialog_state, await self._conversation.answer_turn(turn, envelope.dialog_state)
                answer = asked[1]
                language = envelope.language = answer.replies[-1].language if answer.replies else language
                left = await self._private_chat_handoff.hand_off(incoming, channel, answer)
                if left is None:
                    failed = render_notice("private-failed", language, link=channel.get_private_chat_link())
                    messages.append({"text": failed})
                else:
                    messages += render_messages(answer.replies, channel, incoming.replaced_activity_id)
                envelope.dialog_state = dict(answer.state if left is None else left)
                if any(reply.forgets for reply in answer.replies):
                    envelope.clear_personal_state()
                if stopped := {identifier for reply in answer.replies for identifier in reply.stops}:
                    envelope.cancel_jobs(stopped)
                if answer.jobs:
                    messages += await enqueue_jobs(
                        envelope, incoming, channel, answer, messages, self._conversation, self._clock()
                    )
            elif turn.has_joined:
                language = detect_language(turn.locale)
            envelope.welcomed = envelope.welcomed or turn.has_joined
            envelope.sign_in_expires_at = 0.0 if turn.has_signed_in else envelope.sign_in_expires_at
            if incoming.notice:
                link = channel.get_private_chat_link() if incoming.notice == "file-in-group" else ""
                messages.append({"text": render_notice(incoming.notice, language, link=link)})
            if incoming.extra_message:
                messages.append(incoming.extra_message)
            try:
                record = await self.commit(record, incoming, channel, messages, language)
                self._count_usage_events(asked[1].usage_events if asked else ())
                return record
            except StateConflictError:
                await back_off(attempt)
                attempt += 1

    async def _commit_failure(self, key: str, incoming: InboundActivity, channel: Channel, text: str) -> UnitOfWork:
        """Keep the state as it was, and the sentence about the failure; nothing, if the turn was kept after all."""
        for attempt in range(MAX_COMMIT_ATTEMPTS):
            record = await UnitOfWork(self._store, key).load()
            if self._is_already_processed(record.document, incoming):
                return record
            try:
                language = detect_language(incoming.turn.locale)
                return await self.commit(record, incoming, channel, [{"text": text}], language)
            except StateConflictError:
                await back_off(attempt)
        raise StateConflictError("The conversation was changed by other turns each time that a failure was to be kept.")

    def _is_already_processed(self, document: ConversationDocument, incoming: InboundActivity) -> bool:
        """Whether the turn is not to be run (again). What it was answered with may still wait to be sent."""
        done = incoming.activity_key in document.processed_activities
        self._counts["again"] += done
        return done or (incoming.is_pending and document.find_pending(incoming.activity_key) is None)

    async def commit(
        self,
        unit_of_work: UnitOfWork,
        incoming: InboundActivity,
        channel: Channel,
        messages: Sequence[Message],
        language: Language,
    ) -> UnitOfWork:
        """State, the activity's mark and the replies, in one document and so in one transaction."""
        envelope, now = unit_of_work.document, self._clock()
        envelope.mark_processed(incoming.activity_key, now)
        envelope.remove_pending(incoming.activity_key)
        if any("sign_in" in message for message in messages):
            envelope.sign_in_expires_at = now + SIGN_IN_TIMEOUT_SECONDS
        if messages and incoming.response and incoming.response.claim():
            unit_of_work.response_message, messages = split_messages(messages)
            envelope.store_invoke_response(incoming.activity_key, unit_of_work.response_message)
        sent = [strip_response_only(message) for message in messages]
        envelope.enqueue_messages(incoming.activity_key, sent, channel.conversation_reference, language, now)
        self._outbox.begin_send(unit_of_work)
        await unit_of_work.commit()
        return unit_of_work


def _log_failure(notice: NoticeId, language: Language, error: BaseException) -> str:
    """Log what failed and where under a new reference, and the sentence that names the reference to the person."""
    reference = secrets.token_hex(4)
    _log.error("Turn failed, reference %s: %s", reference, describe_error_location(error))
    return render_notice(notice, language, reference)
