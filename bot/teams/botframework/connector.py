"""Talk to the channel's connector service, with one pooled HTTP client in the event loop.

It replaces the SDK's connector client, which builds a session and switches threads for each turn. That client also uses
the environment's proxy even for this machine, and waits up to 100 s. Only what the adapter calls is here.

A reply is tried once: the outbox, which knows what was sent, decides whether to retry. Statuses such as 412, 429, 502,
and 504 are worth a retry, 403 isn't.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)
from botbuilder.schema import ResourceResponse
from yarl import URL

from bot.auth.bot_token import TokenCache
from bot.errors import DeliveryError, DeliveryOutcome, TokenUnavailableError
from bot.state.json_text import decode_json, encode_json
from bot.teams.botframework.sdk_serialization import serialize_activity

TIMEOUT = ClientTimeout(total=10, connect=3)
MAX_ANSWER_BYTES = 64 * 1024
"""How much is read of the answer to a reply: it holds an id."""

# 401: the bot's token was not accepted, which the operator can fix; 412: somebody else is changing the conversation
_RETRYABLE_STATUSES = frozenset({401, 408, 412, 423, 425, 429, 503})
_JSON_HEADERS = {"Content-Type": "application/json"}
# there was no connection, so the channel can't have received anything
_NOT_SENT_ERRORS = (ClientConnectorError, ConnectionTimeoutError)

T = TypeVar("T")


class ConnectorTransport:
    """Creates connectors that share one session and one token.

    Args:
        tokens: The bot's token; None to send without one.
        tls: None to trust the usual certificate authorities.
    """

    def __init__(self, tokens: TokenCache | None = None, tls: SSLContext | None = None) -> None:
        self._tokens = tokens
        self._tls = tls
        self._session: ClientSession | None = None

    def create_trusted_factory(self, service_url: str) -> TrustedConnectorFactory:
        """Create the connector factory of one trusted service, in the SDK's sense."""
        return TrustedConnectorFactory(self, service_url)

    async def send(self, url: URL, activity: dict[str, Any], method: str = "POST") -> str | None:
        """Send `activity` to `url`, and return the id of what was created there, if the channel returns it.

        Raises:
            DeliveryError: The channel did not accept it, or did not say whether it did.
        """
        content = encode_json(activity)
        return await self._call_with_token(
            lambda headers: self._call(method, url, content, {**headers, **_JSON_HEADERS}, _read_activity_id)
        )

    async def fetch(self, url: URL, max_bytes: int) -> dict[str, Any]:
        """Return the JSON object at `url`, which must be an address of a trusted service.

        Raises:
            DeliveryError: The channel refused, could not be reached, or answered something else.
        """

        async def read(response: ClientResponse) -> dict[str, Any]:
            return await _read_object(response, max_bytes)

        return await self._call_with_token(lambda headers: self._call("GET", url, None, headers, read))

    async def open_chat(self, service_url: str, parameters: dict[str, Any]) -> str:
        """Open a conversation at a trusted service, and return its id, which is always the same for one person.

        Raises:
            DeliveryError: The channel did not open it, or did not return its id.
        """
        url = URL(service_url.rstrip("/") + "/v3/conversations", encoded=True)
        conversation_id = await self.send(url, parameters)
        if not conversation_id:
            raise DeliveryError("The channel opened a conversation without naming it.", outcome="refused")
        return conversation_id

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call_with_token(self, call: Callable[[dict[str, str]], Awaitable[T]]) -> T:
        """Await `call` with the headers that authenticate the bot, once more if its token was revoked."""
        if self._tokens is None:
            return await call({})
        try:
            token = await self._tokens.get()
        except TokenUnavailableError as error:
            raise DeliveryError(str(error)) from error
        try:
            return await call(_build_auth_headers(token))
        except DeliveryError as error:
            # a token can be revoked before it expires: try a new one once
            new_token = await self._tokens.renew(token) if error.status == 401 else None
            if new_token is None:
                raise
        return await call(_build_auth_headers(new_token))

    async def _call(
        self,
        method: str,
        url: URL,
        content: bytes | None,
        headers: dict[str, str],
        read: Callable[[ClientResponse], Awaitable[T]],
    ) -> T:
        if self._session is None:
            connector = TCPConnector(ssl=self._tls or True)
            self._session = ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        try:
            # redirects are not followed: only this address was checked, and the token must not go elsewhere
            request = self._session.request(method, url, data=content, headers=headers, allow_redirects=False)
            async with request as response:
                if response.status >= 300:
                    raise DeliveryError(
                        f"The channel refused a request with status {response.status}.",
                        response.status,
                        classify_status(response.status),
                        _parse_retry_after(response.headers.get("Retry-After")),
                    )
                return await read(response)
        except (ClientError, TimeoutError) as error:
            raise DeliveryError(
                f"The channel could not be reached at {url.origin()}: {type(error).__name__}.",
                outcome="later" if isinstance(error, _NOT_SENT_ERRORS) else "unknown",
            ) from error


def classify_status(status: int) -> DeliveryOutcome:
    """Return what an HTTP status of 300 or more says about the activity."""
    if status in _RETRYABLE_STATUSES:
        return "later"
    # a gateway that timed out doesn't know whether the service behind it received the activity
    return "unknown" if status >= 500 else "refused"


async def _read_activity_id(response: ClientResponse) -> str | None:
    """Return the new activity's id, None if the body has none: the status already says that it was accepted."""
    try:
        body = await _read_object(response, MAX_ANSWER_BYTES)
    except (ClientError, TimeoutError, DeliveryError):
        return None
    activity_id = body.get("id")
    return activity_id if isinstance(activity_id, str) else None


async def _read_object(response: ClientResponse, max_bytes: int) -> dict[str, Any]:
    """Return the object in the body, which may have at most `max_bytes`."""
    stream, content = response.content, b""
    while not stream.at_eof():
        content += await stream.readany()
        if len(content) > max_bytes:
            raise DeliveryError("The channel's answer was too large to read.", outcome="refused")
    try:
        body = decode_json(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise DeliveryError("The channel's answer wasn't what was asked for.", outcome="refused")
    return body


def _parse_retry_after(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which is a number or a date; None if it is neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _build_auth_headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TrustedConnectorFactory:
    """A connector factory, in the SDK's sense, for one trusted service."""

    def __init__(self, transport: ConnectorTransport, service_url: str) -> None:
        self._transport = transport
        self._service_url = service_url

    async def create(self, service_url: str, audience: str | None = None) -> ConnectorClient:
        """Create the connector of the service at `service_url`.

        Raises:
            DeliveryError: It is not the trusted service, so it must not see the bot's token.
        """
        if not service_url or service_url != self._service_url:
            raise DeliveryError("A reply was for a service that isn't trusted, so nothing was sent.", outcome="refused")
        return ConnectorClient(self._transport, service_url)


class ConnectorClient:
    """A connector client, in the SDK's sense, of one service."""

    def __init__(self, transport: ConnectorTransport, service_url: str) -> None:
        self.conversations = ConversationsOperations(transport, service_url)


class ConversationsOperations:
    """The operations of the connector's REST API that replies need."""

    def __init__(self, transport: ConnectorTransport, service_url: str) -> None:
        self._transport = transport
        self._root_url = service_url.rstrip("/") + "/v3/conversations/"

    async def reply_to_activity(self, conversation_id: str, activity_id: str, activity: Any) -> Any:
        """Send `activity` as an answer to `activity_id`, and return an object with the new activity's `id`."""
        return await self._send(f"{quote(conversation_id, safe='')}/activities/{quote(activity_id, safe='')}", activity)

    async def send_to_conversation(self, conversation_id: str, activity: Any) -> Any:
        """Send `activity` to the end of the conversation, and return an object with the new activity's `id`."""
        return await self._send(f"{quote(conversation_id, safe='')}/activities", activity)

    async def update_activity(self, conversation_id: str, activity_id: str, activity: Any) -> Any:
        """Replace the bot's own activity `activity_id` with `activity`; repeating it changes nothing."""
        path = f"{quote(conversation_id, safe='')}/activities/{quote(activity_id, safe='')}"
        return await self._send(path, activity, "PUT")

    async def _send(self, path: str, activity: Any, method: str = "POST") -> Any:
        activity_id = await self._transport.send(
            URL(self._root_url + path, encoded=True), serialize_activity(activity), method
        )
        return ResourceResponse(id=activity_id)
