"""Repeat a change to a stored state after a conflict: someone else committed between its load and its commit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.errors import StateConflictError, StoreError

MAX_COMMIT_ATTEMPTS = 12
"""How often to try a change. Another instance that's sending its replies commits after each one."""

T = TypeVar("T")


async def retry_conflicts(change: Callable[[], Awaitable[T]], max_attempts: int | None = MAX_COMMIT_ATTEMPTS) -> T:
    """Run `change`, which loads a state, edits it, and commits it, until the commit succeeds. Return what it returns.

    `max_attempts` is None if something else limits the time: each conflict means that someone else made progress.

    Raises:
        StoreError: Others committed at each attempt. It isn't a `StateConflictError`, for which an outer change would
            be repeated too.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return await change()
        except StateConflictError as error:
            if attempt == max_attempts:
                raise StoreError(f"Others changed the state at each of {attempt} attempts.") from error
        # longer each time, and random, so that they don't conflict again
        await asyncio.sleep(random.uniform(0.0, min(0.005 * 2.0 ** (attempt - 1), 0.25)))  # noqa: S311 - not for security
