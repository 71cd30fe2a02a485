"""Lease the pending jobs and turns of conversations, so that only one process runs each of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.errors import StoreError
from bot.state.store import StateStore
from bot.turns.conversation_locks import ConversationLocks
from bot.turns.pending import PendingTurn
from bot.turns.unit_of_work import UnitOfWork, update_document
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)


class PendingLeases:
    """The leases that the process `instance` takes. `active_ids` holds the key and id of what it is running."""

    def __init__(
        self,
        store: StateStore,
        locks: ConversationLocks,
        instance: str,
        clock: Callable[[], float],
        lease_seconds: float,
    ) -> None:
        self.active_ids: set[tuple[str, str]] = set()
        self._store, self._locks, self._instance = store, locks, instance
        self._clock, self._lease_seconds = clock, lease_seconds

    def can_start(self, key: str, pending: PendingTurn) -> bool:
        """Return whether this process may start `pending`: neither it nor another one is running it."""
        return (key, pending.id) not in self.active_ids and pending.can_start(self._instance, self._clock())

    async def lease_next(self, key: str, is_for_jobs: bool) -> tuple[PendingTurn, Language] | None:
        """Lease the first job of a conversation that is due, or the first turn, and return it with the language.

        Returns None if there is none, or another process is running the first one.

        Raises:
            QueueFullError: Too many turns of the conversation are waiting.
            StoreError: The document can't be read or written.
        """

        async def lease_first(unit_of_work: UnitOfWork) -> PendingTurn | None:
            now = self._clock()
            for pending in unit_of_work.document.pending_turns:
                if (pending.job_json is not None) == is_for_jobs and pending.due_at <= now:
                    # strictly in order: if another process runs one, that process also starts those waiting behind it
                    if not self.can_start(key, pending):
                        return None
                    pending.start(self._instance, now, self._lease_seconds)
                    return pending
            return None

        async with self._locks.acquire(key):
            unit_of_work, leased = await update_document(self._store, key, lease_first)
            if leased is None:
                return None
            self.active_ids.add((key, leased.id))
            return leased, unit_of_work.document.language or "en"

    async def renew_until_lost(self, key: str, pending: PendingTurn) -> None:
        """Renew the lease on `pending` at intervals; return once another process has it, or it's no longer pending.

        `pending` also learns the activity of its announcement, which is sent meanwhile.
        """
        expires_at = self._clock() + self._lease_seconds
        while self._clock() < expires_at:
            # two renewals may fail before the lease expires
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                stored = await self.update(key, pending.id, self._extend)
            except StoreError as error:
                _log.warning("The lease of a job could not be renewed: %s", error)
                continue
            if stored is None:
                return
            expires_at, pending.progress_activity_id = stored.lease_expires_at, stored.progress_activity_id

    async def update(self, key: str, pending_id: str, edit: Callable[[PendingTurn], None]) -> PendingTurn | None:
        """Apply `edit` to a pending job or turn, commit, and return it; None if this process no longer has its lease.

        Raises:
            StoreError: The document can't be read or written, or others committed at each attempt.
        """

        async def edit_own(unit_of_work: UnitOfWork) -> PendingTurn | None:
            pending = unit_of_work.document.find_pending(pending_id)
            if pending is None or pending.lease_owner != self._instance:
                return None
            edit(pending)
            return pending

        _, pending = await update_document(self._store, key, edit_own)
        return pending

    def _extend(self, pending: PendingTurn) -> None:
        pending.lease_expires_at = self._clock() + self._lease_seconds
