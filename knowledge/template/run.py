"""The last run of an image template."""

from __future__ import annotations

from typing import NamedTuple

from knowledge.azure_times import compute_seconds_between
from knowledge.model.diagnosis import BuildOutcome

DEFAULT_TIMEOUT_MINUTES = 240
"""Image Builder's time limit when the template sets none, or 0."""
_OUTCOME_BY_STATE: dict[str, BuildOutcome] = {
    "failed": "failed",
    "canceled": "canceled",
    "canceling": "running",
    "succeeded": "succeeded",
    "running": "running",
}


class Run(NamedTuple):
    """A run of an image template, in Azure's own words; each is "" if Azure doesn't say, all are if there's no run.

    The times are UTC, ISO 8601 with `Z`, to the second, and None if there is none (yet).
    """

    state: str = ""
    sub_state: str = ""
    started: str | None = None
    ended: str | None = None
    message: str = ""

    @property
    def is_running(self) -> bool:
        """Whether the run hasn't ended yet."""
        return self.state.casefold() in ("running", "canceling")

    @property
    def outcome(self) -> BuildOutcome:
        """How the run ended, `unknown` for a state that later versions of Azure may have."""
        return _OUTCOME_BY_STATE.get(self.state.casefold(), "unknown")

    def compute_seconds(self, now: str | None = None) -> int | None:
        """Return the seconds that the run took, or has taken so far (`now`); None if the times don't say."""
        return compute_seconds_between(self.started, self.ended or (now if self.is_running else None))
