"""What an activity asks of the turn runtime, as plain values: nothing here knows the channel that it came through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.cards.messages import Message
from bot.turns.invoke_response import Response
from bot.turns.notices import Sentence
from dialogs.model.turn import Turn

Wants = Literal["answer", "say", "forget", "nothing"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What an activity asks for. `turn` says who and where in every case; it is for the dialogs when `wants` is answer.

    `say` is the sentence to answer with instead (`wants` is say), or to add after the dialogs' replies. `mark` stands
    for the activity, the same each time that it is delivered; "" when it has no id to be recognised by. `takes_place`:
    the answer may take the place of the card that was pressed, whose activity is `replaces`, "" when it is not known.
    `response` is the HTTP response that waits for the answer, where one does. `kept`: it stands among what is pending
    in its conversation, and is void when it does so no longer. `gives` is a message of the outside to answer with.
    """

    wants: Wants
    turn: Turn
    say: Sentence | None = None
    mark: str = ""
    replaces: str = ""
    takes_place: bool = False
    response: Response | None = None
    kept: bool = False
    gives: Message | None = None
