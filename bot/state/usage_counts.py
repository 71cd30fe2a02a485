"""Counts of what recurs: entries recognised, texts that were not, judgements. Kept a document a day, without contents.

The documents lie in the state store under keys that no conversation has, and go with what is old there.
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

from bot.errors import StateConflictError, StoreError
from bot.state.store import StateStore
from dialogs.solution.usage_events import UsageEvent

SAVE_INTERVAL_SECONDS = 60.0
"""How often counts are kept; a process that is killed loses those of this time."""
MAX_COMMIT_ATTEMPTS = 8
MAX_EVENT_KINDS = 2_000
"""Different things counted a day: there are few entries, and a hostile text makes no new kinds."""

_SEPARATOR = "|"

_log = logging.getLogger(__name__)


class UsageCounter:
    """Counts notes in memory, and adds them to the day's document now and then."""

    def __init__(self, store: StateStore, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._counts: Counter[str] = Counter()

    def count_events(self, events: Sequence[UsageEvent]) -> None:
        """Count what a turn told."""
        self._counts.update(_SEPARATOR.join((note.kind, note.entry, note.detail)) for note in events)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the counts now and then until `stop`, and once more then."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SAVE_INTERVAL_SECONDS)
            await self.save()

    async def save(self) -> None:
        """Add what was counted to the day's document; what cannot be kept now is kept later."""
        if not self._counts:
            return
        counted, self._counts = self._counts, Counter()
        key = build_day_key(datetime.fromtimestamp(self._clock(), UTC))
        try:
            for _ in range(MAX_COMMIT_ATTEMPTS):
                stored = await self._store.load(key)
                sums = _parse_counts(stored.value if stored else {}) + counted
                try:
                    await self._store.commit(
                        key, stored.etag if stored else None, {"counts": dict(_limit_counts(sums))}
                    )
                except StateConflictError:
                    continue
                return
            _log.warning("Counts could not be added: others kept theirs each time. They are kept later.")
        except StoreError as error:
            _log.warning("Counts could not be kept, and are kept later: %s", error)
        self._counts += counted


def build_day_key(day: datetime) -> str:
    """The key of a day's document. A conversation's key has two separators, this has one."""
    return f"tally{_SEPARATOR}{day:%Y-%m-%d}"


async def read_daily_counts(store: StateStore, days: int, now: datetime) -> Counter[UsageEvent]:
    """The counts of the last `days` days, today's included. Raises `StoreError`."""
    sums: Counter[str] = Counter()
    for back in range(days):
        stored = await store.load(build_day_key(now - timedelta(days=back)))
        sums += _parse_counts(stored.value if stored else {})
    counts: Counter[UsageEvent] = Counter()
    for name, number in sums.items():
        parts = name.split(_SEPARATOR)
        if len(parts) == 3:
            noted: Any = parts[0]
            counts[UsageEvent(noted, parts[1], parts[2])] += number
    return counts


def _parse_counts(value: object) -> Counter[str]:
    counts = value.get("counts") if isinstance(value, dict) else None
    known = counts.items() if isinstance(counts, dict) else ()
    return Counter({name: number for name, number in known if isinstance(number, int) and number > 0})


def _limit_counts(counts: Counter[str]) -> list[tuple[str, int]]:
    return counts.most_common(MAX_EVENT_KINDS)
