"""What the conversation asks of the outside, as protocols: `app` hands it the real thing, a test a fake."""

from __future__ import annotations

from typing import Protocol

from knowledge.diagnosis import Diagnosis
from knowledge.entry import Language


class Diagnoser(Protocol):
    """Turns pasted text into a diagnosis, off the event loop when the text is long."""

    async def __call__(self, text: str, language: Language) -> Diagnosis:
        """The diagnosis of `text`, with titles in `language`. Never raises for any text."""
        ...


class Clock(Protocol):
    """The time, so that tests can hold it still."""

    def __call__(self) -> str:
        """Now, UTC, ISO 8601 with `Z`, to the second."""
        ...
