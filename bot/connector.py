"""The channel's side that takes replies: one pooled HTTP client in the event loop.

It stands in for the SDK's connector client, which builds a session and a thread hop a turn, follows the proxy of the
environment even to this machine, and waits up to 100 s. Only what the adapter calls is here.
"""

from __future__ import annotations

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
)
from yarl import URL

from bot.errors import DeliveryFailed, Outcome

TIMEOUT = ClientTimeout(total=10, connect=3)

# 401: our token was not accepted, which the operator can mend; 412: somebody else changes the conversation just now
_TAKE_LATER = frozenset({401, 408, 412, 423, 425, 429, 503})
# the connection never stood, so nothing was written to it
_NEVER_SENT = (ClientConnectorError, ConnectionTimeoutError)


class Conversations:
    """The two operations of the connector's REST API that replies need."""

    def __init__(self, session: ClientSession, service_url: str) -> None:
        self._session = session
        self._root = service_url.rstrip("/") + "/v3/conversations/"

    async def reply_to_activity(self, conversation_id: str, activity_id: str, activity: Any) -> Any:
        """Send `activity` as an answer to `activity_id`; returns an object with the new activity's `id`."""
        return await self._post(f"{quote(conversation_id, safe='')}/activities/{quote(activity_id, safe='')}", activity)

    async def send_to_conversation(self, conversation_id: str, activity: Any) -> Any:
        """Send `activity` to the end of the conversation; returns an object with the new activity's `id`."""
        return await self._post(f"{quote(conversation_id, safe='')}/activities", activity)

    async def _post(self, path: str, activity: Any) -> Any:
        url = URL(self._root + path, encoded=True)
        try:
            # a redirect is not followed: the service's address was checked, another's was not
            async with self._session.post(url, json=activity.serialize(), allow_redirects=False) as response:
                if response.status >= 300:
                    raise DeliveryFailed(
                        f"The channel refused a reply with status {response.status}.",
                        response.status,
                        outcome_of(response.status),
                        _seconds(response.headers.get("Retry-After")),
                    )
                found = await _id_in(response)
        except (ClientError, TimeoutError) as error:
            raise DeliveryFailed(
                f"The channel could not be reached at {url.origin()}: {type(error).__name__}.",
                outcome="later" if isinstance(error, _NEVER_SENT) else "unknown",
            ) from error
        return activity.__class__(id=found)


def outcome_of(status: int) -> Outcome:
    """What an HTTP status of 300 or more says about the activity: a gateway that gave up knows nothing of it."""
    if status in _TAKE_LATER:
        return "later"
    return "unknown" if status >= 500 else "refused"


async def _id_in(response: ClientResponse) -> str | None:
    """The new activity's id; None where the answer, whose status says that the activity was taken, does not tell."""
    try:
        found = await response.json(content_type=None)
    except (ClientError, TimeoutError, ValueError):
        return None
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) else None


def _seconds(header: str | None) -> float | None:
    """The seconds of a Retry-After header; its other form, a date, is not used by the channel."""
    return float(header) if header and header.isascii() and header.isdigit() and len(header) < 8 else None


class Connector:
    """What the SDK takes for a connector client of one service."""

    def __init__(self, session: ClientSession, service_url: str) -> None:
        self.conversations = Conversations(session, service_url)


class ConnectorFactory:
    """What the SDK takes for a connector factory: all connectors share one session, made in the event loop."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def create(self, service_url: str, audience: str | None = None) -> Connector:
        """The connector of the service at `service_url`."""
        if self._session is None:
            self._session = ClientSession(timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        return Connector(self._session, service_url)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
