"""What an activity asks of the turn runtime, as plain values that don't depend on the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.cards.messages import Message
from bot.turns.invoke_response import InvokeResponse
from bot.turns.notices import NoticeId
from dialogs.model.turn import Turn

InboundIntent = Literal["answer", "say", "forget", "nothing"]
"""Run the dialogs; send only a notice or message; delete the conversation; do nothing."""


@dataclass(frozen=True, slots=True)
class InboundActivity:
    """What an activity asks for.

    Attributes:
        intent: What to do.
        turn: Who and where; with the intent "answer" also what the dialogs answer.
        notice: A notice to send: alone with the intent "say", else after the dialogs' replies.
        activity_key: Identifies the activity, the same each time that it is delivered; "" if it has no id.
        replaced_activity_id: The activity of the card that was pressed, "" if it is unknown.
        can_replace_card: Whether the answer may replace the card that was pressed.
        response: The HTTP response that waits for the answer, if one does.
        is_pending: Whether it's one of the conversation's pending turns; once it's removed there, it must not run.
        extra_message: A message to send after the others, such as the card of an uploaded file.
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
