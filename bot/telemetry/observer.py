"""What monitoring sees of the bot's work: how often, how long, with what outcome; no contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, assert_never

from dialogs.model.job import JobDone
from dialogs.model.turn import ActionPressed, MemberJoined, MessageSent, SignedIn, Turn
from knowledge.model.diagnosis import Diagnosis


class TurnSpan(Protocol):
    """A turn under observation."""

    def fail(self, error: BaseException) -> None:
        """Mark the turn as failed, even though the person got an answer. Only the error's type is recorded."""
        ...


class Observer(Protocol):
    """Is notified of the bot's work. No method blocks or raises."""

    def observe_turn(self, kind: str, scope: str) -> AbstractContextManager[TurnSpan]:
        """Return a context manager to run a turn in. `kind` comes from `classify_turn`, `scope` from the chat."""
        ...

    def record_diagnosis(self, diagnosis: Diagnosis, seconds: float) -> None:
        """Record that a text was diagnosed, and how long it took."""
        ...

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        """Record that an Azure lookup ended: `result` is "ok" or the reason of its refusal."""
        ...

    def register_outcome_counts(self, read_counts: Callable[[], Mapping[str, int]]) -> None:
        """Register a callback that returns how many replies had each delivery outcome. It is called periodically."""
        ...

    def close(self) -> None:
        """Send what hasn't been sent yet."""
        ...


class _NullTurnSpan:
    def fail(self, error: BaseException) -> None:
        pass


class NullObserver:
    """The observer if telemetry is off. It does nothing."""

    def observe_turn(self, kind: str, scope: str) -> AbstractContextManager[TurnSpan]:
        """Return a context manager that does nothing."""
        return nullcontext(_NullTurnSpan())

    def record_diagnosis(self, diagnosis: Diagnosis, seconds: float) -> None:
        """Do nothing."""

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        """Do nothing."""

    def register_outcome_counts(self, read_counts: Callable[[], Mapping[str, int]]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def classify_turn(turn: Turn) -> str:
    """Return what started the turn, in one word that contains none of its text."""
    match turn.event:
        case MessageSent(files=files):
            return "file" if files else "text"
        case ActionPressed():
            return "press"
        case MemberJoined():
            return "joined"
        case SignedIn():
            return "sign-in"
        case JobDone():
            return "work"
        case _:
            assert_never(turn.event)
