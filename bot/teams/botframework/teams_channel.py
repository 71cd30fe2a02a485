"""One Teams conversation as the turns' `Channel`: replies become activities, sent through the SDK's turn context."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, assert_never
from urllib.parse import quote

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes, InputHints

from bot.cards.file_cards import build_consent_message
from bot.cards.messages import Message, SignInMessage, TextMessage, build_reply_message
from bot.cards.splitting import split_reply
from bot.sign_in.sign_in import SignInCard
from bot.teams.audience import judge_members
from bot.teams.botframework.outgoing_activity import build_activity
from bot.turns.channel import Audience, Channel, ConversationReference
from bot.turns.notices import render_notice
from dialogs.model.effects import AskFeedback, OfferFile, ReplyEffect, RequestSignIn
from dialogs.model.reply import Reply
from dialogs.model.turn import Person
from knowledge.model.entry import Language

if TYPE_CHECKING:
    from bot.teams.botframework.adapter import TeamsAdapter

_CHANNEL_SUFFIX = "@thread.tacv2"
_AUDIENCES: tuple[Audience, ...] = ("guests", "unclear", "own")
"""The worst first."""


class TeamsChannel:
    """The `Channel` of the conversation in `context`.

    Args:
        context: The SDK's turn context.
        adapter: Opens private chats, and says whether people can sign in.
        app_id: The bot, whose credentials the service was authenticated for; "" without credentials.
        is_test_client: Whether the other end is the Teams test client.
        team_id: The team that the conversation's channel belongs to; "" if it isn't a channel.
    """

    def __init__(
        self,
        context: TurnContext,
        adapter: TeamsAdapter,
        app_id: str,
        is_test_client: bool = False,
        team_id: str = "",
    ) -> None:
        self._context = context
        self._adapter = adapter
        self._app_id = app_id
        self._is_test_client = is_test_client
        self._team_id = team_id

    @property
    def conversation_reference(self) -> ConversationReference:
        """What `TeamsAdapter.resume_conversation` needs; made of checked values only."""
        activity = self._context.activity
        return {
            "app": self._app_id,
            "service": activity.service_url,
            "conversation": activity.conversation.id,
            "group": bool(activity.conversation.is_group),
            "person": activity.from_property.id,
            "bot": activity.recipient.id,
            "activity": activity.id,
            "locale": activity.locale,
            "test": self._is_test_client,
            **({"team": self._team_id} if self._team_id else {}),
        }

    def render_reply(self, reply: Reply, effects: Sequence[ReplyEffect]) -> list[Message]:
        """Return the messages that show `reply`: as many cards as needed, then a file offer or a sign-in card."""
        activity = self._context.activity
        is_group = activity.conversation.is_group
        owner_id = activity.from_property.id if is_group else ""
        asks_feedback = False
        messages_below: list[Message] = []
        for effect in effects:
            match effect:
                case AskFeedback():
                    asks_feedback = True
                # Teams offers files only in personal chats, and a sign-in card isn't for the others in a group
                case OfferFile() if not is_group:
                    notice = TextMessage(render_notice("file-not-here", reply.language))
                    messages_below.append(notice if self._is_test_client else build_consent_message(effect))
                case RequestSignIn() if not is_group and self._adapter.sign_in:
                    messages_below.append(SignInMessage(reply.language))
                case OfferFile() | RequestSignIn():
                    pass
                case _:
                    assert_never(effect)
        cards = [
            build_reply_message(part, not self._is_test_client, owner_id, asks_feedback) for part in split_reply(reply)
        ]
        return cards + messages_below

    async def send(self, message: Message, conversation_reference: ConversationReference | None = None) -> str | None:
        """Send a message, or replace an activity by it, and return its id if Teams returns one.

        With the `conversation_reference` of an earlier turn, it answers that turn.
        """
        sendable = await self._build_sign_in_card(message.language) if isinstance(message, SignInMessage) else message
        activity = build_activity(sendable)
        if activity.id:
            await self._context.update_activity(activity)
            return str(activity.id)
        answered_id = conversation_reference.get("activity") if conversation_reference else self._get_answered_id()
        return await self._send_activity(activity, answered_id)

    async def open_private_chat(self, tenant: str, callback: Callable[[str, Channel], Awaitable[None]]) -> None:
        """Open the private chat with the person whose turn it is, and await `callback` with its id and channel."""
        reference = self.conversation_reference
        parameters: dict[str, Any] = {
            "bot": {"id": reference["bot"]},
            "members": [{"id": reference["person"]}],
            "isGroup": False,
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        conversation_id = await self._adapter.open_chat(reference["service"], parameters)

        async def run_privately(channel: Channel) -> None:
            await callback(conversation_id, channel)

        private = {**reference, "conversation": conversation_id, "group": False, "activity": None}
        private.pop("team", None)
        await self._adapter.resume_conversation(private, run_privately)

    async def read_audience(self, person: Person) -> Audience:
        """Return who can read this conversation: of a channel, who is in its team or in the channel itself.

        Which list is complete depends on the channel: the team's for a standard one, the channel's for a shared one.
        """
        activity = self._context.activity
        conversation_id, _, thread = str(activity.conversation.id).partition(";")
        if not self._team_id and (thread or conversation_id.endswith(_CHANNEL_SUFFIX)):
            return "unclear"
        audiences: set[Audience] = set()
        # the first channel of a team has the id of the team
        for group_id in dict.fromkeys(filter(None, (self._team_id, conversation_id))):
            members = await self._adapter.read_members(activity.service_url, group_id)
            audiences.add(judge_members(members, person))
        return next(audience for audience in _AUDIENCES if audience in audiences)

    def get_private_chat_link(self) -> str:
        """Return the URL that opens the chat with the bot in Teams."""
        bot_id = self._context.activity.recipient.id or ""
        name = bot_id.removeprefix("28:")
        return f"https://teams.microsoft.com/l/chat/0/0?users=28:{quote(name, safe='')}" if name else ""

    async def send_typing(self) -> None:
        """Show that an answer is being written."""
        await self._send_activity(Activity(type=ActivityTypes.typing), self._get_answered_id())

    async def _send_activity(self, activity: Activity, answered_id: str | None) -> str | None:
        """Send a new activity to the person as an answer to `answered_id`, and return its id if Teams returns one.

        The context's own method copies every value of a card, and leaves cycles for the garbage collector.
        """
        incoming = self._context.activity
        activity.channel_id, activity.service_url, activity.locale = "msteams", incoming.service_url, incoming.locale
        activity.conversation = incoming.conversation
        activity.from_property, activity.recipient = incoming.recipient, incoming.from_property
        activity.reply_to_id, activity.input_hint = answered_id or None, InputHints.accepting_input
        (response,) = await self._adapter.send_activities(self._context, [activity])
        return response.id if response else None

    def _get_answered_id(self) -> str | None:
        """Return the id of the activity that replies answer, None if it's none to reply to."""
        activity = self._context.activity
        return None if activity.type == ActivityTypes.conversation_update else activity.id

    async def _build_sign_in_card(self, language: Language) -> SignInCard | TextMessage:
        """Build the sign-in card only now: its link is short-lived, so it can't wait in the outbox."""
        if self._adapter.sign_in is None:
            return TextMessage(render_notice("sign-in-down", language))
        return await self._adapter.sign_in.build_card(self.conversation_reference, language)
