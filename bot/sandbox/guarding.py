"""What every request to the sandbox must be: from this machine, with the sandbox's own token, and a reading."""

from __future__ import annotations

import re
from collections import deque

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.auth.loopback import check_caller
from bot.errors import RefusedRequest
from bot.sandbox.refusals import Refused, as_json, as_xml
from bot.sandbox.scenario import TENANT
from bot.sandbox.tokens import SandboxTokens

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?")
_READING = ("GET", "HEAD")


class Guard:
    """The one middleware. `asked` keeps the last thousand requests as `METHOD path`, for tests to look at."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self.asked: deque[str] = deque(maxlen=1000)
        self._tokens = tokens

    @property
    def middleware(self) -> Middleware:
        """Answers refusals in the shape of the service that was asked."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.asked.append(f"{request.method} {request.path}")
            managing = request.path.startswith(("/subscriptions", "/providers"))
            try:
                self._check(request, managing)
                return await handler(request)
            except Refused as refused:
                return as_json(refused) if managing else as_xml(refused)

        return guarded

    def _check(self, request: web.Request, managing: bool) -> None:
        try:
            check_caller(request)
        except RefusedRequest as refused:
            raise Refused(403, "Forbidden", "The sandbox answers programs of its own machine only.") from refused
        self._check_route(request, managing)
        scope = self._tokens.resource_scope if managing else self._tokens.storage_scope
        given = request.headers.getall("Authorization", [])
        if len(given) != 1 or not self._tokens.fits(given[0], scope):
            raise _unknown_token(given, managing, scope)
        if managing:
            _check_version(request)

    def _check_route(self, request: web.Request, managing: bool) -> None:
        if request.match_info.http_exception is None:
            return
        if request.method not in _READING:
            code = "MethodNotAllowed" if managing else "UnsupportedHttpVerb"
            raise Refused(405, code, "The sandbox can be looked at, not changed.", {"Allow": ", ".join(_READING)})
        if managing:
            raise Refused(404, "InvalidResourceType", "The sandbox has no such resource type.")
        raise Refused(404, "ResourceNotFound", "The specified resource does not exist.")


def _unknown_token(given: list[str], managing: bool, scope: str) -> Refused:
    authority = f"https://login.microsoftonline.com/{TENANT}"
    if not managing:
        return Refused(
            401,
            "InvalidAuthenticationInfo" if given else "NoAuthenticationInformation",
            "Server failed to authenticate the request. "
            "Please refer to the information in the www-authenticate header.",
            {
                "WWW-Authenticate": f"Bearer authorization_uri={authority}/oauth2/authorize "
                f"resource_id={scope.removesuffix('/.default')}"
            },
        )
    code = "InvalidAuthenticationToken" if given else "AuthenticationFailed"
    text = "The access token is invalid." if given else "Authentication failed. The 'Authorization' header is missing."
    return Refused(
        401, code, text, {"WWW-Authenticate": f'Bearer authorization_uri="{authority}", error="invalid_token"'}
    )


def _check_version(request: web.Request) -> None:
    version = request.query.get("api-version", "")
    if not version:
        raise Refused(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _VERSION.fullmatch(version):
        raise Refused(400, "InvalidApiVersionParameter", "The api-version is invalid: it is a date.")
