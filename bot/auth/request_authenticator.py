"""Authenticate the bot's callers: with credentials it serves the Bot Framework service, which sends signed tokens.

A request is checked in two steps. `authenticate` reads only the headers, so that a stranger's body is never read. What
it returns then checks the body, above all the service URL, because replies go there with the bot's own token. Tokens of
other issuers (the emulator, other bots) are refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from aiohttp import web

from bot.auth.accepted_tokens import AcceptedToken, AcceptedTokens
from bot.auth.signing_keys import SigningKey, SigningKeys
from bot.errors import KeysUnavailableError, RequestRefusedError

ALGORITHMS = ("RS256", "RS384", "RS512")
LEEWAY_SECONDS = 300
"""How far the clocks of the service and of this machine may differ."""
CHANNEL = "msteams"

# deliberately strict: parsers disagree on user info, backslashes and spaces, so such a URL could lead elsewhere
_SERVICE_URL = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_MAX_URL_CHARS = 512
# the service's have about 2,000 characters; the HTTP server reads headers of up to 8,190 bytes
_MAX_TOKEN_CHARS = 8_000

_log = logging.getLogger(__name__)


class AuthenticatedRequest(Protocol):
    """A request whose headers passed."""

    def get_trusted_service_url(self, body: Mapping[str, Any]) -> str:
        """Return the service URL of the activity `body` if replies may be sent there. Raise `RequestRefusedError`."""
        ...


class RequestAuthenticator(Protocol):
    """Decides which requests are served."""

    def check_request(self, request: web.BaseRequest) -> None:
        """Check any request, whatever its path. Raise `RequestRefusedError`."""
        ...

    async def authenticate(self, authorization: Sequence[str]) -> AuthenticatedRequest:
        """Check the Authorization headers of a request with an activity. Raise `RequestRefusedError`."""
        ...

    def is_trusted_service_url(self, service_url: str) -> bool:
        """Tell whether replies may go to a service URL that comes from stored state instead of a request."""
        ...


@dataclass(frozen=True, slots=True)
class BotFrameworkRequest:
    """A request from the Bot Framework service: what its token, and the key that signed it, vouch for."""

    service_url: object
    channels: frozenset[str]
    tenants: frozenset[str]

    def get_trusted_service_url(self, body: Mapping[str, Any]) -> str:
        """Return the service URL of `body` if the token allows it, and the channel and the tenant of `body`."""
        url = body.get("serviceUrl")
        if not isinstance(url, str) or not url:
            raise RequestRefusedError(400, "The activity has no `serviceUrl`: there is nowhere to send the answer.")
        if url != self.service_url:
            raise RequestRefusedError(403, "The activity's `serviceUrl` is not the one that the token was issued for.")
        if len(url) > _MAX_URL_CHARS or not _SERVICE_URL.fullmatch(url):
            raise RequestRefusedError(403, "The activity's `serviceUrl` is not a plain https address.")
        if body.get("channelId") != CHANNEL or CHANNEL not in self.channels:
            raise RequestRefusedError(403, "The token's key is not endorsed for the activity's channel.")
        tenants = _collect_tenants(body)
        if not tenants or not tenants <= self.tenants:
            raise RequestRefusedError(
                403, "This bot does not serve the activity's tenant. ALLOWED_TENANTS lists the tenants it serves."
            )
        return url


class BotFrameworkAuthenticator:
    """Admits requests of the Bot Framework service to the bot `app_id`, from people in `tenants`.

    `service_hosts` are the service's hosts; one that begins with a dot includes all its subdomains.
    """

    def __init__(
        self, keys: SigningKeys, app_id: str, issuer: str, tenants: frozenset[str], service_hosts: Sequence[str] = ()
    ) -> None:
        self._keys = keys
        self._app_id = app_id
        self._issuer = issuer
        self._tenants = tenants
        self._service_hosts = service_hosts
        self._accepted_tokens = AcceptedTokens()

    def check_request(self, request: web.BaseRequest) -> None:
        """Do nothing: anyone may request the health pages; activities go through `authenticate`."""

    async def authenticate(self, authorization: Sequence[str]) -> BotFrameworkRequest:
        """Verify the token in `authorization`, which must be a single header.

        Raises:
            RequestRefusedError: 401: the token is missing or invalid, or there are no keys to verify it with.
        """
        token = _extract_bearer_token(authorization)
        accepted = self._accepted_tokens.find(token)
        key_id = accepted.key_id if accepted else self._read_key_id(token)
        try:
            key = await self._keys.find(key_id)
        except KeysUnavailableError as error:
            # not logged here: the failed fetch is in the log, and /readyz reports it
            raise RequestRefusedError(401, str(error)) from error
        if key is None:
            raise _build_unauthorized_error("the service has no such key")
        # a key that was fetched again, or replaced, verifies again
        if accepted is None or accepted.key is not key:
            claims = self._decode_token(token, key)["payload"]
            accepted = AcceptedToken(key_id, key, claims, int(claims["exp"]) + LEEWAY_SECONDS)
            self._accepted_tokens.remember(token, accepted)
        return BotFrameworkRequest(accepted.claims.get("serviceurl"), key.channels, self._tenants)

    def is_trusted_service_url(self, service_url: str) -> bool:
        """Tell whether it is a plain https URL, at the default port, of one of the service's hosts."""
        if len(service_url) > _MAX_URL_CHARS or not _SERVICE_URL.fullmatch(service_url):
            return False
        host, _, port = service_url.split("/")[2].lower().partition(":")
        return port in ("", "443") and any(
            host.endswith(service_host) if service_host.startswith(".") else host == service_host
            for service_host in self._service_hosts
        )

    def _read_key_id(self, token: str) -> str:
        """Return the id of the key that signed `token`, after checking its claims.

        A token that's refused for its claims must not cause a fetch of keys.
        """
        key_id = self._decode_token(token, None)["header"].get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise _build_unauthorized_error("it has no key id")
        return key_id

    def _decode_token(self, token: str, key: SigningKey | None) -> dict[str, Any]:
        """Return header and payload of `token` after checking its claims and, if `key` is given, its signature."""
        # named one by one: without a signature check, PyJWT turns off the others by default
        options: Any = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iss", "verify_aud"), True)
        options |= {"require": ["exp", "iss", "aud"], "strict_aud": True, "verify_signature": key is not None}
        try:
            decoded = jwt.decode_complete(
                token,
                key.key if key else "",
                algorithms=ALGORITHMS,
                options=options,
                audience=self._app_id,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
            )
        except Exception as error:  # noqa: BLE001 - whatever error a stranger's token provokes, it must not let them in
            raise _build_unauthorized_error(type(error).__name__) from None
        if decoded["header"].get("alg") not in ALGORITHMS:
            raise _build_unauthorized_error("its algorithm is not one of the service's")
        return decoded


def _extract_bearer_token(authorization: Sequence[str]) -> str:
    if not authorization:
        raise RequestRefusedError(
            401, "Only the Bot Framework service may send activities: the Authorization header is missing."
        )
    scheme, _, token = authorization[0].partition(" ")
    if len(authorization) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN_CHARS:
        raise _build_unauthorized_error("it is not a single bearer token")
    return token


def _build_unauthorized_error(reason: str) -> RequestRefusedError:
    _log.info("A token was refused: %s.", reason)
    return RequestRefusedError(401, "The request's token wasn't issued by the Bot Framework service for this bot.")


def _collect_tenants(body: Mapping[str, Any]) -> set[str]:
    """Return every tenant that the activity names, in lower case.

    A value of the wrong type becomes a name that no tenant has, so it's refused.
    """
    data, conversation = body.get("channelData"), body.get("conversation")
    tenant = data.get("tenant") if isinstance(data, dict) else None
    tenants = [tenant.get("id") if isinstance(tenant, dict) else tenant]
    tenants.append(conversation.get("tenantId") if isinstance(conversation, dict) else None)
    return {str(tenant_id).lower() for tenant_id in tenants if tenant_id is not None}
