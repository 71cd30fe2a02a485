"""What is told of the bot's work to whoever watches over it: how often, how long, with what outcome; no contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from dialogs.model.turn import Turn
from knowledge.model.diagnosis import Diagnosis


class Observer(Protocol):
    """Is told of what happens. Every method returns at once and never raises."""

    def turn(self, kind: str, scope: str) -> AbstractContextManager[object]:
        """Around a turn: what it was (`kind_of`), and where."""
        ...

    def diagnosed(self, diagnosis: Diagnosis, seconds: float) -> None:
        """A text was diagnosed, in so much time."""
        ...

    def looked(self, operation: str, result: str, seconds: float) -> None:
        """A look at Azure ended: which, with what result, after how long."""
        ...

    def counting(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Read how often each outcome of sending was met, now and then."""
        ...

    def close(self) -> None:
        """Send what was not sent yet."""
        ...


class Unobserved:
    """Nobody watches: what the bot does stays in its log."""

    def turn(self, kind: str, scope: str) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()

    def diagnosed(self, diagnosis: Diagnosis, seconds: float) -> None:
        """Nothing."""

    def looked(self, operation: str, result: str, seconds: float) -> None:
        """Nothing."""

    def counting(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def kind_of(turn: Turn) -> str:
    """What a turn is, in one word that holds nothing of what was said."""
    if turn.done is not None:
        return "work"
    if turn.signed_in is not None:
        return "sign-in"
    if turn.action is not None:
        return "press"
    if turn.files:
        return "file"
    return "joined" if turn.joined else "text"
