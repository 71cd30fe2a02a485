"""Turns that take longer than their request may wait: kept in the document first, so that no crash loses them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import get_args

from bot.errors import StateConflictError, StoreError
from bot.state.store import StateStore
from bot.turns.channel import Channel
from bot.turns.inbound import InboundActivity, InboundIntent
from bot.turns.notices import NoticeId
from bot.turns.pending import MAX_CRASHED_ATTEMPTS, PendingTurn, turn_to_json
from bot.turns.unit_of_work import MAX_COMMIT_ATTEMPTS, UnitOfWork, back_off

PERSIST_TIMEOUT_SECONDS = 1.5
"""Seconds that keeping a turn may take, while its request still waits."""
TURN_LEASE_SECONDS = 90.0
"""Seconds after which another instance runs a turn that was kept: longer than any turn takes."""

_log = logging.getLogger(__name__)


async def persist_turn(
    store: StateStore, key: str, incoming: InboundActivity, channel: Channel, instance: str, clock: Callable[[], float]
) -> bool:
    """Keep a turn that `instance` is running; True when it is safe: kept, or over by now."""
    turn = await asyncio.to_thread(turn_to_json, incoming.turn)
    more = {"wants": incoming.intent, "say": incoming.notice, "replaces": incoming.replaced_activity_id}
    try:
        async with asyncio.timeout(PERSIST_TIMEOUT_SECONDS):
            for attempt in range(MAX_COMMIT_ATTEMPTS):
                record = await UnitOfWork(store, key).load()
                envelope = record.document
                if incoming.activity_key in envelope.processed_activities or envelope.find_pending(
                    incoming.activity_key
                ):
                    return True
                kept = PendingTurn(
                    incoming.activity_key, turn, dict(channel.conversation_reference), clock(), inbound_fields=more
                )
                kept.start(instance, clock(), TURN_LEASE_SECONDS)
                envelope.pending_turns.append(kept)
                try:
                    await record.commit()
                except StateConflictError:
                    await back_off(attempt)
                else:
                    return True
    except (StoreError, TimeoutError) as error:
        _log.error("A turn that takes long could not be kept: %s", str(error) or "the state store does not answer")
    return False


def restore_inbound_activity(pending: PendingTurn) -> InboundActivity:
    """The turn that was kept; one that was cut too often is answered with a sentence instead."""
    more = pending.inbound_fields
    wants, said, replaces = more.get("wants"), more.get("say"), more.get("replaces")
    known: InboundIntent = "say" if wants == "say" else "answer"
    sentence: NoticeId | None = said if said in get_args(NoticeId) else None
    if pending.crashed_attempts >= MAX_CRASHED_ATTEMPTS:
        known, sentence = "say", "cut-off"
    return InboundActivity(
        known, pending.parsed_turn, sentence, pending.id, replaces if isinstance(replaces, str) else "", is_pending=True
    )
