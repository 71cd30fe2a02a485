"""The download of attached files, from SharePoint only and without a token.

The link in the activity is valid for minutes, and anyone who has it can read the file. So this module never puts it in
an error message or a log line.
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
"""More than aiohttp's default: SharePoint's content security policy alone is very long."""
_GONE_STATUSES = frozenset({401, 403, 404, 410})
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


class DownloadBody:
    """A file that's being downloaded. `size` is in bytes, 0 if the server doesn't say."""

    def __init__(self, response: ClientResponse, limits: FileLimits) -> None:
        self.size = response.content_length or 0
        self._response, self._limits = response, limits
        self._received_bytes = 0

    async def fetch(self) -> bytes:
        """Fetch the next part, b"" at the end.

        Raises:
            FileRefusedError: the file is too large, or the connection failed.
        """
        part = bytearray()
        try:
            async with asyncio.timeout(self._limits.part_seconds):
                while len(part) < self._limits.part_bytes:
                    chunk = await self._response.content.read(self._limits.part_bytes - len(part))
                    if not chunk:
                        break
                    part += chunk
        except (ClientError, TimeoutError, OSError) as error:
            raise _build_refused_error(error) from error
        self._received_bytes += len(part)
        if self._received_bytes > self._limits.max_download_bytes:
            raise FileRefusedError(FileRefusal("too-large", self._limits.max_download_bytes))
        return bytes(part)


class FileDownloader:
    """A downloader that uses one HTTP session, opened at the first download.

    Without `tls` it trusts the usual authorities. Without `resolver` it refuses hosts on private networks.
    """

    def __init__(
        self, limits: FileLimits, tls: SSLContext | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self._limits, self._tls, self._resolver = limits, tls, resolver
        self._session: ClientSession | None = None

    @asynccontextmanager
    async def open(self, url: str, is_html_expected: bool = False) -> AsyncIterator[DownloadBody]:
        """Open the file at `url`, and close the connection at the end of the block.

        Args:
            url: the download link of the activity.
            is_html_expected: whether an HTML file is wanted. Otherwise HTML means a sign-in page, and is refused.

        Raises:
            FileRefusedError: the link does not lead to SharePoint, has expired, or cannot be reached.
        """
        address, session = parse_sharepoint_url(url), self._get_session()
        if address is None:
            raise FileRefusedError(FileRefusal("wrong-place"))
        for _ in range(MAX_REDIRECTS + 1):
            try:
                # aiohttp must not follow redirects: each target needs the same check as the link
                response = await session.get(address, allow_redirects=False)
            except (ClientError, TimeoutError, OSError) as error:
                raise _build_refused_error(error) from error
            async with response:
                if response.status not in _REDIRECT_STATUSES:
                    yield self._open_body(response, is_html_expected)
                    return
                address = _resolve_redirect(address, response.headers.get("Location", ""))
        raise FileRefusedError(FileRefusal("no-network"))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _get_session(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(ssl=self._tls or True, resolver=self._resolver or PublicResolver()),
                timeout=ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=self._limits.idle_seconds),
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
        target = parse_sharepoint_url(str(url.join(URL(location, encoded=True))))
    except ValueError:
        target = None
    if target is None:  # usually the sign-in page
        raise FileRefusedError(FileRefusal("page"))
    return target


def _build_refused_error(error: Exception) -> FileRefusedError:
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, PrivateAddressError):
        return FileRefusedError(FileRefusal("wrong-place"))
    is_slow = isinstance(error, TimeoutError) and not isinstance(error, ConnectionTimeoutError)
    return FileRefusedError(FileRefusal("too-slow" if is_slow else "no-network"))
