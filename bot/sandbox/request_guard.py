"""What every request to the sandbox must be: from this machine, with the sandbox's own token, and a reading."""

from __future__ import annotations

import re
from collections import deque

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.auth.loopback import check_caller
from bot.errors import RequestRefusedError
from bot.sandbox.azure_errors import FakeAzureError, render_json_error, render_xml_error
from bot.sandbox.builds.scenario import TENANT_ID
from bot.sandbox.credentials import SandboxTokens

_API_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?")
_READ_METHODS = ("GET", "HEAD")


class RequestGuard:
    """The one middleware. `asked` keeps the last thousand requests as `METHOD path`, for tests to look at."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self.request_log: deque[str] = deque(maxlen=1000)
        self._tokens = tokens

    @property
    def middleware(self) -> Middleware:
        """Answers refusals in the shape of the service that was asked."""

        @web.middleware
        async def handle_request(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.request_log.append(f"{request.method} {request.path}")
            managing = request.path.startswith(("/subscriptions", "/providers"))
            try:
                self._check_request(request, managing)
                return await handler(request)
            except FakeAzureError as refused:
                return render_json_error(refused) if managing else render_xml_error(refused)

        return handle_request

    def _check_request(self, request: web.Request, is_management: bool) -> None:
        try:
            check_caller(request)
        except RequestRefusedError as refused:
            raise FakeAzureError(403, "Forbidden", "The sandbox answers programs of its own machine only.") from refused
        self._check_route(request, is_management)
        scope = self._tokens.resource_scope if is_management else self._tokens.storage_scope
        given = request.headers.getall("Authorization", [])
        if len(given) != 1 or not self._tokens.is_valid(given[0], scope):
            raise _build_token_error(given, is_management, scope)
        if is_management:
            _check_api_version(request)

    def _check_route(self, request: web.Request, is_management: bool) -> None:
        if request.match_info.http_exception is None:
            return
        if request.method not in _READ_METHODS:
            code = "MethodNotAllowed" if is_management else "UnsupportedHttpVerb"
            raise FakeAzureError(
                405, code, "The sandbox can be looked at, not changed.", {"Allow": ", ".join(_READ_METHODS)}
            )
        if is_management:
            raise FakeAzureError(404, "InvalidResourceType", "The sandbox has no such resource type.")
        raise FakeAzureError(404, "ResourceNotFound", "The specified resource does not exist.")


def _build_token_error(authorization_headers: list[str], is_management: bool, scope: str) -> FakeAzureError:
    authority = f"https://login.microsoftonline.com/{TENANT_ID}"
    if not is_management:
        return FakeAzureError(
            401,
            "InvalidAuthenticationInfo" if authorization_headers else "NoAuthenticationInformation",
            "Server failed to authenticate the request. "
            "Please refer to the information in the www-authenticate header.",
            {
                "WWW-Authenticate": f"Bearer authorization_uri={authority}/oauth2/authorize "
                f"resource_id={scope.removesuffix('/.default')}"
            },
        )
    code = "InvalidAuthenticationToken" if authorization_headers else "AuthenticationFailed"
    text = (
        "The access token is invalid."
        if authorization_headers
        else "Authentication failed. The 'Authorization' header is missing."
    )
    return FakeAzureError(
        401, code, text, {"WWW-Authenticate": f'Bearer authorization_uri="{authority}", error="invalid_token"'}
    )


def _check_api_version(request: web.Request) -> None:
    version = request.query.get("api-version", "")
    if not version:
        raise FakeAzureError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _API_VERSION.fullmatch(version):
        raise FakeAzureError(400, "InvalidApiVersionParameter", "The api-version is invalid: it is a date.")
