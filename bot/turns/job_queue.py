"""How a turn's works get into the conversation's document, together with all else that came of the turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.cards.messages import Message
from bot.turns.channel import Channel
from bot.turns.conversation_document import Envelope
from bot.turns.inbound import Incoming
from bot.turns.pending import Pending, turn_to_json
from bot.turns.rendering import messages_of
from dialogs.conversation import Answer, Medic
from dialogs.model.job import FAILED, Done, Failure

MOST_WORKS = 5
"""Works that one conversation may have waiting; they are done one after the other."""


async def leave_works(
    envelope: Envelope,
    incoming: Incoming,
    channel: Channel,
    answer: Answer,
    messages: Sequence[Message],
    medic: Medic,
    now: float,
) -> list[Message]:
    """Put the works of `answer`, which `messages` show, into the envelope; what is too much is reported at once.

    How far the first one is will be seen below the last message, if nothing else ever takes its place.
    """
    turn, more = incoming.turn, []
    for number, work in enumerate(answer.work):
        if sum(pending.work is not None for pending in envelope.pending) >= MOST_WORKS:
            too_many: Failure = "too-many"
            nothing = replace(turn, text="", action=None, joined=False, signed_in=None)
            told = await medic.answer(replace(nothing, done=Done(work, {FAILED: too_many})), envelope.medic)
            envelope.medic = dict(told.state)
            more += messages_of(told.replies, channel, "")
            continue
        pending = Pending(
            f"{incoming.mark}.w{number}",
            turn_to_json(turn, whole=False),
            dict(channel.back),
            now,
            {"do": work.do, "args": dict(work.args)},
        )
        if number == 0 and messages and not answer.replies[-1].gives_place:
            pending.row, pending.message = f"{incoming.mark}.{len(messages) - 1}", dict(messages[-1])
        envelope.pending.append(pending)
    return more
