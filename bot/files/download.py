"""Fetches a file from where Teams keeps what people attach: SharePoint's hosts and no other, without any token.

The link in an activity is all that it takes to read the file, and lives for minutes. It stands in no message and no
log line of this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext

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
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.files.limits import Limits
from bot.files.public_resolver import NotPublic, PublicResolver
from bot.files.uploads import place_of
from dialogs.model.errors import FileRefused
from dialogs.model.files import FileReason, FileRefusal

MOST_REDIRECTS = 2
CONNECT_SECONDS = 10.0
LONGEST_HEADER = 32_768
"""Bytes; SharePoint's own policies alone fill many lines."""
_GONE = frozenset({401, 403, 404, 410})
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})


class Body:
    """A file on its way: `size` in bytes, 0 where the server does not say."""

    def __init__(self, response: ClientResponse, limits: Limits) -> None:
        self.size = response.content_length or 0
        self._response, self._limits = response, limits
        self._taken = 0

    async def fetch(self) -> bytes:
        """The next part; b"" at the end. Raises `FileRefused`."""
        part = bytearray()
        try:
            async with asyncio.timeout(self._limits.part_seconds):
                while len(part) < self._limits.part:
                    found = await self._response.content.read(self._limits.part - len(part))
                    if not found:
                        break
                    part += found
        except (ClientError, TimeoutError, OSError) as error:
            raise _refused(error) from error
        self._taken += len(part)
        if self._taken > self._limits.delivered:
            raise FileRefused(FileRefusal("too-large", self._limits.delivered))
        return bytes(part)


class Downloads:
    """One session for all, made in the event loop at the first use.

    `tls`: None trusts the usual authorities; `resolver`: None looks names up and refuses those of private networks.
    """

    def __init__(self, limits: Limits, tls: SSLContext | None = None, resolver: AbstractResolver | None = None) -> None:
        self._limits, self._tls, self._resolver = limits, tls, resolver
        self._session: ClientSession | None = None

    @asynccontextmanager
    async def open(self, url: str, page: bool = False) -> AsyncIterator[Body]:
        """The file at `url`, until the block ends; `page`: it is meant to be one of the web.

        Raises:
            FileRefused: it does not lie there, or is not to be had.
        """
        place, session = place_of(url), self._opened()
        if place is None:
            raise FileRefused(FileRefusal("wrong-place"))
        for _ in range(MOST_REDIRECTS + 1):
            try:
                # a redirect is followed by ourselves: where it leads is checked as the link was
                response = await session.get(place, allow_redirects=False)
            except (ClientError, TimeoutError, OSError) as error:
                raise _refused(error) from error
            async with response:
                if response.status not in _ELSEWHERE:
                    yield self._body(response, page)
                    return
                place = _next_place(place, response.headers.get("Location", ""))
        raise FileRefused(FileRefusal("no-network"))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> ClientSession:
        if self._session is None:
            silence = self._limits.silence
            self._session = ClientSession(
                connector=TCPConnector(ssl=self._tls or True, resolver=self._resolver or PublicResolver()),
                timeout=ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=silence),
                cookie_jar=DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
            )
        return self._session

    def _body(self, response: ClientResponse, page: bool) -> Body:
        reason: FileReason | None = None
        if response.status in _GONE:
            reason = "expired"
        elif response.status == 204:
            reason = "empty"
        elif response.status != 200:
            reason = "no-network"
        elif response.content_type == "text/html" and not page:
            reason = "page"
        if reason:
            raise FileRefused(FileRefusal(reason))
        if (response.content_length or 0) > self._limits.delivered:
            raise FileRefused(FileRefusal("too-large", self._limits.delivered))
        return Body(response, self._limits)


def _next_place(place: URL, location: str) -> URL:
    try:
        following = place_of(str(place.join(URL(location, encoded=True))))
    except ValueError:
        following = None
    if following is None:  # as a rule the place where one signs in
        raise FileRefused(FileRefusal("page"))
    return following


def _refused(error: Exception) -> FileRefused:
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, NotPublic):
        return FileRefused(FileRefusal("wrong-place"))
    slow = isinstance(error, TimeoutError) and not isinstance(error, ConnectionTimeoutError)
    return FileRefused(FileRefusal("too-slow" if slow else "no-network"))
