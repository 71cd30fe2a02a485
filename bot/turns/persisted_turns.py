"""Turns that outlast their requests: stored in the document first, so that a crash doesn't lose them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import get_args

from bot.errors import StoreError
from bot.state.store import StateStore
from bot.turns.channel import Channel
from bot.turns.inbound import InboundActivity, InboundIntent
from bot.turns.notices import NoticeId
from bot.turns.pending import MAX_CRASHED_ATTEMPTS, PendingTurn, turn_to_json
from bot.turns.unit_of_work import UnitOfWork, update_document
from bot.workload.text_workers import TextWorkers

PERSIST_TIMEOUT_SECONDS = 1.5
"""How long redacting and storing a turn may take; its request still waits in that time."""
MAX_PERSIST_SECONDS = 5.0
"""How long it may take for a turn that is stored early, since many long texts wait."""
TURN_LEASE_SECONDS = 90.0
"""How long a stored turn belongs to the instance that runs it: longer than any turn takes."""

_log = logging.getLogger(__name__)


class TurnPersister:
    """Stores turns that `instance` is running."""

    def __init__(self, store: StateStore, instance: str, clock: Callable[[], float], text_workers: TextWorkers) -> None:
        self._store, self._instance, self._clock, self._text_workers = store, instance, clock, text_workers

    async def persist(self, key: str, incoming: InboundActivity, channel: Channel, timeout_seconds: float) -> bool:
        """Store a running turn; return whether it's safe, as it also is if it ended meanwhile."""
        inbound_fields = {
            "wants": incoming.intent,
            "say": incoming.notice,
            "replaces": incoming.replaced_activity_id,
        }

        async def append_pending(unit_of_work: UnitOfWork) -> PendingTurn | None:
            document, activity_key = unit_of_work.document, incoming.activity_key
            # it ended meanwhile, or a repeated delivery stored it
            if activity_key in document.processed_activities or document.find_pending(activity_key):
                return None
            now = self._clock()
            pending = PendingTurn(
                activity_key, turn_json, dict(channel.conversation_reference), now, inbound_fields=inbound_fields
            )
            pending.start(self._instance, now, TURN_LEASE_SECONDS)
            document.pending_turns.append(pending)
            return pending

        try:
            async with asyncio.timeout(timeout_seconds):
                # redacting a long text would block the other turns
                turn_json = await self._text_workers.keep(lambda: turn_to_json(incoming.turn))
                await update_document(self._store, key, append_pending)
        except (StoreError, TimeoutError) as error:
            _log.error("A long turn could not be stored: %s", str(error) or "that takes too long")
            return False
        return True


def restore_inbound_activity(pending: PendingTurn) -> InboundActivity:
    """Return the activity of a stored turn; one that was interrupted too often is answered with a notice instead."""
    fields = pending.inbound_fields
    stored_notice, replaced_activity_id = fields.get("say"), fields.get("replaces")
    intent: InboundIntent = "say" if fields.get("wants") == "say" else "answer"
    notice: NoticeId | None = stored_notice if stored_notice in get_args(NoticeId) else None
    # it may be what crashed the program each time, so it isn't run again
    if pending.crashed_attempts >= MAX_CRASHED_ATTEMPTS:
        intent, notice = "say", "cut-off"
    return InboundActivity(
        intent,
        pending.parsed_turn,
        notice,
        pending.id,
        replaced_activity_id if isinstance(replaced_activity_id, str) else "",
        is_pending=True,
    )
