"""The real bot on a store that fails now and then, with short pauses: `python -m tests.bench.faulty_bot SHARE`."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Mapping
from typing import Any

import bot.host.open_store
import bot.host.run
from bot.errors import StoreError
from bot.host.conversation import load_knowledge
from bot.host.settings import read_settings
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StoredState
from bot.turns.outbox import DeliveryPolicy
from bot.turns.turn_runner import TurnLimits
from tests.patching import set_existing

SWEEP = 1.0
"""Seconds between looks at what waits; 15 in earnest, in which a short round would see too little."""


class FailingStore(SqliteStore):
    """Fails in a share of its operations."""

    share = 0.0

    async def load(self, key: str) -> StoredState | None:
        self._perhaps()
        return await super().load(key)

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        self._perhaps()
        return await super().commit(key, etag, value, waiting)

    def _perhaps(self) -> None:
        if random.random() < self.share:
            raise StoreError("made to fail")


if __name__ == "__main__":
    FailingStore.share = float(sys.argv[1])
    set_existing(bot.host.open_store, "SqliteStore", FailingStore)
    limits = TurnLimits(delivery=DeliveryPolicy(sweep_interval_seconds=SWEEP))
    set_existing(bot.host.run, "TurnLimits", lambda **_: limits)
    sys.exit(asyncio.run(bot.host.run.serve(read_settings(os.environ), load_knowledge())))
