"""Serve only this machine if the bot has no credentials: check the caller's address, Host header, and service URL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import RequestRefusedError
from bot.loopback_hosts import is_loopback

_FORWARDING_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via")

# deliberately strict: parsers disagree on user info, backslashes and spaces, so such a URL could lead elsewhere
_URL = re.compile(
    r"https?://(localhost|127(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]{2,39}\])(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,39}\])(?::\d{1,5})?")


class LoopbackAuthenticator:
    """Admits the programs on this machine, which send no token."""

    def check_request(self, request: web.BaseRequest) -> None:
        """Refuse (403) any request that doesn't come from this machine."""
        check_caller(request)

    async def authenticate(self, authorization: Sequence[str]) -> LoopbackAuthenticator:
        """Refuse (401) a request with a token: the sender must not think that the token was checked."""
        if any(authorization):
            raise RequestRefusedError(
                401, "This bot runs without credentials and doesn't check tokens: it serves the local test client only."
            )
        return self

    def is_trusted_service_url(self, service_url: str) -> bool:
        """Tell whether `service_url` leads to this machine."""
        return is_loopback_url(service_url)

    def get_trusted_service_url(self, body: Mapping[str, Any]) -> str:
        """Return the service URL of the activity `body`. Raise `RequestRefusedError` if it leads to another machine."""
        return check_service_url(body.get("serviceUrl"))


def check_caller(request: web.BaseRequest) -> None:
    """Refuse (403) a request that doesn't come from this machine.

    The Host header exposes DNS rebinding: a web page whose host name points here. The Origin header exposes a page that
    posts across sites. A forwarding header exposes a tunnel or proxy that ends on this machine.
    """
    peer = request.transport.get_extra_info("peername") if request.transport else None
    if not peer or not is_loopback(str(peer[0]).split("%")[0].removeprefix("::ffff:")):
        raise RequestRefusedError(403, "Without credentials this bot answers callers on its own machine only.")
    host = _HOST.fullmatch(request.headers.get("Host", ""))
    if not host or not is_loopback(host[1].strip("[]")):
        raise RequestRefusedError(
            403, "Call this bot as 127.0.0.1 or localhost: the Host header names another machine."
        )
    origin = request.headers.get("Origin")
    if origin is not None and not is_loopback_url(origin):
        raise RequestRefusedError(403, "Web pages on other sites can't call this bot, and the Origin header names one.")
    if any(name in request.headers for name in _FORWARDING_HEADERS):
        raise RequestRefusedError(
            403, "This request was forwarded. Without credentials this bot answers direct callers only."
        )


def check_service_url(url: object) -> str:
    """Return `url` if replies may be sent there.

    Raises:
        RequestRefusedError: 400 if there is none, 403 if it leads to another machine.
    """
    if not isinstance(url, str) or not url:
        raise RequestRefusedError(400, "The activity has no `serviceUrl`: there is nowhere to send the answer.")
    if not is_loopback_url(url):
        raise RequestRefusedError(
            403, "Without credentials this bot answers to this machine only: the `serviceUrl` leads elsewhere."
        )
    return url


def is_loopback_url(url: str) -> bool:
    """Tell whether `url` is a plain http(s) URL of this machine."""
    if len(url) > 512 or not _URL.fullmatch(url):
        return False
    return is_loopback(urlsplit(url).hostname or "")
