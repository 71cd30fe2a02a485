"""Turns that take longer than their request may wait: kept in the document first, so that no crash loses them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import get_args

from bot.errors import StateConflict, StoreError
from bot.state.store import StateStore
from bot.turns.channel import Channel
from bot.turns.inbound import Incoming, Wants
from bot.turns.notices import Sentence
from bot.turns.pending import MOST_CUTS, Pending, turn_to_json
from bot.turns.record import TRIES, Record, give_way

KEEPING = 1.5
"""Seconds that keeping a turn may take, while its request still waits."""
LEASE = 90.0
"""Seconds after which another instance runs a turn that was kept: longer than any turn takes."""

_log = logging.getLogger(__name__)


async def keep_turn(
    store: StateStore, key: str, incoming: Incoming, channel: Channel, instance: str, clock: Callable[[], float]
) -> bool:
    """Keep a turn that `instance` is running; True when it is safe: kept, or over by now."""
    turn = await asyncio.to_thread(turn_to_json, incoming.turn)
    more = {"wants": incoming.wants, "say": incoming.say, "replaces": incoming.replaces}
    try:
        async with asyncio.timeout(KEEPING):
            for attempt in range(TRIES):
                record = await Record(store, key).load()
                envelope = record.envelope
                if incoming.mark in envelope.done or envelope.pending_of(incoming.mark):
                    return True
                kept = Pending(incoming.mark, turn, dict(channel.back), clock(), more=more)
                kept.begin(instance, clock(), LEASE)
                envelope.pending.append(kept)
                try:
                    await record.commit()
                except StateConflict:
                    await give_way(attempt)
                else:
                    return True
    except (StoreError, TimeoutError) as error:
        _log.error("A turn that takes long could not be kept: %s", str(error) or "the state store does not answer")
    return False


def incoming_of(pending: Pending) -> Incoming:
    """The turn that was kept; one that was cut too often is answered with a sentence instead."""
    more = pending.more
    wants, said, replaces = more.get("wants"), more.get("say"), more.get("replaces")
    known: Wants = "say" if wants == "say" else "answer"
    sentence: Sentence | None = said if said in get_args(Sentence) else None
    if pending.cuts >= MOST_CUTS:
        known, sentence = "say", "cut-off"
    return Incoming(known, pending.who, sentence, pending.id, replaces if isinstance(replaces, str) else "", kept=True)
