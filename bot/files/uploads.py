"""The upload of a file to a person's OneDrive, at the address that Teams gives. SharePoint only, without a token."""

from __future__ import annotations

import re
from ssl import SSLContext

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.errors import UploadError

TIMEOUT = ClientTimeout(total=8, connect=4)
MAX_URL_CHARS = 4096

# OneDrive for work or school is always on a subdomain of sharepoint.com in the public cloud. Bots can't send files in
# the government clouds, so no other host is needed.
_SHAREPOINT_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,3}sharepoint\.com", re.ASCII)


def parse_sharepoint_url(url: object) -> URL | None:
    """Return `url` if it's an HTTPS address of SharePoint, or None.

    An address with a user name, a port other than 443, or unsafe characters is refused.
    """
    if not isinstance(url, str) or not 0 < len(url) <= MAX_URL_CHARS or not url.isascii() or not url.isprintable():
        return None
    if any(char in url for char in ' \\"<>'):
        return None
    try:
        address = URL(url, encoded=True)
        is_https = address.scheme == "https" and address.user is None and address.password is None
        is_sharepoint = (
            address.explicit_port in (None, 443) and _SHAREPOINT_HOST.fullmatch(address.raw_host or "") is not None
        )
    except ValueError:
        return None
    return address if is_https and is_sharepoint else None


class FileUploader:
    """An uploader that uses one HTTP session, opened at the first upload.

    Without `tls` it trusts the usual authorities.
    """

    def __init__(self, tls: SSLContext | None = None, resolver: AbstractResolver | None = None) -> None:
        self._tls, self._resolver = tls, resolver
        self._session: ClientSession | None = None

    async def put(self, url: URL, content: bytes) -> None:
        """Upload `content` in one request to `url`, which comes from `parse_sharepoint_url`.

        Raises:
            UploadError: the server refused the file, or gave no answer.
        """
        if self._session is None:
            connector = TCPConnector(ssl=self._tls or True, resolver=self._resolver)
            self._session = ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}",
        }
        try:
            # no redirects: only this address was checked
            async with self._session.put(url, data=content, headers=headers, allow_redirects=False) as response:
                if response.status not in (200, 201, 202):
                    raise UploadError(f"{url.host} did not accept the file: status {response.status}.")
        except (ClientError, TimeoutError, OSError) as error:
            raise UploadError(f"{url.host} did not accept the file: {type(error).__name__}.") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
