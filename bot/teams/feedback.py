"""The thumbs below a diagnosis: Teams' own feedback buttons, which send an invoke."""

from __future__ import annotations

from bot.cards.buttons import KEEP_CARD_KEY
from bot.teams.activities import read_button_press
from bot.teams.invokes import Invoke, InvokeHandler, InvokeResult
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.turn_runner import TurnRunner
from dialogs.model.turn import ACTION_VERSION

_ACTION_IDS = {"like": "right", "dislike": "wrong"}


async def handle_reaction(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
    """Run the turn of the button that the reaction corresponds to. The comment that Teams sends with it isn't read."""
    value = as_mapping(invoke.value)
    action_id = _ACTION_IDS.get(str(as_mapping(value.get("actionValue")).get("reaction")))
    if value.get("actionName") == "feedback" and action_id:
        # the thumbs are below the card, which stays as it is
        button = {"v": ACTION_VERSION, "do": action_id, "args": {}, KEEP_CARD_KEY: True}
        incoming = read_button_press(invoke.incoming, invoke.body, button)
        if incoming:
            await turns.run_turn(incoming, channel)
    return InvokeResult(200, {})


FEEDBACK_HANDLERS: dict[str, InvokeHandler] = {"message/submitAction": handle_reaction}
