"""How a turn's works get into the conversation's document, together with all else that came of the turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.cards.messages import Message
from bot.turns.channel import Channel
from bot.turns.conversation_document import ConversationDocument
from bot.turns.inbound import InboundActivity
from bot.turns.pending import PendingTurn, turn_to_json
from bot.turns.rendering import render_messages
from dialogs.conversation import Conversation, ConversationResult
from dialogs.model.job import FAILURE_KEY, JobDone, JobFailure

MAX_PENDING_JOBS = 5
"""Works that one conversation may have waiting; they are done one after the other."""


async def enqueue_jobs(
    document: ConversationDocument,
    incoming: InboundActivity,
    channel: Channel,
    result: ConversationResult,
    messages: Sequence[Message],
    conversation: Conversation,
    now: float,
) -> list[Message]:
    """Put the works of `answer`, which `messages` show, into the envelope; what is too much is reported at once.

    How far the first one is will be seen below the last message, if nothing else ever takes its place.
    """
    turn, more = incoming.turn, []
    for number, work in enumerate(result.jobs):
        if sum(pending.job_json is not None for pending in document.pending_turns) >= MAX_PENDING_JOBS:
            too_many: JobFailure = "too-many"
            nothing = replace(turn, text="", action=None, has_joined=False, has_signed_in=None)
            told = await conversation.answer_turn(
                replace(nothing, job_done=JobDone(work, {FAILURE_KEY: too_many})), document.dialog_state
            )
            document.dialog_state = dict(told.state)
            more += render_messages(told.replies, channel, "")
            continue
        pending = PendingTurn(
            f"{incoming.activity_key}.w{number}",
            turn_to_json(turn, should_include_content=False),
            dict(channel.conversation_reference),
            now,
            {"do": work.name, "args": dict(work.args)},
        )
        if number == 0 and messages and not result.replies[-1].gives_place:
            pending.progress_message_id, pending.progress_message = (
                f"{incoming.activity_key}.{len(messages) - 1}",
                dict(messages[-1]),
            )
        document.pending_turns.append(pending)
    return more
