"""Puts a file where Teams says, into the person's OneDrive: to SharePoint's hosts only, and without any token."""

from __future__ import annotations

import re
from ssl import SSLContext

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.errors import UploadError

TIMEOUT = ClientTimeout(total=8, connect=4)
MAX_URL_CHARS = 4096

# A label, then sharepoint.com: the host of every OneDrive for work or school in the public cloud. Teams hands out no
# files of bots in the government clouds, and an address of any other service is no address of a person's OneDrive.
_SHAREPOINT_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,3}sharepoint\.com", re.ASCII)


def parse_sharepoint_url(url: object) -> URL | None:
    """`url` if it is an https address of SharePoint, without a user, a port of its own or a character out of place."""
    if not isinstance(url, str) or not 0 < len(url) <= MAX_URL_CHARS or not url.isascii() or not url.isprintable():
        return None
    if any(mark in url for mark in ' \\"<>'):
        return None
    try:
        place = URL(url, encoded=True)
        plain = place.scheme == "https" and place.user is None and place.password is None
        known = place.explicit_port in (None, 443) and _SHAREPOINT_HOST.fullmatch(place.raw_host or "") is not None
    except ValueError:
        return None
    return place if plain and known else None


class FileUploader:
    """One session for all, made in the event loop at the first use. `tls`: None trusts the usual authorities."""

    def __init__(self, tls: SSLContext | None = None, resolver: AbstractResolver | None = None) -> None:
        self._tls, self._resolver = tls, resolver
        self._session: ClientSession | None = None

    async def put(self, url: URL, content: bytes) -> None:
        """Put `content` there, whole and in one piece; `place` comes from `place_of`.

        Raises:
            UploadFailed: it was not taken, or nobody said so.
        """
        if self._session is None:
            connector = TCPConnector(ssl=self._tls or True, resolver=self._resolver)
            self._session = ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}",
        }
        try:
            # a redirect is not followed: the address is what was checked
            async with self._session.put(url, data=content, headers=headers, allow_redirects=False) as answer:
                if answer.status not in (200, 201, 202):
                    raise UploadError(f"{url.host} took no file: status {answer.status}.")
        except (ClientError, TimeoutError, OSError) as error:
            raise UploadError(f"{url.host} took no file: {type(error).__name__}.") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
