"""The channel's side that takes replies: one pooled HTTP client in the event loop.

It stands in for the SDK's connector client, which builds a session and a thread hop a turn, follows the proxy of the
environment even to this machine, and waits up to 100 s. Only what the adapter calls is here. A reply is tried once: who
sends it again, and when, is decided where it is noted what was sent (412, 429, 502 and 504 are worth it, 403 is not).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any
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
from yarl import URL

from bot.auth.bot_token import TokenCache
from bot.errors import DeliveryError, DeliveryOutcome, TokenUnavailableError
from bot.state.json_text import encode_json
from bot.teams.botframework.sdk_serialization import serialize_activity

TIMEOUT = ClientTimeout(total=10, connect=3)

# 401: our token was not accepted, which the operator can mend; 412: somebody else changes the conversation just now
_RETRYABLE_STATUSES = frozenset({401, 408, 412, 423, 425, 429, 503})
_JSON_HEADERS = {"Content-Type": "application/json"}
# the connection never stood, so nothing was written to it
_NOT_SENT_ERRORS = (ClientConnectorError, ConnectionTimeoutError)


class ConnectorTransport:
    """Makes connectors that share one session, and one token. `tls`: None trusts the usual authorities."""

    def __init__(self, tokens: TokenCache | None = None, tls: SSLContext | None = None) -> None:
        self._tokens = tokens
        self._tls = tls
        self._session: ClientSession | None = None

    def create_trusted_factory(self, service_url: str) -> TrustedConnectorFactory:
        """What the SDK takes for a connector factory, for one service that was vouched for."""
        return TrustedConnectorFactory(self, service_url)

    async def send(self, url: URL, activity: dict[str, Any], method: str = "POST") -> str | None:
        """Send `activity` to `url`; returns the id of what it made there, if the channel tells.

        Raises:
            DeliveryFailed: the channel did not take it, or did not say so.
        """
        if self._tokens is None:
            return await self._send_once(method, url, activity, {})
        try:
            token = await self._tokens.get()
        except TokenUnavailableError as error:
            raise DeliveryError(str(error)) from error
        try:
            return await self._send_once(method, url, activity, _build_auth_headers(token))
        except DeliveryError as failed:
            # a token can be withdrawn before its end; whether another one helps is tried once
            fresh = await self._tokens.renew(token) if failed.status == 401 else None
            if fresh is None:
                raise
        return await self._send_once(method, url, activity, _build_auth_headers(fresh))

    async def open_chat(self, service_url: str, parameters: dict[str, Any]) -> str:
        """Open a conversation at a service that was vouched for; returns its id, the same each time for one person.

        Raises:
            DeliveryFailed: the channel did not open it, or did not name it.
        """
        found = await self.send(URL(service_url.rstrip("/") + "/v3/conversations", encoded=True), parameters)
        if not found:
            raise DeliveryError("The channel opened a conversation without naming it.", outcome="refused")
        return found

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send_once(self, method: str, url: URL, activity: dict[str, Any], headers: dict[str, str]) -> str | None:
        if self._session is None:
            connector = TCPConnector(ssl=self._tls or True)
            self._session = ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        try:
            # a redirect is not followed: the service's address was checked, another's was not
            request = self._session.request(
                method, url, data=encode_json(activity), headers={**headers, **_JSON_HEADERS}, allow_redirects=False
            )
            async with request as response:
                if response.status >= 300:
                    raise DeliveryError(
                        f"The channel refused a reply with status {response.status}.",
                        response.status,
                        classify_status(response.status),
                        _parse_retry_after(response.headers.get("Retry-After")),
                    )
                return await _read_activity_id(response)
        except (ClientError, TimeoutError) as error:
            raise DeliveryError(
                f"The channel could not be reached at {url.origin()}: {type(error).__name__}.",
                outcome="later" if isinstance(error, _NOT_SENT_ERRORS) else "unknown",
            ) from error


def classify_status(status: int) -> DeliveryOutcome:
    """What an HTTP status of 300 or more says about the activity: a gateway that gave up knows nothing of it."""
    if status in _RETRYABLE_STATUSES:
        return "later"
    return "unknown" if status >= 500 else "refused"


async def _read_activity_id(response: ClientResponse) -> str | None:
    """The new activity's id; None where the answer, whose status says that the activity was taken, does not tell."""
    try:
        found = await response.json(content_type=None)
    except (ClientError, TimeoutError, ValueError):
        return None
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) else None


def _parse_retry_after(header: str | None) -> float | None:
    """The seconds of a Retry-After header, be it a number or a date; None when it is neither."""
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
    """What the SDK takes for a connector factory; it makes a connector of the one service that was vouched for."""

    def __init__(self, transport: ConnectorTransport, service_url: str) -> None:
        self._transport = transport
        self._service_url = service_url

    async def create(self, service_url: str, audience: str | None = None) -> ConnectorClient:
        """The connector of the service at `service_url`.

        Raises:
            DeliveryFailed: nobody vouched for this service; it must not see the bot's token.
        """
        if not service_url or service_url != self._service_url:
            raise DeliveryError(
                "Nobody vouched for the service that a reply was to go to, so nothing was sent.", outcome="refused"
            )
        return ConnectorClient(self._transport, service_url)


class ConnectorClient:
    """What the SDK takes for a connector client of one service."""

    def __init__(self, transport: ConnectorTransport, service_url: str) -> None:
        self.conversations = ConversationsOperations(transport, service_url)


class ConversationsOperations:
    """The operations of the connector's REST API that replies need."""

    def __init__(self, transport: ConnectorTransport, service_url: str) -> None:
        self._transport = transport
        self._root_url = service_url.rstrip("/") + "/v3/conversations/"

    async def reply_to_activity(self, conversation_id: str, activity_id: str, activity: Any) -> Any:
        """Send `activity` as an answer to `activity_id`; returns an object with the new activity's `id`."""
        return await self._send(f"{quote(conversation_id, safe='')}/activities/{quote(activity_id, safe='')}", activity)

    async def send_to_conversation(self, conversation_id: str, activity: Any) -> Any:
        """Send `activity` to the end of the conversation; returns an object with the new activity's `id`."""
        return await self._send(f"{quote(conversation_id, safe='')}/activities", activity)

    async def update_activity(self, conversation_id: str, activity_id: str, activity: Any) -> Any:
        """Put `activity` in the place of the bot's own `activity_id`; done again, it changes nothing."""
        path = f"{quote(conversation_id, safe='')}/activities/{quote(activity_id, safe='')}"
        return await self._send(path, activity, "PUT")

    async def _send(self, path: str, activity: Any, method: str = "POST") -> Any:
        identifier = await self._transport.send(
            URL(self._root_url + path, encoded=True), serialize_activity(activity), method
        )
        return activity.__class__(id=identifier)
