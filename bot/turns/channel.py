"""Where replies go, as the turns see it: the channel of one conversation, and the way to one that is not talking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from bot.cards.messages import Message
from bot.turns.conversation_document import ConversationReference
from dialogs.model.reply import Reply


class Channel(Protocol):
    """A conversation that can be sent to."""

    @property
    def conversation_reference(self) -> ConversationReference:
        """The way back to this conversation, for `Post.reach` at a later time."""
        ...

    def render_reply(self, reply: Reply) -> Sequence[Message]:
        """The messages that show `reply`, in order."""
        ...

    async def send(self, message: Message, conversation_reference: ConversationReference | None = None) -> str | None:
        """Send one message; returns the id of what it became, if that is told.

        `back`, of the same conversation, is the turn that it answers, where that is another one.

        Raises DeliveryFailed, which says what became of it.
        """
        ...

    async def open_private_chat(self, tenant: str, callback: Callable[[str, Channel], Awaitable[None]]) -> None:
        """Open the private chat with the person of the turn, and run `work` with its conversation and its channel.

        Raises DeliveryFailed when the chat cannot be opened.
        """
        ...

    def get_private_chat_link(self) -> str:
        """The address under which that person can open the private chat; "" when it is not known."""
        ...

    async def send_typing(self) -> None:
        """Show that an answer is being written. Raises DeliveryFailed."""
        ...


class ProactiveMessenger(Protocol):
    """Reaches conversations whose turn is over."""

    async def resume_conversation(
        self, conversation_reference: ConversationReference, callback: Callable[[Channel], Awaitable[None]]
    ) -> None:
        """Run `work` with the channel that `back` leads to. Raises DeliveryFailed when there is no way."""
        ...
