"""Serve Microsoft Teams with the Bot Framework SDK: an HTTP request comes in, its turn runs, its replies are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount
from botbuilder.schema import ConversationReference as SdkConversationReference

from bot.auth.channel_auth import ChannelAuth
from bot.errors import DeliveryError, RequestRefusedError
from bot.sign_in.sign_in import SignIn
from bot.teams.activities import read_activity, read_team_id
from bot.teams.botframework.connector import ConnectorTransport
from bot.teams.botframework.roster import RosterReader
from bot.teams.botframework.teams_channel import TeamsChannel
from bot.teams.botframework.trusted_authentication import TrustedAuthentication
from bot.teams.invokes import InvokeResult, InvokeRouter
from bot.teams.request_body import read_body
from bot.turns.channel import Channel, ConversationReference
from bot.turns.inbound import InboundActivity
from bot.turns.turn_runner import TurnRunner


class TeamsAdapter(CloudAdapter):
    """The SDK's adapter with its own `process`: the stock one answers unexpected bodies with status 500.

    Args:
        channel_auth: Authenticates callers, and gets the bot's token.
        invoke_router: The handlers of invokes; None for the default ones.
        sign_in: Signs people in; None if sign-in isn't set up.
    """

    def __init__(
        self,
        channel_auth: ChannelAuth,
        invoke_router: InvokeRouter | None = None,
        sign_in: SignIn | None = None,
    ) -> None:
        self.sign_in = sign_in
        self._channel_auth = channel_auth
        self._transport = ConnectorTransport(channel_auth.tokens, channel_auth.tls)
        self._roster = RosterReader(self._transport)
        self._trusted_authentication = TrustedAuthentication(self._transport, channel_auth.app_id)
        self._trusted_service_urls: set[str] = set()
        self._invoke_router = (invoke_router or InvokeRouter()).extend(sign_in.get_handlers() if sign_in else {})
        super().__init__(self._trusted_authentication)

    async def process(self, request: web.Request, bot: TurnRunner, ws_response: None = None) -> web.Response:
        """Run the turn of the activity in the request's body, and return the HTTP response.

        Raises:
            RequestRefusedError: The request isn't served; its status and message say why.
            DeliveryError: The turn was run, but the channel did not accept its replies.
        """
        caller = await self._channel_auth.authenticator.authenticate(request.headers.getall("Authorization", []))
        body = await read_body(request)
        incoming = read_activity(body)
        service_url = caller.get_trusted_service_url(body)
        self._trusted_service_urls.add(service_url)
        is_test_client = request.headers.get("x-ms-agents-playground") == "true"

        result = InvokeResult(201)

        async def run(context: TurnContext) -> None:
            nonlocal result
            channel = TeamsChannel(context, self, self._channel_auth.app_id, is_test_client, read_team_id(body))
            if self._invoke_router.can_handle(body):
                result = await self._invoke_router.dispatch(body, incoming, bot, channel)
            elif self.sign_in:
                await self.sign_in.run_turn(incoming, bot, channel)
            else:
                await bot.run_turn(incoming, channel)

        await self.process_activity(
            self._trusted_authentication.build_result(service_url),
            _build_incoming_activity(body, incoming, service_url),
            run,
        )
        if result.body is None:
            return web.Response(status=result.status)
        return web.json_response(result.body, status=result.status)

    async def open_chat(self, service_url: str, parameters: dict[str, Any]) -> str:
        """Open a conversation at a trusted service and return its id.

        Raises:
            DeliveryError: The channel did not open it.
        """
        return await self._transport.open_chat(service_url, parameters)

    async def read_members(self, service_url: str, conversation_id: str) -> list[Any]:
        """Return the members of a conversation or a team at a trusted service, untrusted and of any shape.

        Raises:
            DeliveryError: They can't be read, or not all of them.
        """
        return await self._roster.read_members(service_url, conversation_id)

    async def resume_conversation(
        self, conversation_reference: ConversationReference, callback: Callable[[Channel], Awaitable[None]]
    ) -> None:
        """Await `callback` with the channel of a conversation whose turn is over.

        Raises:
            RequestRefusedError: The reference was made under different credentials.
            DeliveryError: This process doesn't trust the reference's service yet. That passes with the first
                authenticated request from it.
        """
        if conversation_reference.get("app") != self._channel_auth.app_id:
            raise RequestRefusedError(403, "The bot's credentials have changed since the message was stored.")
        service_url = conversation_reference.get("service")
        # tampered state must not send the bot's token to someone else's service
        if not isinstance(service_url, str) or not self._is_trusted(service_url):
            raise DeliveryError("A stored message is for a service that hasn't called since the start; it waits.")
        reference = SdkConversationReference(
            activity_id=conversation_reference.get("activity"),
            user=ChannelAccount(id=conversation_reference.get("person")),
            bot=ChannelAccount(id=conversation_reference.get("bot")),
            conversation=ConversationAccount(
                id=conversation_reference.get("conversation"), is_group=conversation_reference.get("group")
            ),
            channel_id="msteams",
            locale=conversation_reference.get("locale"),
            service_url=service_url,
        )
        is_test_client = conversation_reference.get("test") is True
        team_id = conversation_reference.get("team")

        async def run(context: TurnContext) -> None:
            # the SDK gives the turn a new id, which no client knows: a reply to it would answer nothing
            context.activity.id = reference.activity_id
            team = team_id if isinstance(team_id, str) else ""
            await callback(TeamsChannel(context, self, self._channel_auth.app_id, is_test_client, team))

        await self.continue_conversation(
            reference, run, claims_identity=self._trusted_authentication.build_identity(service_url)
        )

    async def close(self) -> None:
        """Close the connections to the channel."""
        await self._transport.close()

    def _is_trusted(self, service_url: str) -> bool:
        return service_url in self._trusted_service_urls or self._channel_auth.authenticator.is_trusted_service_url(
            service_url
        )


def _build_incoming_activity(body: dict[str, Any], incoming: InboundActivity, service_url: str) -> Activity:
    """Build the SDK's activity with what the SDK needs to send replies; made only of checked values."""
    turn = incoming.turn
    activity_id, recipient = body.get("id"), body.get("recipient")
    bot_id = recipient.get("id") if isinstance(recipient, dict) else None
    return Activity(
        type=body["type"],
        id=activity_id if isinstance(activity_id, str) and len(activity_id) <= 512 else None,
        channel_id="msteams",
        service_url=service_url,
        locale=turn.locale,
        conversation=ConversationAccount(id=turn.conversation_id, is_group=turn.scope != "personal"),
        from_property=ChannelAccount(id=turn.person.id, name=turn.person.name),
        recipient=ChannelAccount(id=bot_id if isinstance(bot_id, str) else None),
    )
