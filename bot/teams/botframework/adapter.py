"""Microsoft Teams, by the Bot Framework SDK: an HTTP request in, a turn run, its replies sent through the connector.

Together with `activities` the only module that knows the SDK.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount
from botbuilder.schema import ConversationReference as SdkConversationReference
from botframework.connector.auth import BotFrameworkAuthentication, ClaimsIdentity
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult

from bot.auth.channel_auth import ChannelAuth, build_channel_auth
from bot.cards.cards import split_reply
from bot.cards.file_cards import build_consent_message
from bot.cards.messages import Message, build_reply_message
from bot.errors import DeliveryError, RequestRefusedError
from bot.sign_in.sign_in import SignIn
from bot.teams.activities import read_activity
from bot.teams.botframework.connector import ConnectorTransport, TrustedConnectorFactory
from bot.teams.botframework.outgoing_activity import build_activity
from bot.teams.invokes import InvokeResult, InvokeRouter
from bot.teams.request_body import read_body
from bot.turns.channel import Channel
from bot.turns.conversation_document import ConversationReference
from bot.turns.inbound import InboundActivity
from bot.turns.notices import render_notice
from bot.turns.turn_runner import TurnRunner
from dialogs.model.reply import Reply


class _TrustedAuthentication(BotFrameworkAuthentication):
    """Tells the SDK what `bot.auth.request_authenticator` found out.

    The SDK's own checks answer forged tokens with 500, take one that never ends, and fetch keys and tokens in the
    event loop.

    """

    def __init__(self, transport: ConnectorTransport, app_id: str) -> None:
        self._transport = transport
        self._app_id = app_id

    def build_result(self, service_url: str) -> AuthenticateRequestResult:
        """What the SDK takes for the outcome of its checks, for a request whose service was vouched for."""
        result = AuthenticateRequestResult()
        result.claims_identity = self.build_identity(service_url)
        result.connector_factory = self.create_connector_factory(result.claims_identity)
        return result

    def build_identity(self, service_url: str) -> ClaimsIdentity:
        """Who the bot is at the service; with it the SDK continues a conversation there."""
        return ClaimsIdentity({"aud": self._app_id, "serviceurl": service_url}, True)

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> TrustedConnectorFactory:
        return self._transport.create_trusted_factory(claims_identity.get_claim_value("serviceurl") or "")

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """None: no turn signs anybody in."""

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        raise PermissionError("requests are admitted by bot.auth.request_authenticator, before they come here")

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        raise PermissionError("this bot takes activities by HTTP requests only")


class TeamsChannel:
    """The `Channel` of one conversation. `app_id` is the bot's, for whom the service was vouched for."""

    def __init__(self, context: TurnContext, adapter: TeamsAdapter, app_id: str, is_test_client: bool = False) -> None:
        self._context = context
        self._adapter = adapter
        self._app_id = app_id
        self._is_test_client = is_test_client

    @property
    def conversation_reference(self) -> ConversationReference:
        """What `TeamsAdapter.reach` needs to come back; made of checked values only."""
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
        }

    def render_reply(self, reply: Reply) -> list[Message]:
        """The messages that show `reply`: as many cards as it takes."""
        activity = self._context.activity
        public = activity.conversation.is_group
        owner = activity.from_property.id if public else ""
        messages = [build_reply_message(part, not self._is_test_client, owner) for part in split_reply(reply)]
        if reply.file and not public:
            refused = {"text": render_notice("file-not-here", reply.language)}
            messages.append(refused if self._is_test_client else build_consent_message(reply.file))
        if reply.should_offer_sign_in and not public and self._adapter.sign_in:
            messages.append({"sign_in": reply.language})
        return messages

    async def send(self, message: Message, conversation_reference: ConversationReference | None = None) -> str | None:
        """Send one message, or put it in the place of the one that it replaces; returns its id, if Teams tells.

        With `back`, of another turn of the conversation, it answers that one.
        """
        if "sign_in" in message:
            sign_in, language = self._adapter.sign_in, message["sign_in"]
            message = (
                await sign_in.build_card(self.conversation_reference, language)
                if sign_in
                else {"text": render_notice("sign-in-down", language)}
            )
        activity = build_activity(message)
        if activity.id:
            await self._context.update_activity(activity)
            return str(activity.id)
        turn, own = self._context.activity, self._context.activity.id
        try:
            # the SDK takes from here what a reply answers, and nothing else is sent meanwhile
            turn.id = conversation_reference.get("activity") if conversation_reference else own
            sent = await self._context.send_activity(activity)
        finally:
            turn.id = own
        return sent.id if sent else None

    async def open_private_chat(self, tenant: str, callback: Callable[[str, Channel], Awaitable[None]]) -> None:
        """Run `work` with the private chat of the person whose turn it is, opened if it was not."""
        back = self.conversation_reference
        member = {"id": back["person"]}
        told = {"bot": {"id": back["bot"]}, "members": [member], "isGroup": False, "tenantId": tenant}
        told["channelData"] = {"tenant": {"id": tenant}}
        conversation = await self._adapter.open_chat(back["service"], told)

        async def run_privately(channel: Channel) -> None:
            await callback(conversation, channel)

        private = {**back, "conversation": conversation, "group": False, "activity": None}
        await self._adapter.resume_conversation(private, run_privately)

    def get_private_chat_link(self) -> str:
        """The link that opens the chat with the bot in Teams."""
        bot = self._context.activity.recipient.id or ""
        name = bot.removeprefix("28:")
        return f"https://teams.microsoft.com/l/chat/0/0?users=28:{quote(name, safe='')}" if name else ""

    async def send_typing(self) -> None:
        """Show that an answer is being written."""
        await self._context.send_activity(Activity(type=ActivityTypes.typing))


class TeamsAdapter(CloudAdapter):
    """The SDK's adapter with a `process` of its own: the stock one answers 500 to bodies that are not as it expects."""

    def __init__(
        self,
        channel_auth: ChannelAuth | None = None,
        transport: ConnectorTransport | None = None,
        invoke_router: InvokeRouter | None = None,
        sign_in: SignIn | None = None,
    ) -> None:
        """`sign_in`: None where nobody signs in."""
        self.sign_in = sign_in
        self._channel_auth = channel_auth or build_channel_auth(None)
        self._transport = transport or ConnectorTransport(self._channel_auth.tokens, self._channel_auth.tls)
        self._trusted_authentication = _TrustedAuthentication(self._transport, self._channel_auth.app_id)
        self._trusted_service_urls: set[str] = set()
        self._invoke_router = (invoke_router or InvokeRouter()).extend(sign_in.get_handlers() if sign_in else {})
        super().__init__(self._trusted_authentication)

    async def process(self, request: web.Request, bot: TurnRunner, ws_response: None = None) -> web.Response:
        """Run the turn that the request's body describes.

        Raises:
            RefusedRequest: the request is not served; its status and sentence say why.
            DeliveryFailed: the turn was run, and the channel took none of what it had to say.
        """
        admitted = await self._channel_auth.authenticator.authenticate(request.headers.getall("Authorization", []))
        body = await read_body(request)
        incoming = read_activity(body)
        service_url = admitted.get_trusted_service_url(body)
        self._trusted_service_urls.add(service_url)
        test_client = request.headers.get("x-ms-agents-playground") == "true"

        answer = InvokeResult(201)

        async def run(context: TurnContext) -> None:
            nonlocal answer
            channel = TeamsChannel(context, self, self._channel_auth.app_id, test_client)
            if self._invoke_router.can_handle(body):
                answer = await self._invoke_router.dispatch(body, incoming, bot, channel)
            elif self.sign_in:
                await self.sign_in.take(incoming, bot, channel)
            else:
                await bot.run_turn(incoming, channel)

        await self.process_activity(
            self._trusted_authentication.build_result(service_url), _build_activity(body, incoming, service_url), run
        )
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)

    async def open_chat(self, service_url: str, parameters: dict[str, Any]) -> str:
        """Open a conversation at a service that was vouched for; returns its id. Raises DeliveryFailed."""
        return await self._transport.open_chat(service_url, parameters)

    async def resume_conversation(
        self, conversation_reference: ConversationReference, callback: Callable[[Channel], Awaitable[None]]
    ) -> None:
        """Run `work` with the channel of a conversation whose turn is over.

        Raises:
            RefusedRequest: the service was vouched for under other credentials than those of now.
            DeliveryFailed: nobody vouched for it to this process, and it is none of the usual ones. That passes with
                the first request from there; until then an altered state must not make the bot's token leave for it.
        """
        if conversation_reference.get("app") != self._channel_auth.app_id:
            raise RequestRefusedError(403, "The bot's credentials have changed since the service was vouched for.")
        service = conversation_reference.get("service")
        if not isinstance(service, str) or not (
            service in self._trusted_service_urls or self._channel_auth.authenticator.is_trusted_service_url(service)
        ):
            raise DeliveryError("What was kept is for a service that nobody vouched for since the start; it waits.")
        reference = SdkConversationReference(
            activity_id=conversation_reference.get("activity"),
            user=ChannelAccount(id=conversation_reference.get("person")),
            bot=ChannelAccount(id=conversation_reference.get("bot")),
            conversation=ConversationAccount(
                id=conversation_reference.get("conversation"), is_group=conversation_reference.get("group")
            ),
            channel_id="msteams",
            locale=conversation_reference.get("locale"),
            service_url=conversation_reference.get("service"),
        )

        async def run(context: TurnContext) -> None:
            # the SDK gives the turn an id of its own, which no client has ever seen: the reply would answer nothing
            context.activity.id = reference.activity_id
            await callback(
                TeamsChannel(context, self, self._channel_auth.app_id, conversation_reference.get("test") is True)
            )

        await self.continue_conversation(
            reference, run, claims_identity=self._trusted_authentication.build_identity(reference.service_url or "")
        )

    async def close(self) -> None:
        """Close the connections to the channel."""
        await self._transport.close()


def _build_activity(body: dict[str, Any], incoming: InboundActivity, service_url: str) -> Activity:
    """The activity as far as the SDK needs it to find the way back; made of checked values only."""
    turn = incoming.turn
    identifier, recipient = body.get("id"), body.get("recipient")
    bot_id = recipient.get("id") if isinstance(recipient, dict) else None
    return Activity(
        type=body["type"],
        id=identifier if isinstance(identifier, str) and len(identifier) <= 512 else None,
        channel_id="msteams",
        service_url=service_url,
        locale=turn.locale,
        conversation=ConversationAccount(id=turn.conversation_id, is_group=turn.scope != "personal"),
        from_property=ChannelAccount(id=turn.person.id, name=turn.person.name),
        recipient=ChannelAccount(id=bot_id if isinstance(bot_id, str) else None),
    )
