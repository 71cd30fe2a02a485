"""The bot's own token, which its replies carry: asked for once, kept until shortly before it ends."""

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
"""How long before its end a token is replaced; half of its life where that is shorter."""
RETRY_SECONDS = 10
"""The least time between two requests for a token when the last failed."""
MIN_RENEWAL_INTERVAL_SECONDS = 60
"""The least time between two requests for a token because the channel refused one."""
MAX_LIFETIME_SECONDS = 24 * 3600

# the code that Microsoft Entra gives, and what an operator can do about it
_REMEDIES = {
    "7000215": "The client secret is wrong: MicrosoftAppPassword must be the secret's value, not its id.",
    "7000222": "The client secret has expired: make a new one and set it as MicrosoftAppPassword.",
    "700016": "The application is not known in this tenant: check MicrosoftAppId and MicrosoftAppTenantId.",
    "90002": "There is no such tenant: check MicrosoftAppTenantId.",
    "7000112": "The application is disabled in this tenant: an administrator must enable its sign-in.",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and the seconds that it lasts from now on."""

    token: str = field(repr=False)
    lifetime_seconds: float


class TokenSource(Protocol):
    """Where tokens come from."""

    async def fetch(self) -> IssuedToken:
        """A new token. Raises TokenUnavailable."""
        ...


class ClientSecretTokenSource:
    """Tokens of Microsoft Entra for the client secret of a single-tenant registration."""

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
        """A new token.

        Raises:
            TokenUnavailable: Microsoft Entra refuses, or cannot be reached.
        """
        try:
            status, found = await self._client.post(self._url, self._form)
        except ServiceUnreachableError as error:
            raise TokenUnavailableError(str(error)) from error
        token, seconds = found.get("access_token"), _parse_lifetime(found.get("expires_in"))
        if status == 200 and isinstance(token, str) and token and seconds:
            return IssuedToken(token, seconds)
        raise TokenUnavailableError(f"Microsoft Entra gave no token (status {status}). {_find_remedy(found)}")


class TokenCache:
    """The current token of a `source`, for any number of callers at once. `clock` counts seconds."""

    def __init__(self, source: TokenSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._token = ""
        self._refresh_at = self._expires_at = -math.inf
        self._failed_at = self._renewed_at = -math.inf
        self._last_error = ""
        self._fetch_task: asyncio.Task[None] | None = None

    async def get(self) -> str:
        """A token that lasts a while.

        Raises:
            TokenUnavailable: with the reason that the last request for one failed.
        """
        if self._clock() >= self._refresh_at:
            await self._fetch()
        if self._clock() >= self._expires_at:
            raise TokenUnavailableError(self._last_error)
        return self._token

    async def renew(self, rejected_token: str) -> str | None:
        """A token in place of `refused`, which the channel did not take; None if there is no other to be had now."""
        if self._token == rejected_token and self._clock() - self._renewed_at >= MIN_RENEWAL_INTERVAL_SECONDS:
            self._renewed_at = self._clock()
            await self._fetch()
        return self._token if self._token != rejected_token and self._clock() < self._expires_at else None

    async def is_available(self) -> bool:
        """Whether a token is at hand; asks for one where there is none."""
        try:
            await self.get()
        except TokenUnavailableError:
            return False
        return True

    async def close(self) -> None:
        """End a request that is under way."""
        if self._fetch_task is not None:
            self._fetch_task.cancel()
            await asyncio.wait([self._fetch_task])

    async def _fetch(self) -> None:
        """Ask for a token; one request at a time serves all who wait, and none is made right after a failed one."""
        if self._fetch_task is None or self._fetch_task.done():
            if self._clock() - self._failed_at < RETRY_SECONDS:
                return
            self._fetch_task = asyncio.create_task(self._replace_token())
        # not awaited itself: somebody who gives up waiting must not end it for the others
        await asyncio.wait([self._fetch_task])

    async def _replace_token(self) -> None:
        try:
            grant = await self._source.fetch()
        except TokenUnavailableError as error:
            self._failed_at, self._last_error = self._clock(), f"The bot gets no token for its replies. {error}"
            _log.error("%s", self._last_error)
            return
        now = self._clock()
        self._token, self._expires_at, self._failed_at = grant.token, now + grant.lifetime_seconds, -math.inf
        self._refresh_at = self._expires_at - min(MARGIN_SECONDS, grant.lifetime_seconds / 2)


def _parse_lifetime(value: Any) -> float:
    """Seconds of life from an answer, which some services write as text; 0 for what is none."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
        value = int(value)
    return (
        min(value, MAX_LIFETIME_SECONDS)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        else 0
    )


def _find_remedy(response: dict[str, Any]) -> str:
    """What to do about a refusal. Of its description only the code is used: the rest holds ids of no use here."""
    code = re.search(r"AADSTS(\d{4,8})", str(response.get("error_description"))[:200])
    if not code:
        return "Check MicrosoftAppId, MicrosoftAppTenantId and MicrosoftAppPassword."
    return _REMEDIES.get(code[1], f"The reason is listed as AADSTS{code[1]} in Microsoft's error codes.")
