"""Microsoft Teams, by the Bot Framework SDK: an HTTP request in, a turn run, its replies sent through the connector.

Together with `activities` the only module that knows the SDK.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount

from bot.activities import Incoming, read_activity, reply_activity, text_activity
from bot.cards import parts
from bot.connector import ConnectorFactory
from bot.errors import RefusedRequest
from bot.loopback import check_service_url
from bot.sentences import language_of, say
from bot.turns import Turns
from dialogs.view import Reply

_log = logging.getLogger(__name__)


class _Anonymous:
    """The SDK's configuration of a bot without credentials, as the local test client needs it."""

    APP_ID = ""
    APP_PASSWORD = ""
    APP_TYPE = "MultiTenant"
    APP_TENANTID = ""


class _Authentication(ConfigurationBotFrameworkAuthentication):
    """The SDK's own checks, with our connector, and one token client for all turns instead of a new one each."""

    def __init__(self, connectors: ConnectorFactory) -> None:
        super().__init__(_Anonymous)
        self._connectors = connectors
        self._token_client: Any = None

    async def authenticate_request(self, activity: Activity, auth_header: str) -> Any:
        result = await super().authenticate_request(activity, auth_header)
        result.connector_factory = self._connectors
        return result

    async def create_user_token_client(self, claims_identity: Any) -> Any:
        if self._token_client is None:
            self._token_client = await super().create_user_token_client(claims_identity)
        return self._token_client


class TeamsChannel:
    """The `Channel` of one activity."""

    def __init__(self, context: TurnContext, test_client: bool) -> None:
        self._context = context
        self._test_client = test_client

    async def show(self, reply: Reply) -> None:
        """Send one reply, in as many cards as it takes."""
        for part in parts(reply):
            await self._context.send_activity(reply_activity(part, hints=not self._test_client))

    async def say(self, text: str) -> None:
        """Send a sentence."""
        await self._context.send_activity(text_activity(text))

    async def typing(self) -> None:
        """Show that an answer is being written."""
        await self._context.send_activity(Activity(type=ActivityTypes.typing))


class TeamsAdapter(CloudAdapter):
    """The SDK's adapter with a `process` of its own: the stock one answers 500 to bodies that are not as it expects."""

    def __init__(self) -> None:
        self._connectors = ConnectorFactory()
        super().__init__(_Authentication(self._connectors))

    async def process(self, request: web.Request, bot: Turns, ws_response: None = None) -> web.Response:
        """Run the turn that the request's body describes.

        Raises:
            RefusedRequest: the request is not served; its status and sentence say why.
            DeliveryFailed: the turn was run, and the channel took none of what it had to say.
        """
        if request.content_type != "application/json":
            raise RefusedRequest(415, "Send the activity as application/json.")
        body = _parsed(await request.read())
        incoming = read_activity(body)
        service_url = check_service_url(body.get("serviceUrl"))
        if body["type"] == ActivityTypes.invoke:
            return _invoked(body, incoming)
        try:
            result = await self.bot_framework_authentication.authenticate_request(
                _skeleton(body, incoming, service_url), request.headers.get("Authorization", "")
            )
        except Exception as error:  # noqa: BLE001 - the SDK raises many kinds, none of which lets the caller in
            _log.warning("A request with credentials was refused: %s", type(error).__name__)
            raise RefusedRequest(
                401, "This version serves the local test client, which sends no credentials."
            ) from None

        test_client = request.headers.get("x-ms-agents-playground") == "true"

        async def run(context: TurnContext) -> None:
            await bot.take(incoming, TeamsChannel(context, test_client))

        await self.process_activity(result, _skeleton(body, incoming, service_url), run)
        return web.Response(status=201)

    async def close(self) -> None:
        """Close the connections to the channel."""
        await self._connectors.close()


def _parsed(raw: bytes) -> Any:
    try:
        body = json.loads(raw)
        if b"\\ud" in raw or b"\\uD" in raw:
            # half of a surrogate pair is no character: nothing that the text goes to could take it
            body = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise RefusedRequest(400, "The body is not JSON in UTF-8.") from None
    return body


def _skeleton(body: dict[str, Any], incoming: Incoming, service_url: str) -> Activity:
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
        conversation=ConversationAccount(id=turn.conversation, is_group=turn.scope != "personal"),
        from_property=ChannelAccount(id=turn.person.id, name=turn.person.name),
        recipient=ChannelAccount(id=bot_id if isinstance(bot_id, str) else None),
    )


def _invoked(body: dict[str, Any], incoming: Incoming) -> web.Response:
    """The cards and the package offer nothing that Teams invokes; whoever tries gets a sentence, not an error."""
    sentence = say("not-understood", language_of(incoming.turn.locale))
    if body.get("name") == "adaptiveCard/action":
        answer = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": sentence}
        return web.json_response(answer)
    return web.json_response({"error": {"code": "NotSupported", "message": sentence}}, status=501)
