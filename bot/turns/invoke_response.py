"""The HTTP response that waits for what a turn answers, and what of a turn's messages goes into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.cards.messages import Message

RESPONSE_ONLY = "\n"
"""What a message "replaces" that can only stand in the response: which activity was pressed is not known.

No activity has this id.
"""


class InvokeResponse:
    """Waits `patience` seconds for an answer. Until then a turn may `take` it, and must then `give` the answer."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._is_open = True
        self._is_claimed = False
        self._message_future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def claim(self) -> bool:
        """Whether the answer is to go into the response; if not, it is to be sent as any other reply."""
        self._is_claimed = self._is_open
        return self._is_open

    def set_message(self, message: Message) -> None:
        """Answer; what comes too late is dropped."""
        if self._is_open and not self._message_future.done():
            self._message_future.set_result(message)

    async def wait_for_message(self, turn: asyncio.Task[None]) -> Message | None:
        """The answer that `turn` gives, None when it takes too long. Raises what the turn raises without an answer."""
        waiting: Any = (self._message_future, turn)
        await asyncio.wait(waiting, timeout=self._timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._is_claimed:  # it is being committed
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self._is_open = False
        if self._message_future.done():
            return self._message_future.result()
        if turn.done():
            turn.result()
        return None


def split_messages(messages: Sequence[Message]) -> tuple[Message, list[Message]]:
    """What of `messages` (one at least) answers the response, and those that are to be sent.

    A card that takes a place goes there, else a sentence. Where there is neither, the response repeats in one line what
    the first message says.
    """
    places = [message for message in messages if "replaces" in message]
    sentences = [message for message in messages if "text" in message]
    for chosen in (*places, *sentences):
        answer = {key: value for key, value in chosen.items() if key != "replaces"}
        return answer, [message for message in messages if message is not chosen]
    return {"text": messages[0]["summary"]}, list(messages)


def strip_response_only(message: Message) -> Message:
    """`message` as it can be sent: what can only take a place in a response is sent below."""
    if message.get("replaces") != RESPONSE_ONLY:
        return message
    return {key: value for key, value in message.items() if key != "replaces"}
