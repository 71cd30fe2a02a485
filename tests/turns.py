"""What a turn says, for dialogs with a script."""

from __future__ import annotations

from dialogs.model.job import JobDone
from dialogs.model.turn import ActionPressed, MessageSent, Turn


def text_of(turn: Turn) -> str:
    """The text of a message; "" for any other turn."""
    return turn.event.text if isinstance(turn.event, MessageSent) else ""


def action_of(turn: Turn) -> ActionPressed | None:
    """What was pressed; None for any other turn."""
    return turn.event if isinstance(turn.event, ActionPressed) else None


def report_of(turn: Turn) -> JobDone | None:
    """The job that the turn reports; None for any other turn."""
    return turn.event if isinstance(turn.event, JobDone) else None
