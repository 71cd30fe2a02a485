"""Count what recurs: entries that were recognized, texts that weren't, feedback. One document a day, no contents.

The documents are in the state store, under keys that no conversation has, and are deleted with the old ones there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import StoreError
from bot.state.conflicts import retry_conflicts
from bot.state.store import StateStore
from dialogs.solution.usage_events import UsageEvent

SAVE_INTERVAL_SECONDS = 60.0
"""How often counts are saved; a killed process loses those since the last save."""
MAX_EVENT_KINDS = 2_000
"""How many different events to keep per day. There are only so many entries, and hostile texts don't add kinds."""

_SEPARATOR = "|"

_log = logging.getLogger(__name__)


class UsageCounter:
    """Counts usage events in memory, and adds them to the day's document at intervals."""

    def __init__(self, store: StateStore, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._counts: Counter[str] = Counter()

    def count_events(self, events: Sequence[UsageEvent]) -> None:
        """Count the events of a turn."""
        for event in events:
            self._counts[_SEPARATOR.join((event.kind, event.entry, event.detail))] += 1

    async def run(self, stop: asyncio.Event) -> None:
        """Save the counts at intervals until `stop`, and then one last time."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SAVE_INTERVAL_SECONDS)
            await self.save()

    async def save(self) -> None:
        """Add the counts to the day's document; what can't be saved now is saved next time."""
        if not self._counts:
            return
        # events that are counted while the store is busy belong to the next save
        unsaved, self._counts = self._counts, Counter()
        key = build_day_key(datetime.fromtimestamp(self._clock(), UTC))
        is_saved = False

        async def add_unsaved() -> None:
            stored = await self._store.load(key)
            sums = _parse_counts(stored.value if stored else {}) + unsaved
            counts = dict(sums.most_common(MAX_EVENT_KINDS))
            await self._store.commit(key, stored.etag if stored else None, {"counts": counts})

        try:
            await retry_conflicts(add_unsaved)
            is_saved = True
        except StoreError as error:
            _log.warning("Usage counts could not be saved, and are saved later: %s", error)
        finally:
            # even if the program is stopped in the middle: the last save must still have them
            if not is_saved:
                self._counts += unsaved


def build_day_key(day: datetime) -> str:
    """Build the key of a day's document. It has one separator, a conversation's key has two."""
    return f"tally{_SEPARATOR}{day:%Y-%m-%d}"


async def read_daily_counts(store: StateStore, days: int, now: datetime) -> Counter[UsageEvent]:
    """Return the counts of the last `days` days, today included.

    Raises:
        StoreError: They can't be read.
    """
    sums: Counter[str] = Counter()
    for days_ago in range(days):
        stored = await store.load(build_day_key(now - timedelta(days=days_ago)))
        sums += _parse_counts(stored.value if stored else {})
    counts: Counter[UsageEvent] = Counter()
    for name, number in sums.items():
        parts = name.split(_SEPARATOR)
        if len(parts) == 3:
            kind: Any = parts[0]
            counts[UsageEvent(kind, parts[1], parts[2])] += number
    return counts


def _parse_counts(value: object) -> Counter[str]:
    counts = value.get("counts") if isinstance(value, dict) else None
    items = counts.items() if isinstance(counts, dict) else ()
    return Counter({name: number for name, number in items if isinstance(number, int) and number > 0})
