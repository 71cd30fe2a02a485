"""The checks that every request to the sandbox must pass: from this machine, with a token, and for a known route.

Only the description of the cloud needs no token.
"""

from __future__ import annotations

import re

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.auth.loopback import check_caller
from bot.errors import RequestRefusedError
from bot.sandbox.azure_errors import FakeAzureError, render_json_error, render_xml_error
from bot.sandbox.builds.scenario import TENANT_ID
from bot.sandbox.credentials import SandboxTokens

_API_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?")
_READ_METHODS = ("GET", "HEAD")
METADATA_PATH = "/metadata/endpoints"
"""Where Azure describes itself to clients that don't have a token yet."""
_MANAGEMENT_PATHS = ("/subscriptions", "/providers", METADATA_PATH)


class RequestGuard:
    """Checks each request before its handler runs, and renders refusals as Azure would."""

    def __init__(self, tokens: SandboxTokens) -> None:
        self._tokens = tokens

    @property
    def middleware(self) -> Middleware:
        """Return the aiohttp middleware that applies the checks."""

        @web.middleware
        async def handle_request(request: web.Request, handler: Handler) -> web.StreamResponse:
            is_management = request.path.startswith(_MANAGEMENT_PATHS)
            try:
                self._check_request(request, is_management)
                return await handler(request)
            except FakeAzureError as error:
                return render_json_error(error) if is_management else render_xml_error(error)

        return handle_request

    def _check_request(self, request: web.Request, is_management: bool) -> None:
        try:
            check_caller(request)
        except RequestRefusedError as error:
            raise FakeAzureError(403, "Forbidden", "The sandbox only answers programs on the same machine.") from error
        self._check_route(request, is_management)
        if request.path == METADATA_PATH:
            _check_api_version(request)
            return
        scope = self._tokens.resource_scope if is_management else self._tokens.storage_scope
        authorizations = request.headers.getall("Authorization", [])
        # with several headers, it would be unclear which one counts
        if len(authorizations) != 1 or not self._tokens.is_valid(authorizations[0], scope):
            raise _build_token_error(authorizations, is_management, scope)
        if is_management:
            _check_api_version(request)

    def _check_route(self, request: web.Request, is_management: bool) -> None:
        # aiohttp runs middlewares for unknown routes too, and this is how they know
        if request.match_info.http_exception is None:
            return
        if request.method not in _READ_METHODS:
            code = "MethodNotAllowed" if is_management else "UnsupportedHttpVerb"
            raise FakeAzureError(405, code, "The sandbox is read-only.", {"Allow": ", ".join(_READ_METHODS)})
        if is_management:
            raise FakeAzureError(404, "InvalidResourceType", "The sandbox has no such resource type.")
        raise FakeAzureError(404, "ResourceNotFound", "The specified resource does not exist.")


def _build_token_error(authorizations: list[str], is_management: bool, scope: str) -> FakeAzureError:
    authority = f"https://login.microsoftonline.com/{TENANT_ID}"
    if not is_management:
        return FakeAzureError(
            401,
            "InvalidAuthenticationInfo" if authorizations else "NoAuthenticationInformation",
            "Server failed to authenticate the request. "
            "Please refer to the information in the www-authenticate header.",
            {
                "WWW-Authenticate": f"Bearer authorization_uri={authority}/oauth2/authorize "
                f"resource_id={scope.removesuffix('/.default')}"
            },
        )
    code = "InvalidAuthenticationToken" if authorizations else "AuthenticationFailed"
    message = (
        "The access token is invalid."
        if authorizations
        else "Authentication failed. The 'Authorization' header is missing."
    )
    return FakeAzureError(
        401, code, message, {"WWW-Authenticate": f'Bearer authorization_uri="{authority}", error="invalid_token"'}
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
