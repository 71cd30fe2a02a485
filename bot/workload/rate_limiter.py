"""Limit how much one person may ask for in a minute, so that nobody keeps the bot from answering others."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MAX_PEOPLE = 10_000
"""How many people are remembered; the ones who were silent for the longest are forgotten first."""

RateDecision = Literal["allowed", "first-over", "over"]
"""Within the limit; the first request over it, which is worth a sentence; another one soon after."""


@dataclass(slots=True)
class _Allowance:
    left: float
    updated_at: float
    was_told: bool = False


class RateLimiter:
    """Gives each person `per_minute` requests a minute, which they may make at once. `clock` counts seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._allowances: OrderedDict[str, _Allowance] = OrderedDict()

    def request(self, person: str) -> RateDecision:
        """Count a request of `person`, and decide about it."""
        now = self._clock()
        allowance = self._allowances.pop(person, None) or _Allowance(self.per_minute, now)
        self._allowances[person] = allowance
        if len(self._allowances) > MAX_PEOPLE:
            self._allowances.popitem(last=False)
        earned = (now - allowance.updated_at) * self.per_minute / 60
        allowance.left, allowance.updated_at = min(allowance.left + earned, self.per_minute), now
        if allowance.left >= 1:
            allowance.left -= 1
            # told again only after a pause, not at each request that just fits
            allowance.was_told = allowance.was_told and allowance.left < self.per_minute / 2
            return "allowed"
        is_first, allowance.was_told = not allowance.was_told, True
        return "first-over" if is_first else "over"
