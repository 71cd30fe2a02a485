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

from bot.auth.credentials import Cloud, Credentials
from bot.auth.json_client import JsonClient
from bot.errors import ServiceUnreachable, TokenUnavailable

MARGIN_SECONDS = 300
"""How long before its end a token is replaced; half of its life where that is shorter."""
RETRY_SECONDS = 10
"""The least time between two requests for a token when the last failed."""
RENEW_GAP_SECONDS = 60
"""The least time between two requests for a token because the channel refused one."""
LONGEST_LIFE = 24 * 3600

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
class Grant:
    """A token and the seconds that it lasts from now on."""

    token: str = field(repr=False)
    seconds: float


class TokenSource(Protocol):
    """Where tokens come from."""

    async def fetch(self) -> Grant:
        """A new token. Raises TokenUnavailable."""
        ...


class SecretSource:
    """Tokens of Microsoft Entra for the client secret of a single-tenant registration."""

    def __init__(self, client: JsonClient, credentials: Credentials, cloud: Cloud) -> None:
        self._client = client
        self._url = f"{cloud.login_url}/{credentials.tenant_id}/oauth2/v2.0/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": credentials.app_id,
            "client_secret": credentials.password,
            "scope": cloud.scope,
        }

    async def fetch(self) -> Grant:
        """A new token.

        Raises:
            TokenUnavailable: Microsoft Entra refuses, or cannot be reached.
        """
        try:
            status, found = await self._client.post(self._url, self._form)
        except ServiceUnreachable as error:
            raise TokenUnavailable(str(error)) from error
        token, seconds = found.get("access_token"), _seconds(found.get("expires_in"))
        if status == 200 and isinstance(token, str) and token and seconds:
            return Grant(token, seconds)
        raise TokenUnavailable(f"Microsoft Entra gave no token (status {status}). {_remedy(found)}")


class Tokens:
    """The current token of a `source`, for any number of callers at once. `clock` counts seconds."""

    def __init__(self, source: TokenSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._token = ""
        self._fresh_until = self._ends = -math.inf
        self._failed = self._renewed = -math.inf
        self._fault = ""
        self._fetching: asyncio.Task[None] | None = None

    async def get(self) -> str:
        """A token that lasts a while.

        Raises:
            TokenUnavailable: with the reason that the last request for one failed.
        """
        if self._clock() >= self._fresh_until:
            await self._fetch()
        if self._clock() >= self._ends:
            raise TokenUnavailable(self._fault)
        return self._token

    async def renew(self, refused: str) -> str | None:
        """A token in place of `refused`, which the channel did not take; None if there is no other to be had now."""
        if self._token == refused and self._clock() - self._renewed >= RENEW_GAP_SECONDS:
            self._renewed = self._clock()
            await self._fetch()
        return self._token if self._token != refused and self._clock() < self._ends else None

    async def available(self) -> bool:
        """Whether a token is at hand; asks for one where there is none."""
        try:
            await self.get()
        except TokenUnavailable:
            return False
        return True

    async def close(self) -> None:
        """End a request that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    async def _fetch(self) -> None:
        """Ask for a token; one request at a time serves all who wait, and none is made right after a failed one."""
        if self._fetching is None or self._fetching.done():
            if self._clock() - self._failed < RETRY_SECONDS:
                return
            self._fetching = asyncio.create_task(self._replace())
        # not awaited itself: somebody who gives up waiting must not end it for the others
        await asyncio.wait([self._fetching])

    async def _replace(self) -> None:
        try:
            grant = await self._source.fetch()
        except TokenUnavailable as error:
            self._failed, self._fault = self._clock(), f"The bot gets no token for its replies. {error}"
            _log.error("%s", self._fault)
            return
        now = self._clock()
        self._token, self._ends, self._failed = grant.token, now + grant.seconds, -math.inf
        self._fresh_until = self._ends - min(MARGIN_SECONDS, grant.seconds / 2)


def _seconds(found: Any) -> float:
    """Seconds of life from an answer, which some services write as text; 0 for what is none."""
    if isinstance(found, str) and re.fullmatch(r"\d{1,9}", found):
        found = int(found)
    return (
        min(found, LONGEST_LIFE) if isinstance(found, int | float) and not isinstance(found, bool) and found > 0 else 0
    )


def _remedy(found: dict[str, Any]) -> str:
    """What to do about a refusal. Of its description only the code is used: the rest holds ids of no use here."""
    code = re.search(r"AADSTS(\d{4,8})", str(found.get("error_description"))[:200])
    if not code:
        return "Check MicrosoftAppId, MicrosoftAppTenantId and MicrosoftAppPassword."
    return _REMEDIES.get(code[1], f"The reason is listed as AADSTS{code[1]} in Microsoft's error codes.")
