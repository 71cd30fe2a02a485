"""Without credentials only this machine is served: the caller's address, its Host header and its service URL say so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.auth.loopback_hosts import is_loopback
from bot.errors import RequestRefusedError

_FORWARDING_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via")

# strict on purpose: parsers disagree on user parts, backslashes and blanks, and such a URL could lead elsewhere
_URL = re.compile(
    r"https?://(localhost|127(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]{2,39}\])(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,39}\])(?::\d{1,5})?")


class LoopbackAuthenticator:
    """Admits the programs of this machine, which send no token."""

    def check_request(self, request: web.BaseRequest) -> None:
        """Refuse (403) a request that did not start on this machine, whatever it is for."""
        check_caller(request)

    async def authenticate(self, authorization: Sequence[str]) -> LoopbackAuthenticator:
        """Refuse (401) whoever sends a token: they must not believe that it was checked."""
        if any(authorization):
            raise RequestRefusedError(
                401, "This bot runs without credentials and checks no tokens: it serves the local test client only."
            )
        return self

    def is_trusted_service_url(self, service_url: str) -> bool:
        """Whether it leads to this machine."""
        return is_loopback_url(service_url)

    def get_trusted_service_url(self, body: Mapping[str, Any]) -> str:
        """The service URL of an activity, which must lead to this machine."""
        return check_service_url(body.get("serviceUrl"))


def check_caller(request: web.BaseRequest) -> None:
    """Refuse (403) a request that did not start on this machine.

    The Host header keeps out a web page whose name was made to point here, the Origin one a page that posts across
    sites, a forwarding header a tunnel or proxy that ends on this machine.
    """
    peer = request.transport.get_extra_info("peername") if request.transport else None
    if not peer or not is_loopback(str(peer[0]).split("%")[0].removeprefix("::ffff:")):
        raise RequestRefusedError(403, "Without credentials this bot answers callers on its own machine only.")
    host = _HOST.fullmatch(request.headers.get("Host", ""))
    if not host or not is_loopback(host[1].strip("[]")):
        raise RequestRefusedError(
            403, "Call this bot by 127.0.0.1 or localhost: the Host header names another machine."
        )
    origin = request.headers.get("Origin")
    if origin is not None and not is_loopback_url(origin):
        raise RequestRefusedError(403, "Web pages of other sites may not call this bot: the Origin header names one.")
    if any(name in request.headers for name in _FORWARDING_HEADERS):
        raise RequestRefusedError(
            403, "This request was forwarded. Without credentials this bot answers direct callers only."
        )


def check_service_url(url: object) -> str:
    """`url` if replies may be sent there.

    Raises:
        RefusedRequest: 400 when there is none, 403 when it leads off this machine.
    """
    if not isinstance(url, str) or not url:
        raise RequestRefusedError(400, "The activity has no `serviceUrl`: there is nowhere to send the answer.")
    if not is_loopback_url(url):
        raise RequestRefusedError(
            403, "Without credentials this bot answers to this machine only: the `serviceUrl` leads elsewhere."
        )
    return url


def is_loopback_url(url: str) -> bool:
    """Whether `url` is a plain http(s) URL of this machine."""
    if len(url) > 512 or not _URL.fullmatch(url):
        return False
    return is_loopback(urlsplit(url).hostname or "")
