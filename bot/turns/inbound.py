"""What an activity asks of the turn runtime, as plain values: nothing here knows the channel that it came through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.cards.messages import Message
from bot.turns.invoke_response import InvokeResponse
from bot.turns.notices import NoticeId
from dialogs.model.turn import Turn

InboundIntent = Literal["answer", "say", "forget", "nothing"]


@dataclass(frozen=True, slots=True)
class InboundActivity:
    """What an activity asks for. `turn` says who and where in every case; it is for the dialogs when `wants` is answer.

    `say` is the sentence to answer with instead (`wants` is say), or to add after the dialogs' replies. `mark` stands
    for the activity, the same each time that it is delivered; "" when it has no id to be recognised by. `takes_place`:
    the answer may take the place of the card that was pressed, whose activity is `replaces`, "" when it is not known.
    `response` is the HTTP response that waits for the answer, where one does. `kept`: it stands among what is pending
    in its conversation, and is void when it does so no longer. `gives` is a message of the outside to answer with.
    """

    intent: InboundIntent
    turn: Turn
    notice: NoticeId | None = None
    activity_key: str = ""
    replaced_activity_id: str = ""
    can_replace_card: bool = False
    response: InvokeResponse | None = None
    is_pending: bool = False
    extra_message: Message | None = None
