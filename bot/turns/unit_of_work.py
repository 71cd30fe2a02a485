"""One conversation's document, loaded from the store, changed by the turn that holds the lock, and committed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.cards.messages import CardMessage, ResponseMessage
from bot.state.conflicts import MAX_COMMIT_ATTEMPTS, retry_conflicts
from bot.state.json_text import EncodedJson, encode_json
from bot.state.store import StateStore, build_state_key
from bot.turns.channel import ConversationReference
from bot.turns.conversation_document import ConversationDocument, read_conversation_document
from bot.turns.pending import PendingTurn

_log = logging.getLogger(__name__)

T = TypeVar("T")


class UnitOfWork:
    """A conversation's document: loaded, changed in place, then committed under the ETag that it was loaded with.

    Attributes:
        key: The conversation's key in the store.
        document: The document, to be changed in place.
        is_sending: Whether the last commit recorded that this process is sending the first message of the outbox.
        response_message: What the turn's HTTP response says, if one waits.
    """

    def __init__(self, store: StateStore, key: str) -> None:
        self.key = key
        self.document = ConversationDocument()
        self.is_sending = False
        self.response_message: ResponseMessage | None = None
        self._store = store
        self._etag: str | None = None
        self._encoded_state: tuple[dict[str, Any], EncodedJson] | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the store has anything for this conversation."""
        return self._etag is not None

    async def load(self) -> UnitOfWork:
        """Read the document from the store, in place of the one in memory, and return `self`."""
        stored = await self._store.load(self.key)
        self._etag = stored.etag if stored else None
        self.document = (
            self._drop_foreign_items(read_conversation_document(stored.value)) if stored else ConversationDocument()
        )
        self.is_sending = False
        return self

    async def commit(self) -> None:
        """Write the document as it is now.

        Raises:
            StateConflictError: Someone else committed since it was loaded; only a new `load` helps.
        """
        document = self.document
        value = document.to_json()
        if document.dialog_state:
            value["medic"] = self._encode_dialog_state(document.dialog_state)
        for message, written in zip(document.outbox, value["outbox"], strict=True):
            if isinstance(message.message, CardMessage):
                written["message"]["card"] = message.message.encoded_card  # as it will be sent
        self._etag = await self._store.commit(self.key, self._etag, value, waiting=document.has_pending_items)

    async def change(self, edit: Callable[[ConversationDocument], None]) -> None:
        """Apply `edit` to the loaded document and commit; after a conflict, again on the newest one."""
        is_current = True

        async def edit_newest() -> None:
            nonlocal is_current
            if not is_current:
                await self.load()
                if not self.is_stored:  # the person has deleted it
                    return
            is_current = False
            edit(self.document)
            await self.commit()

        await retry_conflicts(edit_newest)

    def _encode_dialog_state(self, state: dict[str, Any]) -> EncodedJson:
        """Encode the dialogs' state, unless the last commit did: after a send, it's still the same."""
        if self._encoded_state is None or self._encoded_state[0] is not state:
            self._encoded_state = state, EncodedJson(encode_json(state))
        return self._encoded_state[1]

    def _drop_foreign_items(self, document: ConversationDocument) -> ConversationDocument:
        """Remove what belongs to another conversation: tampered state mustn't show a person someone else's messages."""
        if document.way_back and not self._is_own_reference(document.way_back):
            document.way_back = None
            _log.error("A document says how to reach another conversation; that is dropped.")
        count = len(document.outbox) + len(document.pending_turns)
        if count:
            document.outbox = [
                message for message in document.outbox if self._is_own_reference(message.conversation_reference)
            ]
            document.pending_turns = [
                pending
                for pending in document.pending_turns
                if self._is_own_reference(pending.conversation_reference) and self._is_own_turn(pending)
            ]
            if dropped := count - len(document.outbox) - len(document.pending_turns):
                _log.error("%d items of a document belong to another conversation; they are dropped.", dropped)
        return document

    def _is_own_reference(self, conversation_reference: ConversationReference) -> bool:
        conversation, person = conversation_reference.get("conversation"), conversation_reference.get("person")
        is_readable = isinstance(conversation, str) and isinstance(person, str)
        # a reference doesn't name the tenant, which is the first part of the key
        return is_readable and self.key.partition("|")[2] == build_state_key(str(conversation), str(person))

    def _is_own_turn(self, pending: PendingTurn) -> bool:
        turn = pending.parsed_turn
        return build_state_key(turn.person.tenant, turn.conversation_id, turn.person.id) == self.key


async def update_document(
    store: StateStore,
    key: str,
    edit: Callable[[UnitOfWork], Awaitable[T | None]],
    max_attempts: int | None = MAX_COMMIT_ATTEMPTS,
) -> tuple[UnitOfWork, T | None]:
    """Load a conversation's document, let `edit` change it, and commit it; after a conflict, again on the newest one.

    Returns:
        The document, and what `edit` returned; None from it means that there is nothing to commit.

    Raises:
        StoreError: The document can't be read or written, or others committed at each attempt.
    """

    async def edit_newest() -> tuple[UnitOfWork, T | None]:
        unit_of_work = await UnitOfWork(store, key).load()
        result = await edit(unit_of_work)
        if result is not None:
            await unit_of_work.commit()
        return unit_of_work, result

    return await retry_conflicts(edit_newest, max_attempts)
