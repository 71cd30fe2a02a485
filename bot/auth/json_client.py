"""Exchange small JSON objects with services trusted because of their address: signing keys, tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ssl import SSLContext
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from bot.errors import ServiceUnreachableError

TIMEOUT = ClientTimeout(total=10, connect=4)
MAX_RESPONSE_BYTES = 1_000_000
"""Limit for a response; the largest that the services send is about 20 KB."""


class JsonClient:
    """An HTTP client with one session, which is opened at the first request. `tls` None trusts the system's CAs."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self._session: ClientSession | None = None

    async def get(self, url: str) -> dict[str, Any]:
        """Fetch the JSON object at `url`.

        Raises:
            ServiceUnreachableError: There is no response, or its status isn't 200, or it isn't a JSON object.
        """
        status, content = await self._request("GET", url, None)
        if status != 200:
            raise ServiceUnreachableError(f"{URL(url).origin()} answered with status {status}.")
        return content

    async def post(self, url: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Post `form` to `url`; return the status and the JSON object of the response.

        Raises:
            ServiceUnreachableError: There is no response, or it isn't a JSON object.
        """
        return await self._request("POST", url, form)

    async def call(
        self, method: str, url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Send `body` as JSON; return the status and the JSON object of the response, {} if it has no body.

        Raises:
            ServiceUnreachableError: There is no response, or it isn't a JSON object.
        """
        return await self._request(method, url, None, body, headers)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _request(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        if self._session is None:
            connector = TCPConnector(ssl=self._tls or True)
            self._session = ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        raw = bytearray()
        try:
            # redirects are not followed: the response is trusted because of its address
            request = self._session.request(
                method, URL(url, encoded=True), data=form, json=body, headers=headers, allow_redirects=False
            )
            async with request as response:
                async for chunk in response.content.iter_chunked(65536):
                    raw += chunk
                    if len(raw) > MAX_RESPONSE_BYTES:
                        raise ServiceUnreachableError(
                            f"{URL(url).origin()} answered with more than {MAX_RESPONSE_BYTES} bytes."
                        )
                content = json.loads(raw) if raw.strip() or headers is None else {}
        except (ClientError, TimeoutError, ValueError, RecursionError) as error:
            raise ServiceUnreachableError(
                f"{URL(url).origin()} gave no usable answer: {type(error).__name__}."
            ) from error
        if not isinstance(content, dict):
            raise ServiceUnreachableError(f"{URL(url).origin()} answered with JSON that isn't an object.")
        return response.status, content
