"""The dialogs as the outside sees them, and how their replies become messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.cards.messages import Message
from bot.turns.channel import Channel
from dialogs.model.job import Work
from dialogs.model.reply import Reply
from dialogs.model.turn import Person, Turn
from dialogs.solution.usage_events import Note
from knowledge.model.entry import Language


class Answer(Protocol):
    """What the dialogs make of a turn."""

    @property
    def state(self) -> Mapping[str, Any]:
        """The state to hand back at the next turn: plain JSON."""
        ...

    @property
    def replies(self) -> Sequence[Reply]:
        """What to show, in order."""
        ...

    @property
    def work(self) -> Sequence[Work]:
        """What is left to be done after the answer, in order."""
        ...

    @property
    def notes(self) -> Sequence[Note]:
        """What is to be counted of the turn, once it is kept."""
        ...


class Medic(Protocol):
    """The dialogs, as the outside sees them."""

    async def answer(self, turn: Turn, state: Mapping[str, Any] | None) -> Answer:
        """The answer to one turn. `state` is what the last answer held; what is old or broken is its business."""
        ...

    async def move(
        self, turn: Turn, state: Mapping[str, Any] | None, thread: Mapping[str, Any], goes_on: str
    ) -> tuple[Answer, Mapping[str, Any]]:
        """What the private chat goes on with, whose `turn` and `state` these are, and the state left in the thread."""
        ...

    def file(self, state: Mapping[str, Any] | None, args: Mapping[str, Any]) -> bytes | None:
        """The content of the file that a reply offered with `args`; None when it is no longer to be had."""
        ...

    async def perform(
        self, person: Person, work: Work, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """Do a work that a turn left; the result is for the turn that reports it."""
        ...


def messages_of(replies: Sequence[Reply], channel: Channel, replaces: str) -> list[Message]:
    """The messages that show `replies`; the first that may takes the place of the card of the activity `replaces`."""
    messages: list[Message] = []
    for reply in replies:
        first, *more = channel.drawn(reply)
        if replaces and reply.takes_place:
            first, replaces = {**first, "replaces": replaces}, ""
        messages += [first, *more]
    return messages
