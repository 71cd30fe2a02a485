"""Turn the replies of a turn into messages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.messages import Message
from bot.turns.channel import Channel
from dialogs.model.reply import Reply


def messages_of(replies: Sequence[Reply], channel: Channel, replaces: str) -> list[Message]:
    """The messages that show `replies`; the first that may takes the place of the card of the activity `replaces`."""
    messages: list[Message] = []
    for reply in replies:
        first, *more = channel.drawn(reply)
        if replaces and reply.takes_place:
            first, replaces = {**first, "replaces": replaces}, ""
        messages += [first, *more]
    return messages
