"""Say what the bot lacks to serve Teams: a store that can be written, the signing keys, its own token."""

from __future__ import annotations

import asyncio

from bot.auth.channel_auth import ChannelAuth
from bot.state.watched_store import WatchedStore

TIMEOUT_SECONDS = 2.0
"""How long the checks may take together; main.bicep lets a probe wait for three seconds."""


class ReadinessCheck:
    """Checks `store` and `channel_auth`. A check that takes too long has failed; the next request waits for it, too."""

    def __init__(
        self, store: WatchedStore, channel_auth: ChannelAuth, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._checks = {"state": store.is_writable, **channel_auth.checks}
        self._timeout_seconds = timeout_seconds
        self._running: dict[str, asyncio.Future[bool]] = {}

    async def find_missing(self) -> list[str]:
        """Return the names of what is missing; empty if the bot can work."""
        for name, check in self._checks.items():
            if name not in self._running:
                self._running[name] = asyncio.ensure_future(check())
        running = dict(self._running)
        done, _ = await asyncio.wait(running.values(), timeout=self._timeout_seconds)
        for name, task in running.items():
            if task in done and self._running.get(name) is task:
                del self._running[name]
        return [name for name, task in running.items() if task not in done or not _has_passed(task)]

    async def close(self) -> None:
        """Cancel the checks that are still running."""
        for task in self._running.values():
            task.cancel()
        if self._running:
            await asyncio.wait(self._running.values())


def _has_passed(task: asyncio.Future[bool]) -> bool:
    return not task.cancelled() and task.exception() is None and task.result()
