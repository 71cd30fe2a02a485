"""The channel as the turns see it: one conversation to send to, and the way to one whose turn is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol

from bot.cards.messages import Message
from dialogs.conversation import ConversationResult
from dialogs.model.effects import ReplyEffect, select_reply_effects
from dialogs.model.reply import Reply
from dialogs.model.turn import Person

ConversationReference = Mapping[str, Any]
"""How to get back to a conversation, as plain JSON.

`conversation` and `person` are the ids of the turn it was taken from. Only the channel that made it reads the rest.
"""


Audience = Literal["own", "guests", "unclear"]
"""Who can read a conversation: only people of one organization; guests too; or the channel doesn't say for some."""


class Channel(Protocol):
    """One conversation that messages can be sent to."""

    @property
    def conversation_reference(self) -> ConversationReference:
        """The way back to this conversation, for `ProactiveMessenger.resume_conversation` later."""
        ...

    def render_reply(self, reply: Reply, effects: Sequence[ReplyEffect]) -> Sequence[Message]:
        """Return the messages that show `reply` and its `effects`, in order; there is at least one."""
        ...

    async def send(self, message: Message, conversation_reference: ConversationReference | None = None) -> str | None:
        """Send one message and return the id of the new activity, None if the channel returns none.

        Args:
            message: What to send.
            conversation_reference: The turn that the message answers, if that is an earlier one.

        Raises:
            DeliveryError: The message wasn't accepted, or it's unknown whether it was; `outcome` says which.
        """
        ...

    async def open_private_chat(self, tenant: str, callback: Callable[[str, Channel], Awaitable[None]]) -> None:
        """Open the private chat with the person of the turn, and await `callback` with its conversation id and channel.

        Raises:
            DeliveryError: The chat can't be opened.
        """
        ...

    async def read_audience(self, person: Person) -> Audience:
        """Return who can read this conversation now, seen from the organization of `person`, who must be a member.

        Raises:
            DeliveryError: The members can't be read, or not all of them in time.
        """
        ...

    def get_private_chat_link(self) -> str:
        """Return the URL where the person can open the private chat, "" if it is unknown."""
        ...

    async def send_typing(self) -> None:
        """Show that an answer is being written.

        Raises:
            DeliveryError: The channel did not accept it.
        """
        ...


class ProactiveMessenger(Protocol):
    """Reaches conversations whose turn is over."""

    async def resume_conversation(
        self, conversation_reference: ConversationReference, callback: Callable[[Channel], Awaitable[None]]
    ) -> None:
        """Await `callback` with the channel that `conversation_reference` leads to.

        Raises:
            DeliveryError: The conversation can't be reached now.
            RequestRefusedError: It can't be reached with the bot's current credentials.
        """
        ...


def render_messages(result: ConversationResult, channel: Channel, replaced_activity_id: str = "") -> list[Message]:
    """Return the messages that show the replies of `result`, in order.

    The first reply that may replace a message replaces `replaced_activity_id`; if that's "", all are new messages.
    """
    messages: list[Message] = []
    for index, reply in enumerate(result.replies):
        first, *rest = channel.render_reply(reply, select_reply_effects(result.effects, index))
        # an activity can only be replaced once: the rest is sent below
        if replaced_activity_id and reply.may_replace:
            first, replaced_activity_id = replace(first, replaced_activity_id=replaced_activity_id), ""
        messages += [first, *rest]
    return messages
