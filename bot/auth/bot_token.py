"""The bot's own access token, which its replies carry: fetched once, cached until shortly before it expires."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.auth.credentials import BotCredentials, BotFrameworkCloud
from bot.auth.json_client import JsonClient
from bot.errors import ServiceUnreachableError, TokenUnavailableError

MARGIN_SECONDS = 300
"""How long before it expires a token is replaced; half its lifetime if that's shorter."""
RETRY_SECONDS = 10
"""The minimum time between two requests for a token if the last one failed."""
MIN_RENEWAL_INTERVAL_SECONDS = 60
"""The minimum time between two requests for a token after the channel rejected one."""
MAX_LIFETIME_SECONDS = 24 * 3600

# what an operator can do about an error, by Microsoft Entra's code (AADSTS…)
_REMEDIES = {
    "7000215": "The client secret is wrong: MicrosoftAppPassword must be the secret's value, not its id.",
    "7000222": "The client secret has expired: create a new one and set it as MicrosoftAppPassword.",
    "700016": "The application is unknown in this tenant: check MicrosoftAppId and MicrosoftAppTenantId.",
    "90002": "The tenant does not exist: check MicrosoftAppTenantId.",
    "7000112": "The application is disabled in this tenant: an administrator must enable its sign-in.",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token and its remaining lifetime."""

    token: str = field(repr=False)
    lifetime_seconds: float


class TokenSource(Protocol):
    """Issues tokens."""

    async def fetch(self) -> IssuedToken:
        """Fetch a new token. Raise `TokenUnavailableError`."""
        ...


class ClientSecretTokenSource:
    """Tokens of Microsoft Entra for a single-tenant registration, which proves itself with a client secret."""

    def __init__(self, client: JsonClient, credentials: BotCredentials, cloud: BotFrameworkCloud) -> None:
        self._client = client
        self._url = f"{cloud.login_url}/{credentials.tenant_id}/oauth2/v2.0/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": credentials.app_id,
            "client_secret": credentials.password,
            "scope": cloud.scope,
        }

    async def fetch(self) -> IssuedToken:
        """Fetch a new token.

        Raises:
            TokenUnavailableError: Microsoft Entra refuses, or can't be reached.
        """
        try:
            status, response = await self._client.post(self._url, self._form)
        except ServiceUnreachableError as error:
            raise TokenUnavailableError(str(error)) from error
        token, lifetime_seconds = response.get("access_token"), _parse_lifetime(response.get("expires_in"))
        if status == 200 and isinstance(token, str) and token and lifetime_seconds:
            return IssuedToken(token, lifetime_seconds)
        raise TokenUnavailableError(f"Microsoft Entra gave no token (status {status}). {_find_remedy(response)}")


class TokenCache:
    """Caches the token of a `source` for any number of concurrent callers. `clock` counts seconds."""

    def __init__(self, source: TokenSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._token = ""
        self._refresh_at = self._expires_at = -math.inf
        self._failed_at = self._renewed_at = -math.inf
        self._last_error = ""
        self._fetch_task: asyncio.Task[None] | None = None

    async def get(self) -> str:
        """Return a valid token, from the cache or a new one.

        Raises:
            TokenUnavailableError: There is none; the message says why the last request failed.
        """
        if self._clock() >= self._refresh_at:
            await self._fetch()
        if self._clock() >= self._expires_at:
            raise TokenUnavailableError(self._last_error)
        return self._token

    async def renew(self, rejected_token: str) -> str | None:
        """Return a token to use instead of `rejected_token`; None if there's no other one now."""
        if self._token == rejected_token and self._clock() - self._renewed_at >= MIN_RENEWAL_INTERVAL_SECONDS:
            self._renewed_at = self._clock()
            await self._fetch()
        return self._token if self._token != rejected_token and self._clock() < self._expires_at else None

    async def is_available(self) -> bool:
        """Tell whether there is a valid token; request one if needed."""
        try:
            await self.get()
        except TokenUnavailableError:
            return False
        return True

    async def close(self) -> None:
        """Cancel a request that is in progress."""
        if self._fetch_task is not None:
            self._fetch_task.cancel()
            await asyncio.wait([self._fetch_task])

    async def _fetch(self) -> None:
        """Request a token. All waiting callers share one request; after a failed one, wait before the next."""
        if self._fetch_task is None or self._fetch_task.done():
            if self._clock() - self._failed_at < RETRY_SECONDS:
                return
            self._fetch_task = asyncio.create_task(self._replace_token())
        # `wait`, because awaiting the task itself would cancel it for all callers if one is canceled
        await asyncio.wait([self._fetch_task])

    async def _replace_token(self) -> None:
        try:
            issued = await self._source.fetch()
        except TokenUnavailableError as error:
            self._failed_at, self._last_error = self._clock(), f"The bot gets no token for its replies. {error}"
            _log.error("%s", self._last_error)
            return
        now = self._clock()
        self._token, self._expires_at, self._failed_at = issued.token, now + issued.lifetime_seconds, -math.inf
        self._refresh_at = self._expires_at - min(MARGIN_SECONDS, issued.lifetime_seconds / 2)


def _parse_lifetime(value: Any) -> float:
    """Return the lifetime in seconds from a response, in which it may be text; 0 if it is invalid."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
        value = int(value)
    return (
        min(value, MAX_LIFETIME_SECONDS)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        else 0
    )


def _find_remedy(response: dict[str, Any]) -> str:
    """Return what an operator can do about an error response.

    Only the code in its description is used: the rest has trace ids.
    """
    match = re.search(r"AADSTS(\d{4,8})", str(response.get("error_description"))[:200])
    if not match:
        return "Check MicrosoftAppId, MicrosoftAppTenantId and MicrosoftAppPassword."
    return _REMEDIES.get(match[1], f"The reason is listed as AADSTS{match[1]} in Microsoft's error codes.")
