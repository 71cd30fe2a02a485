"""Apply a turn's effects to the conversation's document, so that they are committed together with its replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from bot.cards.message_json import message_to_json
from bot.cards.messages import Message
from bot.turns.channel import Channel, render_messages
from bot.turns.conversation_document import ConversationDocument
from bot.turns.inbound import InboundActivity
from bot.turns.pending import PendingTurn, turn_to_json
from dialogs.conversation import Conversation, ConversationResult
from dialogs.model.effects import AskFeedback, CancelJobs, Forget, HandOff, OfferFile, RequestSignIn, StartJob
from dialogs.model.job import FAILURE_KEY, Job, JobDone, JobFailure
from dialogs.model.turn import Turn

MAX_PENDING_JOBS = 5
"""How many jobs of a conversation may wait; they run one after the other."""


async def apply_effects(
    document: ConversationDocument,
    incoming: InboundActivity,
    channel: Channel,
    result: ConversationResult,
    messages: Sequence[Message],
    conversation: Conversation,
    now: float,
) -> list[Message]:
    """Apply the effects of `result` to the document; `messages` are its replies, rendered.

    The last message announces the jobs. The first job's progress is shown below it, unless something may replace it.

    Returns:
        More messages: the reports of the jobs that there's no room for.
    """
    jobs: list[Job] = []
    for effect in result.effects:
        match effect:
            case StartJob(job):
                jobs.append(job)
            case CancelJobs(job_ids):
                document.cancel_jobs(job_ids)
            case Forget():
                document.clear_personal_state()
            case HandOff():
                pass  # the private chat was committed before the thread
            case RequestSignIn() | AskFeedback() | OfferFile():
                pass  # the channel rendered them with their replies
            case _:
                assert_never(effect)
    reports: list[Message] = []
    # only after the cancellations, which apply to jobs of earlier turns
    for number, job in enumerate(jobs):
        if sum(pending.job_json is not None for pending in document.pending_turns) >= MAX_PENDING_JOBS:
            reports += await _report_too_many(document, incoming.turn, channel, conversation, job)
            continue
        pending = PendingTurn(
            f"{incoming.activity_key}.w{number}",
            # the report needs who and where, but not what was said
            turn_to_json(incoming.turn, should_include_content=False),
            dict(channel.conversation_reference),
            now,
            {"do": job.name, "args": dict(job.args)},
        )
        # a progress line would undo the message's replacement by a later answer
        if number == 0 and messages and not result.replies[-1].may_be_replaced:
            pending.progress_message_id = f"{incoming.activity_key}.{len(messages) - 1}"
            pending.progress_message = message_to_json(messages[-1])
        document.pending_turns.append(pending)
    return reports


async def _report_too_many(
    document: ConversationDocument, turn: Turn, channel: Channel, conversation: Conversation, job: Job
) -> list[Message]:
    """Let the dialogs report right away that there was no room for `job`, and return the messages."""
    failure: JobFailure = "too-many"
    report = replace(turn, event=JobDone(job, {FAILURE_KEY: failure}))
    result = await conversation.answer_turn(report, document.dialog_state)
    document.dialog_state = dict(result.state)
    return render_messages(result, channel)
