"""Run a turn's logic: ask the dialogs once per activity, and commit everything that results in one step."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from bot.cards.messages import Message, SignInMessage, TextMessage
from bot.errors import OverloadedError, RequestRefusedError, StateTooLargeError, StoreError, log_failure
from bot.state.store import StateStore
from bot.turns.channel import Channel, render_messages
from bot.turns.conversation_document import SIGN_IN_TIMEOUT_SECONDS, ConversationDocument
from bot.turns.conversation_locks import ConversationLocks
from bot.turns.inbound import InboundActivity
from bot.turns.invoke_response import split_messages, strip_response_only
from bot.turns.notices import NoticeId, detect_language, render_notice
from bot.turns.outbox import Outbox
from bot.turns.pending import MAX_CRASHED_ATTEMPTS
from bot.turns.private_chat import PrivateChatHandoff
from bot.turns.turn_effects import apply_effects
from bot.turns.unit_of_work import UnitOfWork, update_document
from dialogs.conversation import Conversation, ConversationResult
from dialogs.model.effects import HandOff
from dialogs.model.turn import MemberJoined, SignedIn, Turn
from dialogs.solution.usage_events import UsageEvent
from knowledge.model.entry import Language

TURN_TIMEOUT_SECONDS = 60.0
"""How many seconds a turn may take, so that one that hangs doesn't block its conversation forever."""
MAX_UNSENT_MESSAGES = 30
"""How many replies may wait before a conversation accepts no more turns; its channel accepts nothing anyway."""

_log = logging.getLogger(__name__)


class TurnProcessor:
    """Runs turns against the dialogs and a store. The conversation's lock must be held.

    `count_usage_events` gets the events of each committed turn. `start_pending` starts the jobs that a turn left in a
    conversation other than its own, the private chat.
    """

    def __init__(
        self,
        conversation: Conversation,
        store: StateStore,
        locks: ConversationLocks,
        outbox: Outbox,
        clock: Callable[[], float],
        count_usage_events: Callable[[Sequence[UsageEvent]], None],
        start_pending: Callable[[str, ConversationDocument], None],
    ) -> None:
        self._conversation, self._store, self._outbox, self._clock = conversation, store, outbox, clock
        self._private_chat_handoff = PrivateChatHandoff(
            conversation, store, locks, outbox, self.record_turn, start_pending, clock
        )
        self._count_usage_events = count_usage_events
        self._counts = outbox.counts
        self._timeout_seconds = TURN_TIMEOUT_SECONDS

    async def process(
        self, key: str, incoming: InboundActivity, channel: Channel, report_failure: Callable[[Exception], None]
    ) -> UnitOfWork | str:
        """Run a turn, and return its committed document with the replies to send.

        A turn that fails leaves the state as it was, with a notice as its reply, and is passed to `report_failure`. If
        not even the notice can be committed, it is returned.

        Raises:
            RequestRefusedError: Too many replies of the conversation are already waiting; nothing was done.
        """
        language = detect_language(incoming.turn.locale)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                if incoming.intent == "forget":
                    await self._store.forget(key)
                    return UnitOfWork(self._store, key)
                return await self._answer_turn(key, incoming, channel)
        except RequestRefusedError:
            raise
        except OverloadedError as error:
            if postponed := await self._postpone(key, incoming):
                return postponed
            notice = _log_failure("overloaded", language, error)
            report_failure(error)
        except Exception as error:  # noqa: BLE001 - the one net: a person must never meet silence or a traceback
            notice = _log_failure(_choose_notice(error), language, error)
            report_failure(error)
        try:
            return await self._commit_failure(key, incoming, channel, notice)
        except StoreError as error:
            _log.error("The failure could not be recorded either: %s", error)
            return notice

    async def _answer_turn(self, key: str, incoming: InboundActivity, channel: Channel) -> UnitOfWork:
        """Ask the dialogs and commit what they answer; after a conflict, again on the newest document.

        If the conflict left the dialogs' state as it was (a reply was sent, a job recorded), their answer still holds.
        """
        result: ConversationResult | None = None
        answered_state: dict[str, Any] | None = None

        async def answer(unit_of_work: UnitOfWork) -> Sequence[UsageEvent] | None:
            nonlocal result, answered_state
            document = unit_of_work.document
            if self._is_already_processed(document, incoming):
                return None
            if _is_obsolete(document, incoming.turn):
                return () if document.remove_pending(incoming.activity_key) else None
            if len(document.outbox) >= MAX_UNSENT_MESSAGES:
                raise RequestRefusedError(
                    503, "Earlier answers of this conversation could not be sent yet; try again later."
                )
            if incoming.intent == "answer" and (result is None or document.dialog_state != answered_state):
                answered_state = document.dialog_state
                result = await self._conversation.answer_turn(incoming.turn, answered_state)
            messages, language = await self._apply_turn(document, incoming, channel, result)
            self.record_turn(unit_of_work, incoming, channel, messages, language)
            return result.usage_events if result else ()

        # as often as the turn's time allows
        unit_of_work, usage_events = await update_document(self._store, key, answer, max_attempts=None)
        self._count_usage_events(usage_events or ())
        return unit_of_work

    async def _apply_turn(
        self,
        document: ConversationDocument,
        incoming: InboundActivity,
        channel: Channel,
        result: ConversationResult | None,
    ) -> tuple[list[Message], Language]:
        """Change `document` as the turn requires, and return the turn's messages and their language.

        `result` is the dialogs' answer; None if the turn isn't for them.
        """
        turn = incoming.turn
        language = document.language or detect_language(turn.locale)
        messages: list[Message] = []
        if result is not None:
            # the person may have changed the language with this turn
            language = document.language = result.replies[-1].language if result.replies else language
            messages = await self._apply_result(document, incoming, channel, result, language)
        elif isinstance(turn.event, MemberJoined):
            language = detect_language(turn.locale)
        match turn.event:
            case MemberJoined():
                document.welcomed = True
            case SignedIn(succeeded=True):
                document.sign_in_expires_at = 0.0
        if incoming.notice:
            link = channel.get_private_chat_link() if incoming.notice == "file-in-group" else ""
            messages.append(TextMessage(render_notice(incoming.notice, language, link=link)))
        if incoming.extra_message:
            messages.append(incoming.extra_message)
        return messages, language

    async def _apply_result(
        self,
        document: ConversationDocument,
        incoming: InboundActivity,
        channel: Channel,
        result: ConversationResult,
        language: Language,
    ) -> list[Message]:
        """Adopt the dialogs' state and effects, and return the messages that show their replies."""
        remaining_state = await self._private_chat_handoff.hand_off(incoming, channel, result)
        if remaining_state is None:
            link = channel.get_private_chat_link()
            messages: list[Message] = [TextMessage(render_notice("private-failed", language, link=link))]
        else:
            messages = render_messages(result, channel, incoming.replaced_activity_id)
            if any(isinstance(effect, HandOff) and effect.keeps_way_back for effect in result.effects):
                document.remember_way_back(channel.conversation_reference)
        # without a private chat, nothing moves there, so the thread keeps the whole state
        document.dialog_state = dict(result.state if remaining_state is None else remaining_state)
        reports = await apply_effects(document, incoming, channel, result, messages, self._conversation, self._clock())
        return messages + reports

    async def _commit_failure(self, key: str, incoming: InboundActivity, channel: Channel, notice: str) -> UnitOfWork:
        """Commit the notice of a failure with the state as it was; do nothing if the turn was committed after all."""

        async def record_notice(unit_of_work: UnitOfWork) -> bool | None:
            if self._is_already_processed(unit_of_work.document, incoming):
                return None
            language = detect_language(incoming.turn.locale)
            self.record_turn(unit_of_work, incoming, channel, [TextMessage(notice)], language)
            return True

        unit_of_work, _ = await update_document(self._store, key, record_notice)
        return unit_of_work

    async def _postpone(self, key: str, incoming: InboundActivity) -> UnitOfWork | None:
        """Leave a turn that wasn't begun for later, and return its document; None if it isn't stored, or too often.

        The sweep starts it again, with what is stored of its text.
        """

        async def release(unit_of_work: UnitOfWork) -> bool | None:
            pending = unit_of_work.document.find_pending(incoming.activity_key)
            if pending is None or pending.crashed_attempts >= MAX_CRASHED_ATTEMPTS - 1:
                return None
            # the runner of pending turns counts its own attempts
            pending.release(failed=not incoming.is_pending)
            return True

        # a response that waits must be answered in words
        if incoming.response:
            return None
        try:
            unit_of_work, is_released = await update_document(self._store, key, release)
        except StoreError as error:
            _log.error("A turn could not be left for later: %s", error)
            return None
        return unit_of_work if is_released else None

    def _is_already_processed(self, document: ConversationDocument, incoming: InboundActivity) -> bool:
        """Return whether the turn must not run (again). Its replies may still be waiting to be sent."""
        is_processed = incoming.activity_key in document.processed_activities
        self._counts["again"] += is_processed
        return is_processed or (incoming.is_pending and document.find_pending(incoming.activity_key) is None)

    def record_turn(
        self,
        unit_of_work: UnitOfWork,
        incoming: InboundActivity,
        channel: Channel,
        messages: Sequence[Message],
        language: Language,
    ) -> None:
        """Record in the document that the turn is done, and its replies; the commit must follow."""
        document, now = unit_of_work.document, self._clock()
        document.mark_processed(incoming.activity_key, now)
        document.remove_pending(incoming.activity_key)
        if any(isinstance(message, SignInMessage) for message in messages):
            document.sign_in_expires_at = now + SIGN_IN_TIMEOUT_SECONDS
        # claimed before the commit: after it, the answer is either in the response or in the outbox, never in neither
        if messages and incoming.response and incoming.response.claim():
            unit_of_work.response_message, messages = split_messages(messages)
            document.store_invoke_response(incoming.activity_key, unit_of_work.response_message)
        sendable = [strip_response_only(message) for message in messages]
        document.enqueue_messages(incoming.activity_key, sendable, channel.conversation_reference, language, now)
        self._outbox.begin_send(unit_of_work)


def _is_obsolete(document: ConversationDocument, turn: Turn) -> bool:
    """Return whether something else made the turn pointless: another welcome, or the end of the sign-in.

    A sign-in can end twice, in two clients of the person or in two ways.
    """
    match turn.event:
        case SignedIn():
            return not document.sign_in_expires_at
        case MemberJoined():
            return document.welcomed
        case _:
            return False


def _choose_notice(error: Exception) -> NoticeId:
    if isinstance(error, TimeoutError):
        return "too-slow"
    if isinstance(error, StoreError) and not isinstance(error, StateTooLargeError):
        return "state-lost"
    return "failed"


def _log_failure(notice: NoticeId, language: Language, error: BaseException) -> str:
    """Log the failure, and return the notice that tells the person its reference."""
    return render_notice(notice, language, log_failure(_log, error))
