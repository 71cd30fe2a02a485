"""A post's marks in a conversation's document: that it was begun, and that it was sent.

A crash between the two leaves only the first. Then it's unknown whether the post arrived, so it isn't sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.errors import StoreError
from bot.state.store import StateStore
from bot.turns.channel import ConversationReference
from bot.turns.conversation_document import ConversationDocument, compute_activity_key
from bot.turns.unit_of_work import UnitOfWork, update_document
from dialogs.model.errors import ShareRefusedError

_log = logging.getLogger(__name__)


class PostMarks:
    """The marks of the post `share_id` in the document with the given key, among its processed activities."""

    def __init__(self, store: StateStore, key: str, share_id: str, clock: Callable[[], float]) -> None:
        self._store, self._key, self._clock = store, key, clock
        self._begun, self._sent = compute_activity_key("share", share_id), compute_activity_key("shared", share_id)

    async def find_way_back(self) -> ConversationReference | None:
        """Return how to reach the conversation to post there; None if the post was already sent.

        Raises:
            ShareRefusedError: The way there isn't stored, or it's unknown whether the post was sent.
            StoreError: The document can't be read.
        """
        document = (await UnitOfWork(self._store, self._key).load()).document
        if self._sent in document.processed_activities:
            return None
        return self._check(document)

    async def begin(self) -> None:
        """Commit that the post is being sent.

        Raises:
            ShareRefusedError: As in `find_way_back`, if that has become true since.
            StoreError: It can't be committed.
        """

        async def begin(unit_of_work: UnitOfWork) -> bool:
            self._check(unit_of_work.document)
            unit_of_work.document.mark_processed(self._begun, self._clock())
            return True

        await update_document(self._store, self._key, begin)

    async def complete(self) -> None:
        """Commit that the post was sent."""
        await self._change(lambda document: document.mark_processed(self._sent, self._clock()))

    async def cancel(self) -> None:
        """Commit that the post was not sent after all."""
        await self._change(lambda document: document.processed_activities.pop(self._begun, None))

    def _check(self, document: ConversationDocument) -> ConversationReference:
        if document.way_back is None:
            raise ShareRefusedError("no-way-back")
        if self._begun in document.processed_activities:
            raise ShareRefusedError("unsure")
        return document.way_back

    async def _change(self, edit: Callable[[ConversationDocument], object]) -> None:
        """Commit a change, unless the document has been deleted; if that fails, what was sent stays sent."""

        async def change(unit_of_work: UnitOfWork) -> bool | None:
            if not unit_of_work.is_stored:
                return None
            edit(unit_of_work.document)
            return True

        try:
            await update_document(self._store, self._key, change)
        except StoreError as error:
            _log.error("The outcome of a shared lookup could not be recorded: %s", error)
