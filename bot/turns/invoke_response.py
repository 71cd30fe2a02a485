"""The HTTP response that waits for a turn's answer, and which of the turn's messages goes into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.cards.messages import CardMessage, FileMessage, Message, ResponseMessage, TextMessage

RESPONSE_ONLY = "\n"
"""What a message replaces if the pressed card's activity is unknown: it can only do so as the HTTP response.

No activity has this id.
"""


class InvokeResponse:
    """An HTTP response that waits `timeout_seconds` for the message to answer with.

    In that time the turn may claim it, and must then set the message: what was claimed isn't sent another way.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._is_open = True
        self._is_claimed = False
        self._message_future: asyncio.Future[ResponseMessage] = asyncio.get_running_loop().create_future()

    def claim(self) -> bool:
        """Return whether the answer goes into the response; if not, it's sent like any other reply."""
        self._is_claimed = self._is_open
        return self._is_open

    def set_message(self, message: ResponseMessage) -> None:
        """Answer with `message`, unless there is an answer already or the response is closed."""
        if self._is_open and not self._message_future.done():
            self._message_future.set_result(message)

    async def wait_for_message(self, turn: asyncio.Task[None]) -> ResponseMessage | None:
        """Return the answer of `turn`, None if it takes too long. Raise what the turn raises if it gives no answer."""
        waiting: Any = (self._message_future, turn)
        await asyncio.wait(waiting, timeout=self._timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._is_claimed:
            # the answer is being committed as this response's: no timeout may separate the two anymore
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        # from here on, the turn's answer is sent like any other reply
        self._is_open = False
        if self._message_future.done():
            return self._message_future.result()
        if turn.done():
            turn.result()
        return None


def split_messages(messages: Sequence[Message]) -> tuple[ResponseMessage, list[Message]]:
    """Split a turn's messages, at least one, into the one for the HTTP response and those to send.

    The response gets a card that replaces another, else a text. If there is neither, all messages are sent and the
    response repeats the first one's summary, a single line.
    """
    replacing = [message for message in messages if isinstance(message, CardMessage) and message.replaced_activity_id]
    texts = [message for message in messages if isinstance(message, TextMessage)]
    candidates: list[ResponseMessage] = [*replacing, *texts]
    for chosen in candidates:
        return replace(chosen, replaced_activity_id=""), [message for message in messages if message is not chosen]
    summaries = (message.summary for message in messages if isinstance(message, CardMessage | FileMessage))
    return TextMessage(next(summaries, "")), list(messages)


def strip_response_only(message: Message) -> Message:
    """Return `message` in a form that can be sent: what only a response can replace becomes a new message."""
    return replace(message, replaced_activity_id="") if message.replaced_activity_id == RESPONSE_ONLY else message
