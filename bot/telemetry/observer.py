"""What is told of the bot's work to whoever watches over it: how often, how long, with what outcome; no contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from dialogs.model.turn import Turn
from knowledge.model.diagnosis import Diagnosis


class Observer(Protocol):
    """Is told of what happens. Every method returns at once and never raises."""

    def observe_turn(self, kind: str, scope: str) -> AbstractContextManager[object]:
        """Around a turn: what it was (`kind_of`), and where."""
        ...

    def record_diagnosis(self, diagnosis: Diagnosis, seconds: float) -> None:
        """A text was diagnosed, in so much time."""
        ...

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        """A look at Azure ended: which, with what result, after how long."""
        ...

    def register_outcome_counts(self, read_counts: Callable[[], Mapping[str, int]]) -> None:
        """Read how often each outcome of sending was met, now and then."""
        ...

    def close(self) -> None:
        """Send what was not sent yet."""
        ...


class NullObserver:
    """Nobody watches: what the bot does stays in its log."""

    def observe_turn(self, kind: str, scope: str) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()

    def record_diagnosis(self, diagnosis: Diagnosis, seconds: float) -> None:
        """Nothing."""

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        """Nothing."""

    def register_outcome_counts(self, read_counts: Callable[[], Mapping[str, int]]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def classify_turn(turn: Turn) -> str:
    """What a turn is, in one word that holds nothing of what was said."""
    if turn.job_done is not None:
        return "work"
    if turn.has_signed_in is not None:
        return "sign-in"
    if turn.action is not None:
        return "press"
    if turn.files:
        return "file"
    return "joined" if turn.has_joined else "text"
