"""Fetches small JSON objects from the services that the bot trusts by their address: signing keys, tokens."""

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
"""Bytes of an answer that is read; the largest that the services send is some 20 KB."""


class JsonClient:
    """One session for all, made in the event loop at the first use."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self._session: ClientSession | None = None

    async def get(self, url: str) -> dict[str, Any]:
        """The object at `url`.

        Raises:
            ServiceUnreachable: no answer, or one that is not 200 with a JSON object.
        """
        status, found = await self._request("GET", url, None)
        if status != 200:
            raise ServiceUnreachableError(f"{URL(url).origin()} answered with status {status}.")
        return found

    async def post(self, url: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Send `form` to `url`; returns the status and the object that came back.

        Raises:
            ServiceUnreachable: no answer, or one that is no JSON object.
        """
        return await self._request("POST", url, form)

    async def call(
        self, method: str, url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Ask `url` with `body` as JSON; returns the status and the object that came back, {} where nothing did.

        Raises:
            ServiceUnreachable: no answer, or one that is no JSON object.
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
            # a redirect is not followed: the address is what the answer is trusted for
            asked = self._session.request(
                method, URL(url, encoded=True), data=form, json=body, headers=headers, allow_redirects=False
            )
            async with asked as response:
                async for chunk in response.content.iter_chunked(65536):
                    raw += chunk
                    if len(raw) > MAX_RESPONSE_BYTES:
                        raise ServiceUnreachableError(
                            f"{URL(url).origin()} answered with more than {MAX_RESPONSE_BYTES} bytes."
                        )
                found = json.loads(raw) if raw.strip() or headers is None else {}
        except (ClientError, TimeoutError, ValueError, RecursionError) as error:
            raise ServiceUnreachableError(
                f"{URL(url).origin()} gave no answer in JSON: {type(error).__name__}."
            ) from error
        if not isinstance(found, dict):
            raise ServiceUnreachableError(f"{URL(url).origin()} answered with JSON that is no object.")
        return response.status, found
