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

from bot.files.limits import FileLimits
from bot.files.public_resolver import PrivateAddressError, PublicResolver
from bot.files.uploads import parse_sharepoint_url
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import FileRefusal, FileRefusalReason

MAX_REDIRECTS = 2
CONNECT_SECONDS = 10.0
MAX_HEADER_BYTES = 32_768
"""Bytes; SharePoint's own policies alone fill many lines."""
_GONE_STATUSES = frozenset({401, 403, 404, 410})
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


class DownloadBody:
    """A file on its way: `size` in bytes, 0 where the server does not say."""

    def __init__(self, response: ClientResponse, limits: FileLimits) -> None:
        self.size = response.content_length or 0
        self._response, self._limits = response, limits
        self._received_bytes = 0

    async def fetch(self) -> bytes:
        """The next part; b"" at the end. Raises `FileRefused`."""
        part = bytearray()
        try:
            async with asyncio.timeout(self._limits.part_seconds):
                while len(part) < self._limits.part_bytes:
                    found = await self._response.content.read(self._limits.part_bytes - len(part))
                    if not found:
                        break
                    part += found
        except (ClientError, TimeoutError, OSError) as error:
            raise _build_refused_error(error) from error
        self._received_bytes += len(part)
        if self._received_bytes > self._limits.max_download_bytes:
            raise FileRefusedError(FileRefusal("too-large", self._limits.max_download_bytes))
        return bytes(part)


class FileDownloader:
    """One session for all, made in the event loop at the first use.

    `tls`: None trusts the usual authorities; `resolver`: None looks names up and refuses those of private networks.
    """

    def __init__(
        self, limits: FileLimits, tls: SSLContext | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self._limits, self._tls, self._resolver = limits, tls, resolver
        self._session: ClientSession | None = None

    @asynccontextmanager
    async def open(self, url: str, is_html_expected: bool = False) -> AsyncIterator[DownloadBody]:
        """The file at `url`, until the block ends; `page`: it is meant to be one of the web.

        Raises:
            FileRefused: it does not lie there, or is not to be had.
        """
        place, session = parse_sharepoint_url(url), self._get_session()
        if place is None:
            raise FileRefusedError(FileRefusal("wrong-place"))
        for _ in range(MAX_REDIRECTS + 1):
            try:
                # a redirect is followed by ourselves: where it leads is checked as the link was
                response = await session.get(place, allow_redirects=False)
            except (ClientError, TimeoutError, OSError) as error:
                raise _build_refused_error(error) from error
            async with response:
                if response.status not in _REDIRECT_STATUSES:
                    yield self._open_body(response, is_html_expected)
                    return
                place = _resolve_redirect(place, response.headers.get("Location", ""))
        raise FileRefusedError(FileRefusal("no-network"))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _get_session(self) -> ClientSession:
        if self._session is None:
            silence = self._limits.idle_seconds
            self._session = ClientSession(
                connector=TCPConnector(ssl=self._tls or True, resolver=self._resolver or PublicResolver()),
                timeout=ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=silence),
                cookie_jar=DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
                max_line_size=MAX_HEADER_BYTES,
                max_field_size=MAX_HEADER_BYTES,
            )
        return self._session

    def _open_body(self, response: ClientResponse, is_html_expected: bool) -> DownloadBody:
        reason: FileRefusalReason | None = None
        if response.status in _GONE_STATUSES:
            reason = "expired"
        elif response.status == 204:
            reason = "empty"
        elif response.status != 200:
            reason = "no-network"
        elif response.content_type == "text/html" and not is_html_expected:
            reason = "page"
        if reason:
            raise FileRefusedError(FileRefusal(reason))
        if (response.content_length or 0) > self._limits.max_download_bytes:
            raise FileRefusedError(FileRefusal("too-large", self._limits.max_download_bytes))
        return DownloadBody(response, self._limits)


def _resolve_redirect(url: URL, location: str) -> URL:
    try:
        following = parse_sharepoint_url(str(url.join(URL(location, encoded=True))))
    except ValueError:
        following = None
    if following is None:  # as a rule the place where one signs in
        raise FileRefusedError(FileRefusal("page"))
    return following


def _build_refused_error(error: Exception) -> FileRefusedError:
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, PrivateAddressError):
        return FileRefusedError(FileRefusal("wrong-place"))
    slow = isinstance(error, TimeoutError) and not isinstance(error, ConnectionTimeoutError)
    return FileRefusedError(FileRefusal("too-slow" if slow else "no-network"))
