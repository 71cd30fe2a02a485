"""Who may call the bot. With credentials: the Bot Framework service, which proves itself by a signed token a request.

A request is admitted in two steps. `admit` looks at its headers alone, before anybody has to read a body of a stranger;
what it returns then vouches for the body: for the service that replies, and with them the bot's own token, may go to.
The tokens of other services (the emulator, other bots) are refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from aiohttp import web

from bot.auth.signing_keys import SigningKey, SigningKeys
from bot.errors import KeysUnavailableError, RequestRefusedError

ALGORITHMS = ("RS256", "RS384", "RS512")
LEEWAY_SECONDS = 300
"""How far the clocks of the service and this machine may be apart."""
CHANNEL = "msteams"

# strict on purpose: parsers disagree on user parts, backslashes and blanks, and such a URL could lead elsewhere
_SERVICE_URL = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_MAX_URL_CHARS = 512
_MAX_TOKEN_CHARS = 16_384

_log = logging.getLogger(__name__)


class AuthenticatedRequest(Protocol):
    """A request whose headers were found in order."""

    def get_trusted_service_url(self, body: Mapping[str, Any]) -> str:
        """The service URL of the activity `body`, if replies may be sent there. Raises RefusedRequest."""
        ...


class RequestAuthenticator(Protocol):
    """Decides who is served."""

    def check_request(self, request: web.BaseRequest) -> None:
        """Look at any request, whatever it is for. Raises RefusedRequest."""
        ...

    async def authenticate(self, authorization: Sequence[str]) -> AuthenticatedRequest:
        """Look at the Authorization headers of a request that brings an activity. Raises RefusedRequest."""
        ...

    def is_trusted_service_url(self, service_url: str) -> bool:
        """Whether replies may go to a service that only the kept state names, and no request of this process."""
        ...


@dataclass(frozen=True, slots=True)
class BotFrameworkRequest:
    """A request of the Bot Framework service: what its token and the key that signed it stand for."""

    service_url: object
    channels: frozenset[str]
    tenants: frozenset[str]

    def get_trusted_service_url(self, body: Mapping[str, Any]) -> str:
        """The service URL of `body`; its channel, service and tenant must be those that the token allows."""
        url = body.get("serviceUrl")
        if not isinstance(url, str) or not url:
            raise RequestRefusedError(400, "The activity has no `serviceUrl`: there is nowhere to send the answer.")
        if url != self.service_url:
            raise RequestRefusedError(403, "The activity's `serviceUrl` is not the one that the token was issued for.")
        if len(url) > _MAX_URL_CHARS or not _SERVICE_URL.fullmatch(url):
            raise RequestRefusedError(403, "The activity's `serviceUrl` is no plain https address.")
        if body.get("channelId") != CHANNEL or CHANNEL not in self.channels:
            raise RequestRefusedError(403, "The token's key is not endorsed for the activity's channel.")
        named = _collect_tenants(body)
        if not named or not named <= self.tenants:
            raise RequestRefusedError(
                403, "This bot does not serve the activity's tenant. ALLOWED_TENANTS names its tenants."
            )
        return url


class BotFrameworkAuthenticator:
    """Admits the requests of the Bot Framework service to the bot `app_id`, from people of `tenants`."""

    def __init__(
        self, keys: SigningKeys, app_id: str, issuer: str, tenants: frozenset[str], service_hosts: Sequence[str] = ()
    ) -> None:
        """`services`: the hosts of the service itself; one that begins with a dot stands for all below it."""
        self._keys = keys
        self._app_id = app_id
        self._issuer = issuer
        self._tenants = tenants
        self._service_hosts = service_hosts

    def check_request(self, request: web.BaseRequest) -> None:
        """Nothing: anybody may ask how the bot is; what they ask of it goes through `admit`."""

    async def authenticate(self, authorization: Sequence[str]) -> BotFrameworkRequest:
        """The request that the token in the one header of `authorization` was issued for.

        Raises:
            RefusedRequest: (401) the token is missing or does not hold, or there are no keys to find that out with.
        """
        token = _extract_bearer_token(authorization)
        # first what costs nothing: a token that would be refused anyway makes nobody fetch keys
        key_id = self._decode_token(token, None)["header"].get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise _build_unauthorized_error("it names no key")
        try:
            key = await self._keys.find(key_id)
        except KeysUnavailableError as error:
            # not a fault of this request's: who is refused for it stands in the log of the fetch, and in /readyz
            raise RequestRefusedError(401, str(error)) from error
        if key is None:
            raise _build_unauthorized_error("the service has no such key")
        claims = self._decode_token(token, key)["payload"]
        return BotFrameworkRequest(claims.get("serviceurl"), key.channels, self._tenants)

    def is_trusted_service_url(self, service_url: str) -> bool:
        """Whether it is a plain https address, at the usual port, of one of the service's own hosts."""
        if len(service_url) > _MAX_URL_CHARS or not _SERVICE_URL.fullmatch(service_url):
            return False
        host, _, port = service_url.split("/")[2].lower().partition(":")
        return port in ("", "443") and any(
            host.endswith(one) if one.startswith(".") else host == one for one in self._service_hosts
        )

    def _decode_token(self, token: str, key: SigningKey | None) -> dict[str, Any]:
        """Header and payload of `token`, all of it checked but, without `key`, the signature."""
        checks: Any = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iss", "verify_aud"), True)
        checks |= {"require": ["exp", "iss", "aud"], "strict_aud": True, "verify_signature": key is not None}
        try:
            read = jwt.decode_complete(
                token,
                key.key if key else "",
                algorithms=ALGORITHMS,
                options=checks,
                audience=self._app_id,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
            )
        except Exception as error:  # noqa: BLE001 - whatever a stranger's token makes of the library, it does not let them in
            raise _build_unauthorized_error(type(error).__name__) from None
        if read["header"].get("alg") not in ALGORITHMS:
            raise _build_unauthorized_error("its algorithm is not the service's")
        return read


def _extract_bearer_token(authorization: Sequence[str]) -> str:
    if not authorization:
        raise RequestRefusedError(
            401, "Only the Bot Framework service may send activities: the Authorization header is missing."
        )
    scheme, _, token = authorization[0].partition(" ")
    if len(authorization) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN_CHARS:
        raise _build_unauthorized_error("it is no single bearer token")
    return token


def _build_unauthorized_error(reason: str) -> RequestRefusedError:
    _log.info("A token was refused: %s.", reason)
    return RequestRefusedError(401, "The request's token is not one of the Bot Framework service for this bot.")


def _collect_tenants(body: Mapping[str, Any]) -> set[str]:
    """Every tenant that the activity names, in lower case; a name of an odd type is one that nobody has."""
    data, conversation = body.get("channelData"), body.get("conversation")
    tenant = data.get("tenant") if isinstance(data, dict) else None
    named = [tenant.get("id") if isinstance(tenant, dict) else tenant]
    named.append(conversation.get("tenantId") if isinstance(conversation, dict) else None)
    return {str(name).lower() for name in named if name is not None}
