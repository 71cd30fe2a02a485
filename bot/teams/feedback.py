"""A thumb up or down below a diagnosis: Teams' own feedback buttons, as an invoke."""

from __future__ import annotations

from bot.cards.messages import KEEP
from bot.teams.activities import pressed
from bot.teams.invokes import Handler, Invoke, InvokeAnswer
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.turn_runner import Turns
from dialogs.model.turn import ACTION_VERSION

_MEANS = {"like": "right", "dislike": "wrong"}


async def reacted(invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
    """Run the turn that the reaction stands for. What was written beside it is neither kept nor read."""
    value = as_mapping(invoke.value)
    does = _MEANS.get(str(as_mapping(value.get("actionValue")).get("reaction")))
    if value.get("actionName") == "feedback" and does:
        # beside the card, which stays as it is
        button = {"v": ACTION_VERSION, "do": does, "args": {}, KEEP: True}
        incoming = pressed(invoke.incoming, invoke.body, button)
        if incoming:
            await turns.take(incoming, channel)
    return InvokeAnswer(200, {})


REACTIONS: dict[str, Handler] = {"message/submitAction": reacted}
