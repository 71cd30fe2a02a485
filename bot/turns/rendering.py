"""Turn the replies of a turn into messages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.messages import Message
from bot.turns.channel import Channel
from dialogs.model.reply import Reply


def render_messages(replies: Sequence[Reply], channel: Channel, replaced_activity_id: str) -> list[Message]:
    """The messages that show `replies`; the first that may takes the place of the card of the activity `replaces`."""
    messages: list[Message] = []
    for reply in replies:
        first, *more = channel.render_reply(reply)
        if replaced_activity_id and reply.takes_place:
            first, replaced_activity_id = {**first, "replaces": replaced_activity_id}, ""
        messages += [first, *more]
    return messages
